import type { Latency } from './latency.ts';
import type { Memory } from './proc.ts';
import type { ProcessFigures } from './result.ts';

const NOT_READ: Memory = { rssMiB: 0, anonMiB: 0 };

/** What a process used for so many checks, in so many seconds. */
export function processFigures(
  cpuSeconds: number,
  checks: number,
  seconds: number,
  { rssMiB, anonMiB }: Memory = NOT_READ,
): ProcessFigures {
  const cpuUsPerCheck = checks === 0 ? 0 : (cpuSeconds / checks) * 1e6;
  return { cpuUsPerCheck, cpuShare: cpuSeconds / seconds, rssMiB, anonMiB };
}

/** Of durations in ms. */
export function latencyOf(durations: readonly number[]): Latency {
  const sorted = durations.toSorted((a, b) => a - b);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: at(1) };
}
