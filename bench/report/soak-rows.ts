import type { Soak } from '../lib/result.ts';
import { number, whole } from './numbers.ts';
import { soakTrend } from './soak-trend.ts';

/** What a soak came to, by name; empty with fewer than two samples. */
export function soakRows(soak: Soak): readonly (readonly [name: string, text: string])[] {
  const trend = soakTrend(soak);
  if (trend === undefined) return [];
  const { last, minutes, heapSlope, lateHeapSlope, mostRssMiB } = trend;
  return [
    ['time', `${number(minutes)} min`],
    ['checks', whole(last.checks)],
    ['failed', whole(last.failed)],
    ['distinct tokens', whole(last.distinctTokens)],
    ['connections', whole(last.connections)],
    ['most memory', `${number(mostRssMiB)} MiB`],
    ['heap, over all the time', `${signed(heapSlope)} MiB per hour`],
    ['heap, second half', `${signed(lateHeapSlope)} MiB per hour`],
  ];
}

function signed(value: number): string {
  return `${value < 0 ? '' : '+'}${number(value)}`;
}
