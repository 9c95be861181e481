import { targets } from '../lib/plan.ts';
import type { Experiment, Variant } from '../lib/result.ts';
import { errorShare, figureOf, figures, type Pick, spreadOf } from './figures.ts';
import { baseline, type LadderStep, ladderSteps, openLoopOf } from './ladder.ts';
import { number, percent, short } from './numbers.ts';
import { type Cell, judged } from './plan-checklist.ts';

export interface Checklist {
  readonly steps: readonly LadderStep[];
  readonly rows: readonly { readonly text: string; readonly cells: readonly Cell[] }[];
}

interface Criterion {
  readonly text: string;
  readonly judge: (step: LadderStep, experiments: readonly Experiment[]) => Cell;
}

const criteria: readonly Criterion[] = [
  {
    text: `p99 below ${targets.p99Ms} ms`,
    judge: median(figures.p99Ms.of, (ms) => ms < targets.p99Ms, figures.p99Ms.text),
  },
  {
    text: `checks/s at least ${percent(targets.gain - 1)} over the baseline`,
    judge: ({ gain, variant }, experiments) => {
      if (variant === baseline(experiments)) return { status: 'shown', text: 'the baseline' };
      if (gain === undefined) return { status: 'shown', text: 'not comparable' };
      return judged(gain >= targets.gain, `${gain < 1 ? '' : '+'}${short((gain - 1) * 100)} %`);
    },
  },
  {
    text: `right answers above ${percent(targets.success)} of what was due`,
    judge: median(
      (run) => {
        const share = figures.failedShare.of(run);
        return share === undefined ? undefined : 1 - share;
      },
      (share) => share > targets.success,
      (share) => `${Math.floor(share * 1e5) / 1e3} %`,
    ),
  },
  { text: `server CPU below ${percent(targets.cpu)} of a core`, judge: cpu },
  {
    text: `memory below ${targets.memoryMiB} MiB`,
    judge: median(figures.rssMiB.of, (mib) => mib < targets.memoryMiB, figures.rssMiB.text),
  },
  {
    text: 'lookups under way per Redis connection',
    judge: median((run) => run.server?.poolUse, undefined, number),
  },
  {
    text: `errors below ${percent(targets.errors)} of what was sent`,
    judge: median(errorShare, (share) => share < targets.errors, percent),
  },
];

/** The tuning plan's checklist, for the best variant of each step; undefined without steps. */
export function checklist(experiments: readonly Experiment[]): Checklist | undefined {
  const steps = ladderSteps(experiments);
  if (steps.length === 0) return undefined;
  return {
    steps,
    rows: criteria.map(({ text, judge }) => ({
      text,
      cells: steps.map((step) => judge(step, experiments)),
    })),
  };
}

function median(
  pick: Pick,
  passes: ((value: number) => boolean) | undefined,
  show: (value: number) => string,
): Criterion['judge'] {
  return ({ variant }) => {
    const found = spreadOf(variant, pick)?.median;
    if (found === undefined) return { status: 'shown', text: 'not measured' };
    if (passes === undefined) return { status: 'shown', text: show(found) };
    return judged(passes(found), show(found));
  };
}

/** A closed loop takes all the CPU there is: only a run at a set rate can tell. */
function cpu({ step }: LadderStep, experiments: readonly Experiment[]): Cell {
  const variant: Variant | undefined = openLoopOf(experiments, step);
  if (variant === undefined) return { status: 'shown', text: 'saturated on purpose' };
  const share = figureOf(variant, 'cpuShare')?.median;
  if (share === undefined) return { status: 'shown', text: 'not measured' };
  return judged(share < targets.cpu, `${percent(share)} at ${number(variant.load.rate ?? 0)}/s`);
}
