/** Percentiles, in the unit that the name of what holds them ends in: `latencyMs`, `behindNs`. */
export interface Latency {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}
