import type { Measure } from '../report/measures.ts';

export interface Rotation {
  /** Checks/s that are asked about tokens of the provider. */
  readonly rate: number;
  readonly outcomes: readonly RotationOutcome[];
}

/** What one drill of an issuer's keys did to checks under way. */
export interface RotationOutcome {
  readonly name: string;
  readonly about: string;
  readonly seconds: number;
  readonly checks: number;
  /** How many answers were right, error, undecided, late, wrong_allow, wrong_denial, lost, broken. */
  readonly grades: Readonly<Record<string, number>>;
  /** 503 for good tokens, by reason. */
  readonly errors: Readonly<Record<string, number>>;
  /** Times that Sluice asked for keys, by outcome. */
  readonly fetches: { readonly success: number; readonly failure: number };
  /** Of all answers. */
  readonly p99Ms: number;
  readonly measures: readonly Measure[];
  /** How long Sluice, or the load, had to wait for a CPU. */
  readonly starvedMs: number;
}
