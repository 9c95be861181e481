import { ms, percent } from '../report/chaos.ts';
import type { Expectations, Fault } from './fault.ts';
import { countBy, goodput, p99Ms } from './figures.ts';
import type { ChaosOutcome } from './result.ts';
import type { Observation, Timing } from './run.ts';

/** What a fault may cost. */
export interface Bars {
  /** Of right answers while Redis is well, or usable. */
  readonly goodput: number;
  readonly detectionMs: number;
  readonly recoveryMs: number;
  readonly p99Ms: number;
  /** How much memory may grow. */
  readonly growthMiB: number;
}

/** Settings are CHECK_BUDGET_MS as it is by default, and what an operator can expect. */
export const BARS: Bars = {
  goodput: 0.999,
  detectionMs: 500,
  recoveryMs: 2_000,
  p99Ms: 150,
  growthMiB: 64,
};

const NEVER = Number.POSITIVE_INFINITY;
const STATES = ['ready', 'degraded'];

/** The figures of one fault, and which bars it missed. */
export function judge(
  group: string,
  { name, expect, fromStart }: Pick<Fault, 'name' | 'expect' | 'fromStart'>,
  seen: Observation,
  bars: Bars,
  { wellMs }: Pick<Timing, 'wellMs'>,
): ChaosOutcome {
  const { ledger, faultAt, healedAt, endedAt, wellAt, fastAt, recoveredAt, memoryMiB } = seen;
  // What was under way by then has seen both.
  const before = ledger
    .between(faultAt - wellMs, faultAt)
    .filter(({ answer }) => answer !== undefined && answer.at < faultAt);
  const during = ledger.between(faultAt, healedAt);
  const grades = countBy(ledger.entries, ({ grade }) => grade ?? 'pending');
  const figures = {
    ...{ group, name },
    redis: expect.redis,
    checks: ledger.entries.length,
    grades,
    errors: countBy(
      during.filter(({ grade }) => grade === 'error' || grade === 'broken'),
      ({ answer }) => answer?.reason ?? 'pending',
    ),
    goodput: {
      ...(before.length > 0 && fromStart !== true && { before: goodput(before) }),
      during: goodput(during),
      after: goodput(ledger.between(endedAt - wellMs, endedAt)),
    },
    ...(fastAt !== undefined && { detectionMs: fastAt - faultAt }),
    ...(recoveredAt !== undefined && { recoveryMs: recoveredAt - healedAt }),
    p99Ms: p99Ms(during),
    memoryMiB,
    states: seen.states,
    starvedMs: seen.starvedMs,
  };
  const missed = [
    ...bar(wellAt !== undefined, 'never well before it'),
    ...bar(seen.stateAfter === 'ready', `/ready said ${seen.stateAfter} after it`),
    ...missedBy(figures, expect, bars),
  ];
  return { ...figures, missed };
}

/** Somebody was let in, or logged out, who should not have been: no state of the machine excuses it. */
export function isHarmful({ grades }: ChaosOutcome): boolean {
  return (grades.false_allow ?? 0) > 0 || (grades.wronged ?? 0) > 0;
}

const bar = (isMet: boolean, what: string): readonly string[] => (isMet ? [] : [what]);

function missedBy(
  figures: Omit<ChaosOutcome, 'missed'>,
  expect: Expectations,
  bars: Bars,
): readonly string[] {
  const { grades, goodput: right, memoryMiB, states } = figures;
  const count = (grade: string) => grades[grade] ?? 0;
  const known = new Set(expect.states ?? STATES);
  const growth = memoryMiB.since - memoryMiB.before;
  const { detectionMs, recoveryMs } = figures;
  return [
    ...bar(count('false_allow') === 0, `${count('false_allow')} false allows`),
    ...bar(count('wronged') === 0, `${count('wronged')} good tokens refused`),
    ...bar(count('lost') === 0, `${count('lost')} lost`),
    ...bar(count('broken') <= (expect.brokenAtMost ?? 0), `${count('broken')} calls failed`),
    ...bar((right.before ?? 1) >= bars.goodput, `${percent(right.before ?? 1)} right before`),
    ...bar(right.after >= bars.goodput, `${percent(right.after)} right after`),
    ...(expect.redis === 'usable'
      ? bar(right.during >= bars.goodput, `${percent(right.during)} right during`)
      : []),
    ...(expect.redis === 'gone'
      ? bar((detectionMs ?? NEVER) <= bars.detectionMs, `refused fast after ${ms(detectionMs)}`)
      : []),
    ...bar((recoveryMs ?? NEVER) <= bars.recoveryMs, `right again after ${ms(recoveryMs)}`),
    ...bar(figures.p99Ms <= bars.p99Ms, `p99 ${ms(figures.p99Ms)}`),
    ...bar(
      growth <= (expect.growthMiB ?? bars.growthMiB),
      `memory grew by ${Math.round(growth)} MiB`,
    ),
    ...bar(
      states.every((state) => known.has(state)),
      `/ready said ${states}`,
    ),
  ];
}
