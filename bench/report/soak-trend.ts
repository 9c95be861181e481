import type { Soak, SoakSample } from '../lib/result.ts';

export interface SoakTrend {
  readonly minutes: number;
  /** The last sample: counts since the start, memory at the end. */
  readonly last: SoakSample;
  /** MiB per hour over all samples, and over those of the second half: does it go on? */
  readonly heapSlope: number;
  readonly lateHeapSlope: number;
  readonly mostRssMiB: number;
}

/** Undefined with fewer than two samples. */
export function soakTrend({ samples }: Soak): SoakTrend | undefined {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || samples.length < 2) return undefined;
  const middle = (first.minute + last.minute) / 2;
  const late = samples.filter(({ minute }) => minute >= middle);
  return {
    minutes: last.minute - first.minute,
    last,
    heapSlope: slopePerHour(samples, ({ heapMiB }) => heapMiB),
    lateHeapSlope: slopePerHour(late, ({ heapMiB }) => heapMiB),
    mostRssMiB: Math.max(...samples.map(({ rssMiB }) => rssMiB)),
  };
}

/** By least squares, in the unit of `pick` per hour; 0 when all samples are of one minute. */
export function slopePerHour(
  samples: readonly SoakSample[],
  pick: (sample: SoakSample) => number,
): number {
  const meanOf = (of: (sample: SoakSample) => number) =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const meanMinute = meanOf(({ minute }) => minute);
  const meanValue = meanOf(pick);
  const square = meanOf(({ minute }) => (minute - meanMinute) ** 2);
  if (!(square > 0)) return 0;
  const product = meanOf((sample) => (sample.minute - meanMinute) * (pick(sample) - meanValue));
  return (product / square) * 60;
}
