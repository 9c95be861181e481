import { describe, expect, it } from 'vitest';
import type { Run, Variant } from '../../../../bench/lib/result.ts';
import { checklist } from '../../../../bench/report/checklist.ts';
import { ladderSteps } from '../../../../bench/report/ladder.ts';
import { atRate, experimentOf, ladder, runOf, variantOf } from './fixture.ts';

const base = experimentOf('base', [variantOf('first', [runOf({ rps: 1000 })])], { step: 0 });

function cells(runs: readonly Run[], more: readonly Variant[] = []) {
  const step = experimentOf('later', [variantOf('later', runs), ...more], { step: 1 });
  const rows = checklist([base, step])?.rows ?? [];
  const [p99, rps, success, cpu, memory, pool, errors] = rows.map(({ cells }) => cells[1]);
  return { p99, rps, success, cpu, memory, pool, errors };
}

describe('checklist', () => {
  it('passes what keeps to its limits', () => {
    const found = cells([runOf({ rps: 1500, p99: 49, rssMiB: 99, failed: { timeout: 1 } })]);
    expect(found).toEqual({
      p99: { status: 'pass', text: '49 ms' },
      rps: { status: 'pass', text: '+50 %' },
      success: { status: 'pass', text: '99.993 %' },
      cpu: { status: 'shown', text: 'saturated on purpose' },
      memory: { status: 'pass', text: '99 MiB' },
      pool: { status: 'shown', text: '0.700' },
      errors: { status: 'pass', text: '0.00667 %' },
    });
  });

  it('fails what does not', () => {
    const failed = { timeout: 50, unsent: 100 };
    const found = cells([runOf({ rps: 900, p99: 50, rssMiB: 100, failed })]);
    expect(found).toMatchObject({
      p99: { status: 'fail' },
      rps: { status: 'fail', text: '-10 %' },
      success: { status: 'fail', text: '98.36 %' },
      memory: { status: 'fail' },
      errors: { status: 'fail', text: '0.552 %' },
    });
  });

  it('does not round a success up to all', () => {
    const found = cells([runOf({ rps: 1_000_000, failed: { timeout: 1 } })]);
    expect(found.success?.text).toBe('99.999 %');
  });

  it('judges the CPU at a set rate', () => {
    const steady = (cpuShare: number) =>
      variantOf('steady', [runOf({ rps: 700, cpuShare })], { load: atRate(700) });
    const closed = [runOf({ rps: 1600 })];
    expect(cells(closed, [steady(0.6)]).cpu).toEqual({ status: 'pass', text: '60 % at 700/s' });
    expect(cells(closed, [steady(0.8)]).cpu).toEqual({ status: 'fail', text: '80 % at 700/s' });
  });

  it('does not compare a set rate with a closed loop', () => {
    const step = experimentOf(
      'rate',
      [variantOf('steady', [runOf({ rps: 9000 })], { load: atRate(9000) })],
      { step: 1 },
    );
    expect(checklist([base, step])?.rows[1]?.cells).toEqual([
      { status: 'shown', text: 'the baseline' },
      { status: 'shown', text: 'not comparable' },
    ]);
  });

  it('takes the best variant of each step, void runs left out', () => {
    const best = ladderSteps(ladder.experiments);
    expect(best.map(({ variant }) => variant.id)).toEqual(['plain', 'p4', 'b256', 'on', 'r70']);
    const broken = variantOf('broken', [runOf({ rps: 9999 }, { void: 'busy' })]);
    expect(cells([runOf({ rps: 1500 })], [broken]).rps?.text).toBe('+50 %');
  });

  it('is not there without steps that have figures', () => {
    expect(checklist([])).toBeUndefined();
    expect(
      checklist([experimentOf('plain', [variantOf('a', [runOf({ rps: 1 })])])]),
    ).toBeUndefined();
    expect(checklist([experimentOf('none', [variantOf('a', [])], { step: 0 })])).toBeUndefined();
  });
});
