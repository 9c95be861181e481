import type { Rotation } from '../rotation/result.ts';
import { errorsText } from './chaos.ts';
import { isNothing, measureText, verdictOf } from './measures.ts';
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
