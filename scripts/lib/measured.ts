import { readFileSync } from 'node:fs';
import type { BenchName, BenchResult, FigureName, Variant } from '../../bench/lib/result.ts';
import { figureOf } from '../../bench/report/figures.ts';

const RESULTS = new URL('../../bench/results/', import.meta.url);

/** What lies in bench/results of one benchmark. */
export function resultOf(bench: BenchName): BenchResult {
  return JSON.parse(readFileSync(new URL(`${bench}.json`, RESULTS), 'utf8'));
}

/** Those of one experiment in bench/results. */
export function measuredVariants(bench: BenchName, experiment: string): readonly Variant[] {
  const { experiments } = resultOf(bench);
  const found = experiments.find(({ id }) => id === experiment);
  if (found === undefined) throw new Error(`the results of ${bench} lack "${experiment}"`);
  return found.variants;
}

export function measuredVariant(bench: BenchName, experiment: string, variant: string): Variant {
  const found = measuredVariants(bench, experiment).find(({ id }) => id === variant);
  if (found === undefined) throw new Error(`"${experiment}" of ${bench} lacks "${variant}"`);
  return found;
}

/** The median of the runs that count. */
export function median(variant: Variant, figure: FigureName): number {
  const found = figureOf(variant, figure);
  if (found === undefined) throw new Error(`"${variant.label}" has no ${figure}`);
  return found.median;
}
