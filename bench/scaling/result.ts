export interface Scaling {
  /** Requests/s to Envoy. */
  readonly rate: number;
  readonly steps: readonly ScalingStep[];
}

/** What one change of the instances, or of Envoy, did to requests under way. */
export interface ScalingStep {
  readonly name: string;
  readonly about: string;
  readonly seconds: number;
  /** That Envoy asks at its end. */
  readonly instances: number;
  readonly requests: number;
  /** How many came to anything else than they should, by what they came to. */
  readonly failed: Readonly<Record<string, number>>;
  /** Of the checks at its end: what the instance had that had least, and that had most. */
  readonly share: { readonly min: number; readonly max: number };
  /** The most there were at once; and instances that ran, those that leave among them, times the pool. */
  readonly redisConnections: { readonly most: number; readonly bound: number };
  /** Connections of Envoy to instances that were asked to go: too old, or the instance left. */
  readonly renewed: number;
  /** From when a request was due. */
  readonly p99Ms: number;
  /** How long an instance, or the load, had to wait for a CPU. */
  readonly starvedMs: number;
}
