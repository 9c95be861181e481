import { PLAN_RPS, targets } from '../lib/plan.ts';
import type { LocustRun } from '../locust/result.ts';
import { number, percent, short } from './numbers.ts';

/** `shown`: a value that no limit is set for, or that cannot be judged. */
export interface Cell {
  readonly status: 'pass' | 'fail' | 'shown' | 'void';
  readonly text: string;
}

/** Before the text of a cell. */
export const signs: Readonly<Record<Cell['status'], string>> = {
  pass: '✓ ',
  fail: '✗ ',
  shown: '',
  void: '',
};

export function judged(passes: boolean, text: string): Cell {
  return { status: passes ? 'pass' : 'fail', text };
}

interface Criterion {
  readonly text: string;
  readonly judge: (run: LocustRun) => Cell;
}

const criteria: readonly Criterion[] = [
  {
    text: `p99 latency below ${targets.p99Ms} ms`,
    judge: ofAnswer('p99', (sec) => judged(sec * 1000 < targets.p99Ms, ms(sec * 1000))),
  },
  {
    text: `RPS at least ${percent(targets.gain - 1)} over the plan's ${PLAN_RPS}`,
    judge: (run) => ofAnswer('rps', (rps) => judgedRps(rps, run))(run),
  },
  {
    text: `success rate above ${percent(targets.success)}`,
    judge: ofAnswer('success', (found) => judged(found > targets.success * 100, floored(found))),
  },
  {
    text: `CPU usage below ${percent(targets.cpu)} of a core`,
    judge: ofAnswer('cpu', (cores) => judged(cores < targets.cpu, percent(cores))),
  },
  {
    text: `memory usage below ${targets.memoryMiB} MiB`,
    judge: ofAnswer('memory', (gib) =>
      judged(gib * 1024 < targets.memoryMiB, `${short(gib * 1024)} MiB`),
    ),
  },
  {
    text: `error rate below ${percent(targets.errors)}`,
    judge: ({ failures, requests }) =>
      judged(failures / requests < targets.errors, percent(failures / requests)),
  },
];

/** The plan's checklist, a column for each run. */
export function locustChecklist(
  runs: readonly LocustRun[],
): readonly { readonly text: string; readonly cells: readonly Cell[] }[] {
  return criteria.map(({ text, judge }) => ({
    text,
    cells: runs.map((run) =>
      run.void === undefined ? judge(run) : { status: 'void' as const, text: 'void' },
    ),
  }));
}

function ofAnswer(name: keyof LocustRun['answers'], judge: (found: number) => Cell) {
  return ({ answers }: LocustRun): Cell => {
    const found = answers[name];
    return found === undefined ? { status: 'shown', text: 'no answer' } : judge(found);
  };
}

/** Users who wait set a rate that no service can better. */
function judgedRps(rps: number, { offered }: LocustRun): Cell {
  const text = `${number(rps)}/s`;
  const wanted = PLAN_RPS * targets.gain;
  if (offered < wanted) {
    return { status: 'shown', text: `${text}, of ${number(offered)}/s at most from so many users` };
  }
  return judged(rps >= wanted, `${text}, ${short((rps / PLAN_RPS - 1) * 100)} % over it`);
}

export const ms = (value: number): string => `${short(value)} ms`;

/** Percent that are never rounded up to all. */
function floored(value: number): string {
  return `${Math.floor(value * 1e3) / 1e3} %`;
}
