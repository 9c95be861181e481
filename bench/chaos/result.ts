export interface Chaos {
  /** Checks/s, and revocations/s beside them. */
  readonly rate: number;
  readonly revocationsPerSec: number;
  readonly outcomes: readonly ChaosOutcome[];
}

/** What one fault did to checks under way, and to the service. */
export interface ChaosOutcome {
  readonly group: string;
  readonly name: string;
  /** What the fault leaves of Redis. */
  readonly redis: 'gone' | 'usable' | 'poor';
  readonly checks: number;
  /** How many answers were right, excused, error, false_allow, wronged, lost, broken. */
  readonly grades: Readonly<Record<string, number>>;
  /** Of checks sent during the fault, by reason. */
  readonly errors: Readonly<Record<string, number>>;
  /** Shares of right answers; `before` is absent where the fault is there from the start. */
  readonly goodput: {
    readonly before?: number;
    readonly during: number;
    readonly after: number;
  };
  /** From the fault until nobody hangs; absent where that never came. */
  readonly detectionMs?: number;
  /** From the end of the fault until answers are right again; absent where that never came. */
  readonly recoveryMs?: number;
  /** Of answers during the fault. */
  readonly p99Ms: number;
  readonly memoryMiB: { readonly before: number; readonly since: number };
  /** What /ready said during the fault. */
  readonly states: readonly string[];
  /** How long Sluice, or the load, had to wait for a CPU. */
  readonly starvedMs: number;
  /** Bars that were missed; empty = passed. */
  readonly missed: readonly string[];
}
