import type { Latency } from '../lib/latency.ts';
import type { PlanQueryName } from '../lib/plan.ts';

/** The tuning plan's own measurement, its step 0. */
export interface Locust {
  /** The first is the plan's. */
  readonly runs: readonly LocustRun[];
}

/** What users that Locust plays met with, and what Prometheus saw of Sluice meanwhile. */
export interface LocustRun {
  readonly name: string;
  readonly users: number;
  /** Requests/s that so many users make at most, as each of them waits between two. */
  readonly offered: number;
  /** As typed, but for the token. */
  readonly command: string;
  /** Why nothing of this run counts. */
  readonly void?: string;
  /** From the first request to the last. */
  readonly seconds: number;
  readonly requests: number;
  readonly failures: number;
  /** The same by what Locust calls them. */
  readonly errors: Readonly<Record<string, number>>;
  /** At Locust, in whole ms. */
  readonly latencyMs: Latency;
  /** Of requests at Envoy once all users were there, without what they waited in Locust. */
  readonly envoyP99Ms?: number;
  /** Checks that Sluice decided, however. */
  readonly decided: number;
  /** What Prometheus answered, in the unit of the query; absent where it had no answer. */
  readonly answers: Readonly<Partial<Record<PlanQueryName, number>>>;
  /** The same every so often: null where there was no answer. */
  readonly history: {
    readonly stepSec: number;
    readonly answers: Readonly<Partial<Record<PlanQueryName, readonly (number | null)[]>>>;
  };
  /** CPU once all users were there, in cores, by role: locust, sluice, envoy …, and `other`. */
  readonly cores: Readonly<Record<string, number>>;
  /** Of Locust's processes the busiest, in cores. */
  readonly busiestLocust: number;
  /** Share of the time of all cores that was used, by whatever it was. */
  readonly machineBusy: number;
}
