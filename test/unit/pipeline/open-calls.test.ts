import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Call } from '../../../src/domain/call.ts';
import { OpenCalls } from '../../../src/pipeline/open-calls.ts';

const newCall = () => ({ place: -1 }) as Call;

function listed(open: OpenCalls): Set<Call> {
  const seen: Call[] = [];
  open.forEach((call) => {
    seen.push(call);
  });
  expect(new Set(seen).size).toBe(seen.length);
  return new Set(seen);
}

describe('OpenCalls', () => {
  it('holds what a Set would, whatever comes and goes', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1, max: 20 })), (steps) => {
        const open = new OpenCalls(100);
        const model = new Set<Call>();
        const calls: Call[] = [];
        for (const step of steps) {
          if (step < 0 || calls.length === 0) {
            const call = newCall();
            calls.push(call);
            open.add(call);
            model.add(call);
          } else {
            const call = calls[step % calls.length] as Call;
            open.delete(call);
            model.delete(call);
          }
          expect(open.size).toBe(model.size);
        }
        expect(listed(open)).toEqual(model);
      }),
    );
  });

  it('visits each once while the visited one is deleted', () => {
    const open = new OpenCalls(100);
    const calls = Array.from({ length: 10 }, newCall);
    for (const call of calls) open.add(call);
    const seen: Call[] = [];
    open.forEach((call) => {
      seen.push(call);
      if (seen.length % 2 === 1) open.delete(call);
    });
    expect(new Set(seen)).toEqual(new Set(calls));
    expect(seen.length).toBe(10);
    expect(open.size).toBe(5);
  });
});
