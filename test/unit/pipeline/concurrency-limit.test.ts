import { describe, expect, it } from 'vitest';
import type { Settled } from '../../../src/domain/call.ts';
import { ConcurrencyLimit } from '../../../src/pipeline/concurrency-limit.ts';
import { fakeCall } from '../../support/calls.ts';
import { decisionOf } from '../../support/decisions.ts';

const MAX = 10_000;
const SUCCESS = decisionOf('success');
const OVERLOAD = decisionOf('overload');

function start(targetMs = 10, asked: (calls: number | undefined) => number = () => 0) {
  const told: (number | undefined)[] = [];
  let now = 0;
  let busy = 1;
  const limit = new ConcurrencyLimit(
    { max: MAX, targetMs },
    () => busy,
    (calls) => {
      told.push(calls);
      return asked(calls);
    },
  );
  /** A tenth of a second in which `perMs` checks were settled that took `latencyMs` each. */
  const window = (
    perMs: number,
    latencyMs: number,
    { refused = false, busyShare = 1 } = {},
  ): number => {
    busy = busyShare;
    for (let ms = 0; ms < 100; ms += 5) {
      now += 5;
      const batch = Array.from({ length: perMs * 5 }, () => {
        const call = fakeCall({ arrivedAt: now - latencyMs });
        call.settle(refused ? OVERLOAD : SUCCESS);
        call.settledAt = now;
        return call as Settled;
      });
      if (batch.length > 0) limit.settled(batch);
    }
    return limit.limit;
  };
  /** As long as a server is kept busy with all that it takes: latency follows from the limit. */
  const saturate = (perMs: number, offered: number, windows: number): number[] =>
    Array.from({ length: windows }, () => window(perMs, Math.min(limit.limit, offered) / perMs));
  return { limit, told, window, saturate };
}

describe('ConcurrencyLimit', () => {
  it('allows what peers were told, where that is more', () => {
    const { limit, window } = start(10, (calls) => (calls === undefined ? 0 : 1_000));
    for (let i = 0; i < 10; i++) window(50, 100);
    expect(limit.limit).toBeLessThan(1_000);
    expect(limit.allowed).toBe(1_000);
    for (let i = 0; i < 100; i++) window(50, 1);
    expect(limit.allowed).toBe(MAX);
  });

  it('is all that there is without pressure, and says nothing', () => {
    const { limit, told, window } = start();
    for (let i = 0; i < 20; i++) window(20, 2);
    expect(limit.limit).toBe(MAX);
    expect(told).toEqual([]);
  });

  it('goes to what is answered within the target, in half a second, and stays there', () => {
    const { told, saturate } = start();
    const limits = saturate(50, 4_000, 100); // 500 at once take 10 ms
    expect(limits[4]).toBeLessThan(800);
    for (const limit of limits.slice(20)) {
      expect(limit).toBeGreaterThan(400);
      expect(limit).toBeLessThan(700);
    }
    expect(told.slice(-1)).toEqual(limits.slice(-1));
  });

  it('is let go of within a second of the end of the pressure', () => {
    const { told, saturate, window } = start();
    saturate(50, 4_000, 50);
    for (let i = 0; i < 8; i++) window(20, 1);
    expect(told.at(-1)).toBeUndefined();
    const count = told.length;
    window(20, 1);
    expect(told).toHaveLength(count);
  });

  it('does not take a slow Redis for pressure', () => {
    const { limit, window } = start();
    for (let i = 0; i < 50; i++) window(20, 60, { busyShare: 0.8 });
    expect(limit.limit).toBe(MAX);
  });

  it('never falls so low that callers had better be refused', () => {
    const { limit, window } = start();
    window(1, 1);
    for (let i = 0; i < 50; i++) window(1, 140);
    expect(limit.limit).toBe(250);
  });

  it('learns nothing from checks that were refused', () => {
    const { limit, window } = start();
    window(10, 1);
    for (let i = 0; i < 50; i++) window(50, 100, { refused: true });
    expect(limit.limit).toBe(MAX);
  });

  it('stays where it is when it is off', () => {
    const { limit, told, window } = start(0);
    window(1, 1);
    for (let i = 0; i < 50; i++) window(50, 100);
    expect([limit.limit, told]).toEqual([MAX, []]);
  });
});
