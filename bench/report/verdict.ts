import type { Expectation, Experiment } from '../lib/result.ts';
import { figureOf, figures, type Spread } from './figures.ts';
import { short } from './numbers.ts';

export interface Verdict {
  readonly outcome: 'held' | 'failed' | 'not measured';
  /** What was found beside what was expected: "2.1x, at least 1.5x expected". */
  readonly text: string;
}

/**
 * Compares medians. Where single runs lie on both sides of a limit, the text tells how far they
 * reach: the verdict might be another next time.
 */
export function verdict({ variants }: Experiment, expectation: Expectation): Verdict {
  const { figure, of, over, atLeast, atMost } = expectation;
  if (atLeast === undefined && atMost === undefined) return notMeasured('no limit was stated');
  const spreads: Spread[] = [];
  for (const id of over === undefined ? [of] : [of, over]) {
    const variant = variants.find((candidate) => candidate.id === id);
    if (variant === undefined) return notMeasured(`there is no variant ${id}`);
    const found = figureOf(variant, figure);
    if (found === undefined) return notMeasured(`no run of ${variant.label} has this figure`);
    spreads.push(found);
  }
  const [above, below] = spreads;
  if (above === undefined) return notMeasured('nothing was measured');
  if (below?.median === 0) return notMeasured('there is no ratio to nothing');
  const found = below === undefined ? above : ratio(above, below);
  const show = below === undefined ? figures[figure].text : (value: number) => `${short(value)}x`;
  const held =
    found.median >= (atLeast ?? Number.NEGATIVE_INFINITY) &&
    found.median <= (atMost ?? Number.POSITIVE_INFINITY);
  const limits = [
    ...(atLeast === undefined ? [] : [`at least ${show(atLeast)}`]),
    ...(atMost === undefined ? [] : [`at most ${show(atMost)}`]),
  ];
  const unsure = [atLeast, atMost].some(
    (limit) => limit !== undefined && limit > found.min && limit < found.max,
  );
  const reach = unsure ? `; single runs reach from ${show(found.min)} to ${show(found.max)}` : '';
  return {
    outcome: held ? 'held' : 'failed',
    text: `${show(found.median)}, ${limits.join(' and ')} expected${reach}`,
  };
}

function ratio(above: Spread, below: Spread): Spread {
  return {
    median: above.median / below.median,
    min: above.min / below.max,
    max: below.min === 0 ? Number.POSITIVE_INFINITY : above.max / below.min,
    runs: Math.min(above.runs, below.runs),
  };
}

function notMeasured(text: string): Verdict {
  return { outcome: 'not measured', text };
}
