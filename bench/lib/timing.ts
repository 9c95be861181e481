/** How often and for how long each variant is measured. */
export interface Timing {
  readonly rounds: number;
  readonly warmupMs: number;
  readonly durationMs: number;
  /** For about how long a server is asked before its first round. */
  readonly coldMs: number;
}

const FULL: Timing = { rounds: 5, warmupMs: 500, durationMs: 2_000, coldMs: 4_000 };
const QUICK: Timing = { rounds: 1, warmupMs: 300, durationMs: 1_200, coldMs: 1_800 };

export const timingOf = (quick: boolean): Timing => (quick ? QUICK : FULL);

/** Of one run, in seconds. */
export const secondsOf = ({ warmupMs, durationMs }: Timing): number =>
  (warmupMs + durationMs) / 1000;
