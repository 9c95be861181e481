import { describe, expect, it } from 'vitest';
import { knee } from '../../../../bench/report/knee.ts';
import { atRate, batchSweep, experimentOf, runOf, sweepOf, variantOf } from './fixture.ts';

describe('knee', () => {
  it('is the smallest value near the best throughput', () => {
    expect(knee(batchSweep)?.x).toBe(64);
  });

  it('is past values that pay for throughput with latency', () => {
    const costly = sweepOf([
      [1, { rps: 99, p99: 16 }],
      [2, { rps: 100, p99: 10 }],
      [4, { rps: 100, p99: 10 }],
    ]);
    expect(knee(costly)?.x).toBe(2);
  });

  it('does not depend on the order of the variants', () => {
    const variants = batchSweep.variants.toReversed();
    expect(knee({ ...batchSweep, variants })?.x).toBe(64);
  });

  const rates = (p99s: readonly number[]) =>
    experimentOf(
      'rates',
      p99s.map((p99, at) => {
        const rate = (at + 1) * 1000;
        return variantOf(`r${rate}`, [runOf({ rps: rate, p99 })], { x: rate, load: atRate(rate) });
      }),
      { sweep: { knob: 'rate', scale: 'linear' } },
    );

  it('is the last rate served where rates were swept', () => {
    expect(knee(rates([2, 3, 90, 4]))?.x).toBe(2000);
    expect(knee(rates([2, 3]))?.x).toBe(2000);
    expect(knee(rates([90, 3]))).toBeUndefined();
  });

  it('is not there with fewer than two values that have figures', () => {
    expect(knee(sweepOf([[1, { rps: 10 }]]))).toBeUndefined();
    const [first, second] = sweepOf([
      [1, { rps: 10 }],
      [2, { rps: 10 }],
    ]).variants;
    const runs = second?.runs.map((run) => ({ ...run, void: 'busy' })) ?? [];
    const half = [first, { ...second, runs }] as typeof batchSweep.variants;
    expect(knee({ ...batchSweep, variants: half })).toBeUndefined();
    expect(knee(experimentOf('plain', batchSweep.variants))).toBeUndefined();
  });
});
