import type { Experiment, Variant } from '../lib/result.ts';
import { figureOf } from './figures.ts';

const NEAR_BEST = 0.95;
const TOLERATED_P99 = 1.5;
/** Of the offered rate, right answers; and a p99 in ms as in the tuning plan's checklist. */
const SERVED = 0.99;
const MAX_P99_MS = 50;

export interface SweepPoint {
  readonly x: number;
  readonly variant: Variant;
  /** Medians. */
  readonly rps: number;
  readonly p99Ms: number;
}

/** Variants of a sweep that have figures, by their knob's value. */
export function sweepPoints({ variants }: Experiment): readonly SweepPoint[] {
  return variants
    .flatMap((variant): SweepPoint[] => {
      const rps = figureOf(variant, 'rps')?.median;
      const p99Ms = figureOf(variant, 'p99Ms')?.median;
      const { x } = variant;
      return x === undefined || rps === undefined || p99Ms === undefined
        ? []
        : [{ x, variant, rps, p99Ms }];
    })
    .sort((a, b) => a.x - b.x);
}

/**
 * The value of the knob beyond which more of it gains nothing: the smallest one whose median
 * throughput is within 5 % of the best and whose p99 is at most 1.5 times the lowest p99 among
 * those. Where the rate itself was swept, throughput follows the knob, so there it is the highest
 * rate up to which every rate was served: 99 % of it answered rightly, with a p99 below 50 ms.
 * Undefined when fewer than two values have figures, or no rate was served.
 */
export function knee(experiment: Experiment): SweepPoint | undefined {
  const points = sweepPoints(experiment);
  if (experiment.sweep === undefined || points.length < 2) return undefined;
  const rates = new Set(points.map(({ variant }) => variant.load.rate));
  return rates.size === points.length ? lastServed(points) : firstNearBest(points);
}

function firstNearBest(points: readonly SweepPoint[]): SweepPoint | undefined {
  const best = Math.max(...points.map(({ rps }) => rps));
  const near = points.filter(({ rps }) => rps >= best * NEAR_BEST);
  const lowest = Math.min(...near.map(({ p99Ms }) => p99Ms));
  return near.find(({ p99Ms }) => p99Ms <= lowest * TOLERATED_P99);
}

function lastServed(points: readonly SweepPoint[]): SweepPoint | undefined {
  const served = ({ variant, rps, p99Ms }: SweepPoint) =>
    rps >= (variant.load.rate ?? 0) * SERVED && p99Ms < MAX_P99_MS;
  const missed = points.findIndex((point) => !served(point));
  return missed === -1 ? points.at(-1) : points[missed - 1];
}
