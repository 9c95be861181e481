import type { Slice } from '../lib/generator.ts';

/** Of so many slices all but one have to be normal: a collection may fall into it, as at any time. */
const IN_A_ROW = 5;
const TOLERATED = 1;
/** How far a slice may be from what was normal before. */
const RATIO = 2;
/** What is no matter in any case, and what is not normal in any. */
const P99_MS = { least: 10, most: 50 };
const FAILED_SHARE = { least: 0.001, most: 0.05 };

/** Of the calm before, over all of a run. */
export interface Normal {
  readonly p99Ms: number;
  readonly failedShare: number;
}

/**
 * After how many ms of the slices all is as it was, and from then on; all of their time when that
 * does not come.
 */
export function recoveryMs(slices: readonly Slice[], sliceMs: number, before: Normal): number {
  const p99Ms = limit(before.p99Ms, P99_MS);
  const failedShare = limit(before.failedShare, FAILED_SHARE);
  const normal = slices.map(
    ({ checks, failed, p99Ns }) =>
      checks > 0 && failed <= failedShare * (checks + failed) && p99Ns / 1e6 <= p99Ms,
  );
  const first = normal.findIndex((isNormal, at) => {
    const next = normal.slice(at, at + IN_A_ROW);
    return isNormal && next.length === IN_A_ROW && next.filter((one) => !one).length <= TOLERATED;
  });
  return (first === -1 ? slices.length : first) * sliceMs;
}

function limit(before: number, { least, most }: typeof P99_MS): number {
  return Math.min(most, Math.max(least, RATIO * before));
}
