/** Of a round: what a server can take, each of the rates, and the calm after the worst. */
export interface OverloadTiming {
  readonly rounds: number;
  /** Closed loops of which the median is what the server can take. */
  readonly capacityRuns: number;
  readonly capacityMs: number;
  readonly warmupMs: number;
  readonly durationMs: number;
  /** Of the worst rate, and of the calm one that follows it at once. */
  readonly worstMs: number;
  readonly afterMs: number;
}

const FULL: OverloadTiming = {
  ...{ rounds: 3, capacityRuns: 3, capacityMs: 700 },
  ...{ warmupMs: 400, durationMs: 1_800, worstMs: 1_500, afterMs: 3_000 },
};
const QUICK: OverloadTiming = {
  ...{ rounds: 1, capacityRuns: 1, capacityMs: 800 },
  ...{ warmupMs: 300, durationMs: 900, worstMs: 1_000, afterMs: 2_600 },
};

export const timingOf = (quick: boolean): OverloadTiming => (quick ? QUICK : FULL);

/** For a generator to start, and for the last answers. */
const AROUND_SEC = 0.5;

export const secondsOf = (ms: number): number => ms / 1000 + AROUND_SEC;

export function secondsOfRound(timing: OverloadTiming, rates: number): number {
  const { capacityRuns, capacityMs, warmupMs, durationMs, worstMs, afterMs } = timing;
  return (
    capacityRuns * secondsOf(warmupMs + capacityMs) +
    rates * secondsOf(warmupMs + durationMs) +
    secondsOf(worstMs + afterMs)
  );
}
