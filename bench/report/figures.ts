import type { Latency } from '../lib/latency.ts';
import type { FigureName, Run, Variant } from '../lib/result.ts';
import { percent, short } from './numbers.ts';
import { overloadFigures } from './overload.ts';

/** Of the runs that count. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly runs: number;
}

/** A figure of one run; undefined where the run does not have it. */
export type Pick = (run: Run) => number | undefined;

export interface Figure {
  readonly title: string;
  readonly of: Pick;
  /** With its unit. */
  readonly text: (value: number) => string;
}

const withUnit = (unit: string) => (value: number) => `${short(value)}${unit}`;

export const figures: Readonly<Record<FigureName, Figure>> = {
  rps: { title: 'checks/s', of: (run) => run.rps, text: withUnit('/s') },
  p50Ms: { title: 'p50, ms', of: latencyOf('p50'), text: withUnit(' ms') },
  p99Ms: { title: 'p99, ms', of: latencyOf('p99'), text: withUnit(' ms') },
  serverCpuUs: { title: 'server CPU, µs', of: cpuUsOf('server'), text: withUnit(' µs') },
  redisCpuUs: { title: 'Redis CPU, µs', of: cpuUsOf('redis'), text: withUnit(' µs') },
  envoyCpuUs: { title: 'Envoy CPU, µs', of: cpuUsOf('envoy'), text: withUnit(' µs') },
  rssMiB: {
    title: 'memory, MiB',
    of: (run) => run.processes.server?.rssMiB,
    text: withUnit(' MiB'),
  },
  failedShare: {
    title: 'failed',
    of: (run) => shareOf(failedChecks(run), run.checks),
    text: percent,
  },
  cpuShare: {
    title: 'server CPU, share of a core',
    of: (run) => run.processes.server?.cpuShare,
    text: (value) => `${percent(value)} of a core`,
  },
  loopLagMaxMs: {
    title: 'longest turn of the event loop, ms',
    of: (run) => run.server?.loopLagMaxMs,
    text: withUnit(' ms'),
  },
  ...overloadFigures,
};

/** Without a right answer there is no latency of them. */
function latencyOf(percentile: keyof Latency): Pick {
  return (run) => (run.checks === 0 ? undefined : run.latencyMs[percentile]);
}

function cpuUsOf(role: string): Pick {
  return (run) => run.processes[role]?.cpuUsPerCheck;
}

/** Checks without a right answer, for whatever reason. */
export function failedChecks({ failed }: { readonly failed: Run['failed'] }): number {
  return Object.values(failed).reduce((sum, count) => sum + count, 0);
}

/** Checks that were sent and got no right answer, of all that were sent. */
export function errorShare(run: Run): number | undefined {
  return shareOf(failedChecks(run) - (run.failed.unsent ?? 0), run.checks);
}

function shareOf(bad: number, good: number): number | undefined {
  return bad + good === 0 ? undefined : bad / (bad + good);
}

/** Runs that are not void: nothing else may become a figure. */
export function countedRuns(variant: Variant): readonly Run[] {
  return variant.runs.filter((run) => run.void === undefined);
}

export function spreadOf(variant: Variant, pick: Pick): Spread | undefined {
  return spread(
    countedRuns(variant)
      .map(pick)
      .filter((value) => value !== undefined),
  );
}

export function figureOf(variant: Variant, name: FigureName): Spread | undefined {
  return spreadOf(variant, figures[name].of);
}

/** Undefined of no values. The median of an even number is the mean of the middle two. */
export function spread(values: readonly number[]): Spread | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) return undefined;
  const middle = sorted.length / 2;
  const [low = min, high = max] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return { median: (low + high) / 2, min, max, runs: sorted.length };
}

/** How far runs of the same thing lie apart, as a share of their median. */
export function noise({ median, min, max }: Spread): number {
  return median === 0 ? 0 : (max - min) / median;
}
