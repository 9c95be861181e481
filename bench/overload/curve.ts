import type { Expectation } from '../lib/result.ts';

/** Offered over what the server can take. */
export const factors = [0.7, 1, 2, 5, 10] as const;
export type Factor = (typeof factors)[number];
/** Below capacity: the load before the overload, and after it. */
export const CALM: Factor = 0.7;
export const WORST: Factor = 10;

/** Variants of an experiment, by the series that they belong to. */
export const capacityOf = (series: string): string => `${series}, closed loop`;
export const pointOf = (series: string, factor: Factor): string => `${series}, ${factor}x`;
export const afterOf = (series: string): string => `${series}, back at ${CALM}x`;

interface Point {
  readonly factor: Factor;
  /** Of what the server can take. */
  readonly goodput: number;
  readonly p99Ms: number;
}

/** What is asked of the server on our own HTTP/2. */
const asked: readonly Point[] = [
  { factor: 1, goodput: 0.97, p99Ms: 20 },
  { factor: 2, goodput: 0.9, p99Ms: 50 },
  { factor: 5, goodput: 0.75, p99Ms: 100 },
  { factor: 10, goodput: 0.5, p99Ms: 150 },
];
const MAX_REFUSAL_MS = 10;
const MAX_GROWTH = 1.2;
const MAX_RECOVERY_MS = 2_000;

export function curve(series: string): readonly Expectation[] {
  return [
    ...asked.flatMap(({ factor, goodput, p99Ms }): Expectation[] => {
      const of = pointOf(series, factor);
      const isAbove = factor > 1;
      return [
        isAbove
          ? { text: `${of}: of capacity`, figure: 'goodput', of, atLeast: goodput }
          : { text: `${of}: of what is due`, figure: 'served', of, atLeast: goodput },
        { text: `${of}: p99`, figure: 'p99Ms', of, atMost: p99Ms },
        ...(isAbove
          ? ([
              {
                text: `${of}: refused within ${MAX_REFUSAL_MS} ms`,
                ...{ figure: 'refusalP99Ms', of, atMost: MAX_REFUSAL_MS },
              },
              {
                text: `${of}: memory, of that at capacity`,
                ...{ figure: 'memoryGrowth', of, atMost: MAX_GROWTH },
              },
            ] satisfies Expectation[])
          : []),
        { text: `${of}: no wrong answer, none lost`, figure: 'amiss', of, atMost: 0 },
      ];
    }),
    {
      text: `${afterOf(series)}: latency as before within 2 s`,
      ...{ figure: 'recoveryMs', of: afterOf(series), atMost: MAX_RECOVERY_MS },
    },
  ];
}

/** Of a server that is not ours to shape: that it stays within bounds, and never lets in whom it must not. */
export function bounds(series: string): readonly Expectation[] {
  return factors
    .filter((factor) => factor > 1)
    .flatMap((factor): Expectation[] => {
      const of = pointOf(series, factor);
      return [
        { text: `${of}: p99 within 200 ms`, figure: 'p99Ms', of, atMost: 200 },
        { text: `${of}: memory at most doubles`, figure: 'memoryGrowth', of, atMost: 2 },
        { text: `${of}: no wrong answer`, figure: 'wrong', of, atMost: 0 },
      ];
    });
}
