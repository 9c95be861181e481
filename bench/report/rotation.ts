import type { Measure, Rotation, RotationOutcome } from '../lib/result.ts';
import { errorsText, ms } from './chaos.ts';
import { short, whole } from './numbers.ts';

export const rotationHead: readonly string[] = [
  ...['drill', 'checks', 'wrong allows', 'wrong denials', '503 for good tokens', 'lost'],
  ...['fetches (failed)', 'p99 ms', 'found', 'outcome'],
];

/** One row a drill, under `rotationHead`. */
export function rotationRows({ outcomes }: Rotation): readonly (readonly string[])[] {
  return outcomes.map((outcome) => {
    const { name, checks, grades, fetches, p99Ms, measures } = outcome;
    const { success, failure } = fetches;
    const count = (...names: readonly string[]) =>
      whole(names.reduce((sum, grade) => sum + (grades[grade] ?? 0), 0));
    return [
      name,
      whole(checks),
      count('wrong_allow'),
      count('wrong_denial'),
      `${count('error')}${errorsText(outcome)}`,
      count('lost', 'broken'),
      `${whole(success + failure)} (${whole(failure)})`,
      short(p99Ms),
      measures
        .filter((measure) => !isNothing(measure))
        .map(measureText)
        .join('; '),
      verdictOf(outcome),
    ];
  });
}

/** What was missed on a machine that was busy with something else says little of a build. */
const STARVED_SHARE = 0.02;

export function verdictOf(
  outcome: Pick<RotationOutcome, 'measures' | 'seconds' | 'starvedMs'>,
): string {
  const { measures, seconds, starvedMs } = outcome;
  const missed = measures.filter((measure) => !isHeld(measure));
  const isStarved = starvedMs > seconds * 1000 * STARVED_SHARE;
  const note = isStarved ? `, ${whole(starvedMs)} ms without a CPU` : '';
  return missed.length === 0 ? 'ok' : `failed: ${missed.map(({ text }) => text).join(', ')}${note}`;
}

export function isHeld({ found, atLeast, atMost }: Measure): boolean {
  if (atLeast === undefined && atMost === undefined) return true;
  if (found === undefined) return false;
  return (
    found >= (atLeast ?? Number.NEGATIVE_INFINITY) && found <= (atMost ?? Number.POSITIVE_INFINITY)
  );
}

/** What may not be, and was not, goes without saying in a table. */
const isNothing = ({ found, atMost }: Measure): boolean => found === 0 && atMost === 0;

/** "good tokens refused: 0, at most 0 asked" */
export function measureText({ text, unit, found, atLeast, atMost }: Measure): string {
  const show = (value: number | undefined) => valueText(value, unit);
  const limits = [
    ...(atLeast === undefined ? [] : [`at least ${show(atLeast)}`]),
    ...(atMost === undefined ? [] : [`at most ${show(atMost)}`]),
  ];
  const asked = limits.length === 0 ? '' : `, ${limits.join(' and ')} asked`;
  return `${text}: ${show(found)}${asked}`;
}

function valueText(value: number | undefined, unit: Measure['unit']): string {
  if (value === undefined || unit === 'ms') return ms(value);
  if (unit === 'x') return `${short(value)}x`;
  return `${whole(value)}${unit ?? ''}`;
}
