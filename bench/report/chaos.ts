import type { Chaos, ChaosOutcome } from '../chaos/result.ts';
import { whole } from './numbers.ts';

export const chaosHead: readonly string[] = [
  ...['fault', 'refused fast after', 'right again after', 'p99 ms', 'right during it'],
  ...['memory MiB', '/ready', 'outcome'],
];

/** One row a fault, under `chaosHead`. */
export function chaosRows({ outcomes }: Chaos): readonly (readonly string[])[] {
  return outcomes.map((outcome) => {
    const { group, name, redis, detectionMs, recoveryMs, p99Ms, goodput, memoryMiB } = outcome;
    return [
      `${group}: ${name}`,
      redis === 'gone' ? ms(detectionMs) : '–',
      ms(recoveryMs),
      String(Math.round(p99Ms)),
      `${percent(goodput.during)}${errorsText(outcome)}`,
      `${whole(memoryMiB.since)} (${growthText(outcome)})`,
      outcome.states.join(', '),
      verdictText(outcome),
    ];
  });
}

export function verdictText({ missed }: ChaosOutcome): string {
  return missed.length === 0 ? 'ok' : `failed: ${missed.join(', ')}`;
}

/** " (redis_error 1,800, deadline 3)"; empty without errors. */
export function errorsText({ errors }: Pick<ChaosOutcome, 'errors'>): string {
  const list = Object.entries(errors)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => `${reason} ${whole(count)}`);
  return list.length === 0 ? '' : ` (${list.join(', ')})`;
}

export function growthText({ memoryMiB }: ChaosOutcome): string {
  const grown = Math.round(memoryMiB.since - memoryMiB.before);
  return `${grown < 0 ? '' : '+'}${grown}`;
}

export const ms = (value: number | undefined): string =>
  value === undefined ? 'never' : `${whole(value)} ms`;

/** Rounded down: 100 % is all of them. */
export const percent = (share: number): string => `${Math.floor(share * 10_000) / 100} %`;
