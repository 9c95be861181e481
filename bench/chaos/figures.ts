import { latencyOf } from '../lib/process-figures.ts';
import type { Entry, Ledger } from './ledger.ts';

/** Goodput is looked at in windows of this length. */
const WINDOW_MS = 100;
const WELL_SHARE = 0.99;
const STEP_MS = 10;

/** Of the answers that were right; 0 when there are none. */
export function goodput(entries: readonly Entry[]): number {
  const right = entries.filter(({ grade }) => grade === 'right').length;
  return entries.length === 0 ? 0 : right / entries.length;
}

/**
 * The first instant, at or after `from`, that so many windows in a row follow of which each has 99 %
 * right answers; undefined while there is none.
 */
export function wellFrom(ledger: Ledger, from: number, windows: number): number | undefined {
  const end = (ledger.entries.at(-1)?.sentAt ?? 0) - windows * WINDOW_MS;
  for (let at = from; at <= end; at += STEP_MS) {
    const isWell = Array.from({ length: windows }, (_, i) => at + i * WINDOW_MS).every(
      (start) => goodput(ledger.between(start, start + WINDOW_MS)) >= WELL_SHARE,
    );
    if (isWell) return at;
  }
  return undefined;
}

/**
 * The first instant, at or after `from`, from which on for a window 99 % of the checks were answered
 * within `fastMs`, with whatever: from then on nobody hangs. Undefined while there is none.
 */
export function fastFrom(
  ledger: Ledger,
  from: number,
  to: number,
  fastMs: number,
): number | undefined {
  for (let at = from; at + WINDOW_MS <= to; at += STEP_MS) {
    const window = ledger.between(at, at + WINDOW_MS);
    const fast = window.filter((entry) => tookMs(entry) <= fastMs).length;
    if (window.length > 0 && fast / window.length >= WELL_SHARE) return at;
  }
  return undefined;
}

/** Infinite for one that has no answer yet. */
export function tookMs({ answer, sentAt }: Entry): number {
  return answer === undefined ? Number.POSITIVE_INFINITY : answer.at - sentAt;
}

export const p99Ms = (entries: readonly Entry[]): number => latencyOf(entries.map(tookMs)).p99;

/** How many of each. */
export function countBy<E>(
  entries: readonly E[],
  name: (entry: E) => string,
): Readonly<Record<string, number>> {
  const groups = Map.groupBy(entries, name);
  return Object.fromEntries([...groups].map(([key, { length }]) => [key, length]));
}
