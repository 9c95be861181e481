import type { Chaos } from '../chaos/result.ts';
import type { Locust } from '../locust/result.ts';
import type { Rotation } from '../rotation/result.ts';
import type { Scaling } from '../scaling/result.ts';
import type { Latency } from './latency.ts';

/**
 * What a benchmark found, as it lies in bench/results: raw runs, out of which the report and its
 * summary are made and nothing else. Times are in the unit that the name ends in; `…Share` of a
 * process is in cores (1 = one core busy throughout).
 */
export interface BenchResult {
  readonly schema: 1;
  readonly bench: BenchName;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly endedAt: string;
  /** False: interrupted, what is here is what had been measured by then. */
  readonly complete: boolean;
  /** Few and short rounds: good for a look, not for a claim. */
  readonly quick: boolean;
  /** Of the repository; ends in `+` when the work tree held changes. */
  readonly commit: string;
  readonly machine: Machine;
  /** Of what took part, by name: node, go, envoy, valkey, grpc-js … */
  readonly versions: Readonly<Record<string, string>>;
  /** What was asked, in a sentence or two. */
  readonly corpus: string;
  readonly experiments: readonly Experiment[];
  /** Of `stages` only. */
  readonly stages?: readonly Stage[];
  /** Of `soak` only. */
  readonly soak?: Soak;
  /** Of `chaos` only. */
  readonly chaos?: Chaos;
  /** Of `rotation` only. */
  readonly rotation?: Rotation;
  /** Of `scaling` only. */
  readonly scaling?: Scaling;
  /** Of `locust` only. */
  readonly locust?: Locust;
  /** What could not be measured here and why: the machine lets no cgroup be made … */
  readonly skipped: readonly string[];
}

export const benchNames = [
  'ladder',
  'stages',
  'peers',
  'attacks',
  'overload',
  'soak',
  'chaos',
  'rotation',
  'scaling',
  'locust',
  'crosscheck',
] as const;
export type BenchName = (typeof benchNames)[number];

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
}

/** Variants that differ in one thing, run in turn (A B A B …). */
export interface Experiment {
  readonly id: string;
  /** Of the tuning plan, 0 to 4; absent when the plan does not speak of it. */
  readonly step?: number;
  readonly title: string;
  /** What differs between the variants and what does not. */
  readonly about: string;
  /** The knob, when it is a number and was swept: every variant then has an `x`. */
  readonly sweep?: { readonly knob: string; readonly scale: 'linear' | 'log' };
  readonly expectations: readonly Expectation[];
  readonly variants: readonly Variant[];
}

/** What was expected, in words, and as a comparison of medians that can hold or fail. */
export interface Expectation {
  readonly text: string;
  readonly figure: FigureName;
  readonly of: string;
  /** Another variant, for a ratio; absent = the figure itself is bounded. */
  readonly over?: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Variant {
  /** Unique within the experiment. */
  readonly id: string;
  readonly label: string;
  readonly x?: number;
  /** Of a sweep of several things at once: which of them this is a point of. */
  readonly series?: string;
  /** Environment of the server, where it differs from what all variants share. */
  readonly settings: Readonly<Record<string, string>>;
  readonly load: Load;
  readonly runs: readonly Run[];
}

export interface Load {
  /** `closed`: as fast as answers come; `constant`, `poisson`: at a rate, whatever the answers do. */
  readonly loop: 'closed' | 'constant' | 'poisson';
  /** Checks/s; of an open loop. */
  readonly rate?: number;
  readonly connections: number;
  /** Checks in flight per connection at most. */
  readonly streams: number;
  /**
   * Between looks at sockets and arrivals, at least, in ms: what is due by then leaves together, as it
   * does from an Envoy. At tens of thousands of checks/s the generator's core is full without it.
   */
  readonly paceMs?: number;
}

export interface Run {
  /** Why nothing of this run counts. */
  readonly void?: string;
  readonly seconds: number;
  /** Right answers. */
  readonly checks: number;
  readonly rps: number;
  /** Checks without a right answer, by what happened: unsent, timeout, wrong, reset, connection. */
  readonly failed: Readonly<Record<string, number>>;
  /** Right answers by kind: allow, blacklisted, invalid_token. */
  readonly answers: Readonly<Record<string, number>>;
  /** From when the check was due (open loop) or written (closed loop). */
  readonly latencyMs: Latency;
  readonly generator: { readonly cpuUsPerCheck: number; readonly cpuShare: number };
  /** Of `overload` only. */
  readonly overload?: OverloadFigures;
  /** By role: server, redis, envoy. */
  readonly processes: Readonly<Record<string, ProcessFigures>>;
  /** What the server told of itself; absent where it is not ours. */
  readonly server?: ServerFigures;
}

/** Of a run at a multiple of what the server can take. */
export interface OverloadFigures {
  /** Right answers/s in a closed loop, just before. */
  readonly capacity: number;
  /** Checks that were due, whatever became of them. */
  readonly due: number;
  /** From when a check was due to its refusal; absent where none was refused. */
  readonly refusalMs?: Latency;
  /** For how long checks that were sent had waited at the caller for a free stream. */
  readonly pendingMs: Latency;
  readonly connections: number;
  /** Decisions of the server by reason, a second. */
  readonly reasons: Readonly<Record<string, number>>;
  /** The most memory seen, over that of the first run at capacity. */
  readonly memoryGrowth?: number;
  /** Until latency was as it is without overload; all of the window where that did not come. */
  readonly recoveryMs?: number;
}

export interface ProcessFigures {
  /** User and system time, per right answer. */
  readonly cpuUsPerCheck: number;
  readonly cpuShare: number;
  /** The most seen while it ran, all memory it holds and the part that is its own. */
  readonly rssMiB: number;
  readonly anonMiB: number;
}

export interface ServerFigures {
  /** Checks per lookup, mean. */
  readonly batchSize: number;
  /** Time of checks in a lookup, the wait for its batch included, mean. */
  readonly lookupMs: number;
  /** Lookups under way over connections, mean of what was seen. */
  readonly poolUse: number;
  readonly loopLagMaxMs: number;
  readonly gcShare: number;
  readonly gcMaxPauseMs: number;
}

/** Figures of a run that can be compared. */
export const figureNames = [
  'rps',
  'p50Ms',
  'p99Ms',
  'serverCpuUs',
  'redisCpuUs',
  'envoyCpuUs',
  'rssMiB',
  'failedShare',
  'cpuShare',
  'loopLagMaxMs',
  'goodput',
  'served',
  'refusalP99Ms',
  'memoryGrowth',
  'recoveryMs',
  'wrong',
  'amiss',
] as const;
export type FigureName = (typeof figureNames)[number];

/** The cost of one part of a check, measured alone within one process. */
export interface Stage {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  /** Part of `whole`, a way a check may take beside it (a cold token), or the whole itself. */
  readonly kind: 'part' | 'beside' | 'whole';
  /** CPU per check, a round each. */
  readonly rounds: readonly number[];
}

export interface Soak {
  readonly samples: readonly SoakSample[];
}

export interface SoakSample {
  readonly minute: number;
  readonly checks: number;
  readonly distinctTokens: number;
  readonly connections: number;
  readonly failed: number;
  readonly rssMiB: number;
  readonly anonMiB: number;
  /** After a collection the heap that is in use, as /metrics tells it. */
  readonly heapMiB: number;
}
