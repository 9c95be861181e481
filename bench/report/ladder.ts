import type { Experiment, Variant } from '../lib/result.ts';
import { figureOf, type Spread } from './figures.ts';

export interface LadderStep {
  readonly step: number;
  /** Where the best variant of the step is, and what it reached. */
  readonly experiment: Experiment;
  readonly variant: Variant;
  readonly rps: Spread;
  /** Of its throughput to the baseline's; undefined where one of them ran at a set rate. */
  readonly gain: number | undefined;
}

/**
 * The steps of the tuning plan that have figures, each with the variant of the highest median
 * throughput. Variants at a set rate are the best of a step only where it has no other: their
 * throughput is what was asked for.
 */
export function ladderSteps(experiments: readonly Experiment[]): readonly LadderStep[] {
  const first = baseline(experiments);
  const base = first && figureOf(first, 'rps')?.median;
  return [...new Set(experiments.map(({ step }) => step))]
    .filter((step) => step !== undefined)
    .sort((a, b) => a - b)
    .flatMap((step) => {
      const all = measuredOf(experiments.filter((experiment) => experiment.step === step));
      const closed = all.filter(({ variant }) => variant.load.loop === 'closed');
      const [best] = (closed.length > 0 ? closed : all).toSorted(
        (a, b) => b.rps.median - a.rps.median,
      );
      if (best === undefined) return [];
      const comparable = first?.load.loop === 'closed' && best.variant.load.loop === 'closed';
      const gain = comparable && base ? best.rps.median / base : undefined;
      return [{ step, ...best, gain }];
    });
}

/** The first variant of step 0. */
export function baseline(experiments: readonly Experiment[]): Variant | undefined {
  return experiments.find(({ step }) => step === 0)?.variants[0];
}

/** Of the step, at a set rate: the variant with the highest rate that has figures. */
export function openLoopOf(experiments: readonly Experiment[], step: number): Variant | undefined {
  const [highest] = measuredOf(experiments.filter((experiment) => experiment.step === step))
    .map(({ variant }) => variant)
    .filter(({ load }) => load.loop !== 'closed')
    .sort((a, b) => (b.load.rate ?? 0) - (a.load.rate ?? 0));
  return highest;
}

function measuredOf(experiments: readonly Experiment[]) {
  return experiments.flatMap((experiment) =>
    experiment.variants.flatMap((variant) => {
      const rps = figureOf(variant, 'rps');
      return rps === undefined ? [] : [{ experiment, variant, rps }];
    }),
  );
}
