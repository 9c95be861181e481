import type { Denylist } from './denylist.ts';
import type { Leniency } from './grade.ts';
import type { Load } from './load.ts';
import type { Population } from './population.ts';

/** One or several Sluices, and what they stand on. */
export interface Rig extends AsyncDisposable {
  /** host:port, of each Sluice that is asked. */
  readonly addresses: readonly string[];
  readonly adminUrl: string;
  readonly denylist: Denylist;
  /** Whose memory counts. */
  pids(): readonly number[];
}

/** What is asked while a fault lasts. */
export interface Scene {
  readonly population: Population;
  readonly load: Load;
}

/** What has to hold of one fault, beside what holds of all (bars.ts). */
export interface Expectations {
  /**
   * What the fault leaves of Redis: nothing, and checks have to be refused fast; all, and they have to
   * be answered right; or something in between, which is only noted.
   */
  readonly redis: 'gone' | 'usable' | 'poor';
  /** Calls that may fail: those on the connections of a process that is killed. */
  readonly brokenAtMost?: number;
  /** How long it has to last at least, in ms, to be seen. */
  readonly lastsMs?: number;
  /** How much memory may grow, where it is more than usual. */
  readonly growthMiB?: number;
  /** Where OUTAGE_POLICY lets tokens pass. */
  readonly leniency?: Leniency;
  /** States of /ready during the fault that are right; by default `ready` and `degraded`. */
  readonly states?: readonly string[];
}

export interface Fault<R extends Rig = Rig> {
  readonly name: string;
  readonly expect: Expectations;
  /** It is there from the start: nothing was well before it. */
  readonly fromStart?: true;
  /** Resolves when it is there. */
  inject(rig: R, scene: Scene): Promise<void>;
  /** Resolves when it is over. */
  heal(rig: R, scene: Scene): Promise<void>;
}

/** Faults that are tried one after the other on the same rig. */
export interface Group<R extends Rig = Rig> {
  readonly name: string;
  start(): Promise<R>;
  readonly faults: readonly Fault<R>[];
}
