import { describe, expect, it } from 'vitest';
import type { Experiment, Run } from '../../../../bench/lib/result.ts';
import { afterOf, bounds, curve, factors, pointOf } from '../../../../bench/overload/curve.ts';
import { builds } from '../../../../bench/overload/scenarios.ts';
import { variantsOf } from '../../../../bench/overload/variants.ts';
import { verdict } from '../../../../bench/report/verdict.ts';
import { experimentOf } from '../report/fixture.ts';
import { overloadRun } from '../report/fixture-overload.ts';

const [build] = builds.filter(({ id }) => id === 'http2');
const CAPACITY = 1_000;

/** A curve with a right answer for `goodput` of what the server can take, at each factor. */
function played(goodput: (factor: number) => number, more: Parameters<typeof overloadRun>[0] = {}) {
  const runs = new Map<string, Run[]>(
    factors.map((factor) => {
      const given = { capacity: CAPACITY, factor, goodput: goodput(factor), ...more };
      return [pointOf('http2', factor), [overloadRun(given)]];
    }),
  );
  runs.set(afterOf('http2'), [overloadRun({ factor: 0.7, goodput: 0.7, recoveryMs: 400 })]);
  return experimentOf('e', build === undefined ? [] : variantsOf({ build, runs }));
}

function failures(experiment: Experiment, expectations = curve('http2')): readonly string[] {
  return expectations
    .filter((expectation) => verdict(experiment, expectation).outcome !== 'held')
    .map(({ text }) => text);
}

describe('the curve that is asked', () => {
  it('holds for a server that loses nothing by being asked more', () => {
    expect(failures(played((factor) => Math.min(factor, 1)))).toEqual([]);
  });

  it('allows for what refusals cost', () => {
    const asked = { 0.7: 0.7, 1: 0.975, 2: 0.91, 5: 0.76, 10: 0.51 } as Record<number, number>;
    expect(failures(played((factor) => asked[factor] ?? 0))).toEqual([]);
    expect(failures(played((factor) => (asked[factor] ?? 0) - 0.02))).toEqual([
      'http2, 1x: of what is due',
      'http2, 2x: of capacity',
      'http2, 5x: of capacity',
      'http2, 10x: of capacity',
    ]);
  });

  it('fails late answers, slow refusals, growing memory, what is lost and what is wrong', () => {
    const bad = { p99Ms: 160, refusalP99Ms: 11, memoryGrowth: 1.3, wrong: 1, lost: 1 };
    const failed = failures(played((factor) => Math.min(factor, 1), bad));
    expect(failed).toHaveLength(4 * 2 + 3 * 2);
  });

  it('wants normal latency back within 2 s', () => {
    const slow = played((factor) => Math.min(factor, 1));
    const variants = slow.variants.map((variant) =>
      variant.id === afterOf('http2')
        ? { ...variant, runs: [overloadRun({ factor: 0.7, goodput: 0.7, recoveryMs: 2_200 })] }
        : variant,
    );
    expect(failures({ ...slow, variants })).toEqual([
      'http2, back at 0.7x: latency as before within 2 s',
    ]);
  });

  it('is not held by a server without a single right answer', () => {
    const failed = failures(played(() => 0));
    for (const factor of [1, 2, 5, 10]) expect(failed).toContain(`http2, ${factor}x: p99`);
  });

  it('asks of a server that is not ours for bounds alone', () => {
    const low = played(() => 0.1, { p99Ms: 190, memoryGrowth: 1.9, lost: 5 });
    expect(failures(low, bounds('http2'))).toEqual([]);
    const wrong = played(() => 0.1, { memoryGrowth: 2.1, wrong: 1 });
    expect(failures(wrong, bounds('http2'))).toHaveLength(6);
  });
});

describe('the variants of a server', () => {
  it('have the median of the rates of their rounds', () => {
    const id = pointOf('http2', 2);
    const runs = new Map([
      [id, [900, 1_000, 1_300].map((capacity) => overloadRun({ capacity, factor: 2 }))],
    ]);
    const variants = build === undefined ? [] : variantsOf({ build, runs });
    expect(variants).toHaveLength(factors.length + 2);
    const variant = variants.find((one) => one.id === id);
    expect([variant?.x, variant?.series, variant?.load.rate]).toEqual([2, 'http2', 2_000]);
  });
});
