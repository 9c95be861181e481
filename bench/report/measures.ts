import { ms } from './chaos.ts';
import { short, whole } from './numbers.ts';

/** One figure of a drill, and what it may be; without limits it is only told. */
export interface Measure {
  readonly text: string;
  readonly unit?: 'ms' | '/s' | 'x';
  /** Absent where it never came to that. */
  readonly found?: number;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** What was missed on a machine that was busy with something else says little of a build. */
const STARVED_SHARE = 0.02;

/** `starvedMs`: for how long of the time it had to wait for a CPU. */
export function verdictOf(outcome: {
  readonly measures: readonly Measure[];
  readonly seconds: number;
  readonly starvedMs: number;
}): string {
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
export const isNothing = ({ found, atMost }: Measure): boolean => found === 0 && atMost === 0;

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
