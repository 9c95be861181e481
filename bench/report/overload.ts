import type { OverloadFigures, Run, Variant } from '../lib/result.ts';
import type { Figure, Pick } from './figures.ts';
import { percent, short } from './numbers.ts';

/** Of what became of the checks that were due, where more were than can be answered. */
export const overloadFigures = {
  goodput: {
    title: 'goodput, of capacity',
    of: ofOverload(({ capacity }, { rps }) => rps / capacity),
    text: percent,
  },
  served: {
    title: 'goodput, of what was due',
    of: ofOverload(({ due }, { checks }) => checks / due),
    text: percent,
  },
  refusalP99Ms: {
    title: 'p99 to a refusal, ms',
    of: ofOverload(({ refusalMs }) => refusalMs?.p99),
    text: (value) => `${short(value)} ms`,
  },
  memoryGrowth: {
    title: 'memory, of that at capacity',
    of: ofOverload(({ memoryGrowth }) => memoryGrowth),
    text: (value) => `${short(value)}x`,
  },
  recoveryMs: {
    title: 'normal again after, ms',
    of: ofOverload(({ recoveryMs }) => recoveryMs),
    text: (value) => `${short(value)} ms`,
  },
  wrong: {
    title: 'wrong answers',
    of: ofOverload((_, { failed }) => failed.wrong ?? 0),
    text: String,
  },
  amiss: {
    title: 'wrong answers, and none at all',
    of: ofOverload((_, run) => (run.failed.wrong ?? 0) + lost(run)),
    text: String,
  },
} satisfies Record<string, Figure>;

/** What happens at the rates is the point of it, and the knee is known: capacity. */
export function isOverload({ variants }: { readonly variants: readonly Variant[] }): boolean {
  return variants.some(({ runs }) => runs.some(({ overload }) => overload !== undefined));
}

/** What may become of a check and is nobody's doing but the caller's, or is told by the server. */
const ACCOUNTED = ['refused', 'timeout', 'unsent', 'wrong'];

/** Checks that were due and got neither an answer nor a cancel: by a reset, or with a connection. */
export function lost({ checks, failed, overload }: Run): number {
  const due = overload?.due ?? 0;
  return ACCOUNTED.reduce((left, kind) => left - (failed[kind] ?? 0), due - checks);
}

export function ofOverload(
  pick: (overload: OverloadFigures, run: Run) => number | undefined,
): Pick {
  return (run) => (run.overload === undefined ? undefined : pick(run.overload, run));
}
