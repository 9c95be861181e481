import { describe, expect, it } from 'vitest';
import type { Settled } from '../../../src/domain/call.ts';
import { allow, type Decision, refuse } from '../../../src/domain/decision.ts';
import { ReplySink } from '../../../src/sinks/reply.ts';
import { fakeCall } from '../../support/calls.ts';

function settled(decision: Decision, reply?: (decision: Decision) => void) {
  const call = fakeCall({});
  if (reply !== undefined) call.responder.reply = reply;
  call.settle(decision);
  return call as Settled & typeof call;
}

const failures = (sink: ReplySink) => {
  const [counter] = sink.instruments;
  return counter?.type === 'counter' ? counter.value : Number.NaN;
};

const broken = () => {
  throw new Error('cannot be encoded');
};

describe('ReplySink', () => {
  it('gives each caller its own decision, once', () => {
    const [yes, no] = [allow('success', [], []), refuse('blacklisted')];
    const calls = [settled(yes), settled(no), settled(yes)];
    const sink = new ReplySink();
    sink.settled(calls);
    expect(calls.map(({ responder }) => responder.replies)).toEqual([[yes], [no], [yes]]);
    expect(failures(sink)).toBe(0);
  });

  it('refuses a caller whose decision cannot be told, and serves the others', () => {
    const told: Decision[] = [];
    const odd = settled(allow('success', [], []), (decision) => {
      if (decision.reason === 'success') broken();
      told.push(decision);
    });
    const next = settled(refuse('missing_header'));
    const sink = new ReplySink();
    sink.settled([odd, next]);
    expect(told.map(({ reason, signal }) => [reason, signal])).toEqual([['internal', 'denied']]);
    expect(next.responder.replies).toHaveLength(1);
    expect(failures(sink)).toBe(1);
  });

  it('gives up on a caller that cannot be told anything', () => {
    const next = settled(refuse('missing_header'));
    const sink = new ReplySink();
    sink.settled([settled(refuse('internal'), broken), next]);
    expect(next.responder.replies).toHaveLength(1);
    expect(failures(sink)).toBe(1);
  });
});
