import type { Experiment, Variant } from '../lib/result.ts';
import { errorShare, figureOf, figures, type Pick, spreadOf } from './figures.ts';
import { baseline, type LadderStep, ladderSteps, openLoopOf } from './ladder.ts';
import { number, percent, short } from './numbers.ts';

const MAX_P99_MS = 50;
/** Of the baseline's throughput. */
export const WANTED_GAIN = 1.5;
const MIN_SUCCESS = 0.999;
const MAX_ERRORS = 0.001;
/** Of a core. */
const MAX_CPU = 0.8;
const MAX_RSS_MIB = 100;

export interface Checklist {
  readonly steps: readonly LadderStep[];
  readonly rows: readonly { readonly text: string; readonly cells: readonly Cell[] }[];
}

/** `shown`: a value that no limit is set for, or that cannot be judged. */
export interface Cell {
  readonly status: 'pass' | 'fail' | 'shown';
  readonly text: string;
}

interface Criterion {
  readonly text: string;
  readonly judge: (step: LadderStep, experiments: readonly Experiment[]) => Cell;
}

const criteria: readonly Criterion[] = [
  {
    text: `p99 below ${MAX_P99_MS} ms`,
    judge: median(figures.p99Ms.of, (ms) => ms < MAX_P99_MS, figures.p99Ms.text),
  },
  {
    text: `checks/s at least ${percent(WANTED_GAIN - 1)} over the baseline`,
    judge: ({ gain, variant }, experiments) => {
      if (variant === baseline(experiments)) return { status: 'shown', text: 'the baseline' };
      if (gain === undefined) return { status: 'shown', text: 'not comparable' };
      return judged(gain >= WANTED_GAIN, `${gain < 1 ? '' : '+'}${short((gain - 1) * 100)} %`);
    },
  },
  {
    text: `right answers above ${percent(MIN_SUCCESS)} of what was due`,
    judge: median(
      (run) => {
        const share = figures.failedShare.of(run);
        return share === undefined ? undefined : 1 - share;
      },
      (share) => share > MIN_SUCCESS,
      (share) => `${Math.floor(share * 1e5) / 1e3} %`,
    ),
  },
  { text: `server CPU below ${percent(MAX_CPU)} of a core`, judge: cpu },
  {
    text: `memory below ${MAX_RSS_MIB} MiB`,
    judge: median(figures.rssMiB.of, (mib) => mib < MAX_RSS_MIB, figures.rssMiB.text),
  },
  {
    text: 'lookups under way per Redis connection',
    judge: median((run) => run.server?.poolUse, undefined, number),
  },
  {
    text: `errors below ${percent(MAX_ERRORS)} of what was sent`,
    judge: median(errorShare, (share) => share < MAX_ERRORS, percent),
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
  return judged(share < MAX_CPU, `${percent(share)} at ${number(variant.load.rate ?? 0)}/s`);
}

function judged(passes: boolean, text: string): Cell {
  return { status: passes ? 'pass' : 'fail', text };
}
