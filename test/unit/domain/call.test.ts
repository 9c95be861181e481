import { describe, expect, it } from 'vitest';
import type { Call } from '../../../src/domain/call.ts';
import { allow, refuse } from '../../../src/domain/decision.ts';
import { fakeCall } from '../../support/calls.ts';

const yes = allow('success', [], []);
const no = refuse('internal');

/** A call, and who was told that it left. */
function observed() {
  const left: Call[] = [];
  const call = fakeCall({});
  call.observer = { left: (gone) => void left.push(gone) };
  return { call, left };
}

describe('a call', () => {
  it('is open until it is settled, and tells once', () => {
    const { call, left } = observed();
    expect(call.open).toBe(true);
    expect(call.settle(yes)).toBe(true);
    expect(call.open).toBe(false);
    expect(call.decision).toBe(yes);
    expect(left).toEqual([call]);
  });

  it('keeps its first decision', () => {
    const { call, left } = observed();
    call.settle(yes);
    expect(call.settle(no)).toBe(false);
    expect(call.cancel()).toBe(false);
    expect(call.decision).toBe(yes);
    expect(left).toHaveLength(1);
  });

  it('has no decision once it was cancelled', () => {
    const { call, left } = observed();
    expect(call.cancel()).toBe(true);
    expect(call.cancel()).toBe(false);
    expect(call.settle(yes)).toBe(false);
    expect(call.decision).toBeUndefined();
    expect(call.open).toBe(false);
    expect(left).toHaveLength(1);
  });

  it('is closed already when its observer hears of it', () => {
    const call = fakeCall({});
    let seen: unknown;
    call.observer = { left: (gone) => (seen = [gone.open, gone.settle(no), gone.decision]) };
    call.settle(yes);
    expect(seen).toEqual([false, false, yes]);
  });

  it('needs no observer, and does not answer by itself', () => {
    const call = fakeCall({});
    expect(call.settle(yes)).toBe(true);
    expect(call.responder.replies).toEqual([]);
  });
});
