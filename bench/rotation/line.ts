import { errorsText } from '../report/chaos.ts';
import { measureText, verdictOf } from '../report/measures.ts';
import { short, whole } from '../report/numbers.ts';
import type { RotationOutcome } from './result.ts';

/** Lines that say how a drill went. */
export function describe(outcome: RotationOutcome): string {
  const { name, checks, fetches, grades, p99Ms, measures, starvedMs } = outcome;
  const all = Object.entries(grades).map(([grade, count]) => `${grade} ${whole(count)}`);
  return [
    `${name}: ${verdictOf(outcome)}`,
    `  ${whole(checks)} checks (${all.join(', ')})${errorsText(outcome)}, p99 ${short(p99Ms)} ms, ` +
      `${fetches.success} fetches and ${fetches.failure} failed ones, ` +
      `${whole(starvedMs)} ms without a CPU`,
    ...measures.map((measure) => `  ${measureText(measure)}`),
  ].join('\n');
}
