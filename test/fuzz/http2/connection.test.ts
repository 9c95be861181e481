import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CheckRequest } from '../../../src/sources/codec/check-request.ts';
import { questionOf } from './answers.ts';
import { CHECK_PATH } from './checks.ts';
import { ClientModel } from './client-model.ts';
import { hostileInput } from './hostile-input.ts';
import { readScript, type Script } from './script.ts';
import { type Outcome, runSession } from './session-run.ts';
import { sessions } from './sessions.ts';

/** FUZZ_SECONDS=480 for a long run; FUZZ_SEED repeats one that failed, whose seed it printed. */
const { FUZZ_SECONDS = '20', FUZZ_SEED } = process.env;
const FUZZ_MS = 1_000 * Number(FUZZ_SECONDS);

const LIMITS = { maxStreams: 100, maxKeptBytes: 1024 * 1024, assemblyBytes: 1024 * 1024 };
const limits = fc.record({
  maxStreams: fc.constantFrom(100, 100, 3, 1),
  maxKeptBytes: fc.constantFrom(1024 * 1024, 1024 * 1024, 40),
  assemblyBytes: fc.constantFrom(1024 * 1024, 1024 * 1024, 90),
});
const seed = fc.nat(2 ** 30);

function expectTheSame(one: Outcome, other: Outcome): void {
  if (!one.output.equals(other.output)) throw new Error('what is answered depends on the cuts');
  expect(other.asked).toEqual(one.asked);
  expect(other.refusals).toEqual(one.refusals);
}

/** Of the Checks that are sent, and not taken back. */
function questionsIn(script: Script): string[] {
  const client = new ClientModel(script);
  client.sent(script.input.length);
  return [...client.streams].flatMap(([id, { message, fields }]) => {
    const isCheck = message !== undefined && fields?.get(':path') === CHECK_PATH;
    if (!isCheck) return [];
    return `${id} ${questionOf(new CheckRequest(message, { rpcHeader: () => undefined }))}`;
  });
}

describe('a connection', () => {
  it.each([...sessions])('serves "%s", wherever it is cut', (_, session) => {
    const script = readScript(Buffer.concat(session));
    const whole = runSession(script, { cuts: 0, limits: LIMITS });
    expect(whole.isServing).toBe(true);
    expect(whole.asked.slice(0, -1)).toEqual(questionsIn(script));
    for (let cuts = 1; cuts <= 30; cuts++) {
      expectTheSame(whole, runSession(script, { cuts, limits: LIMITS }));
      runSession(script, { cuts, events: cuts, limits: LIMITS });
    }
  });

  it.each([...sessions])('puts up with "%s" that breaks off', (_, session) => {
    const input = Buffer.concat(session);
    const step = Math.ceil(input.length / 1_500);
    for (let length = 0; length < input.length; length += step) {
      runSession(readScript(input.subarray(0, length)), { cuts: length, limits: LIMITS });
    }
  });

  it('does right by hostile input, wherever it is cut', { timeout: 60_000 + 2 * FUZZ_MS }, () => {
    let inputs = 0;
    const property = fc.property(hostileInput, limits, seed, (input, limit, plan) => {
      inputs++;
      try {
        const script = readScript(input);
        const one = runSession(script, { cuts: plan, limits: limit });
        expectTheSame(one, runSession(script, { cuts: plan + 1, limits: limit }));
        runSession(script, { cuts: plan + 2, events: plan, limits: limit });
      } catch (error) {
        const { message } = error as Error;
        throw new Error(`${message}; cuts ${plan}: ${input.toString('hex')}`, { cause: error });
      }
    });
    fc.assert(property, {
      numRuns: Number.MAX_SAFE_INTEGER,
      interruptAfterTimeLimit: FUZZ_MS,
      ...(FUZZ_SEED !== undefined && { seed: Number(FUZZ_SEED) }),
    });
    console.log(`${inputs} inputs in ${FUZZ_MS / 1_000} s`);
    expect(inputs).toBeGreaterThan(100);
  });
});
