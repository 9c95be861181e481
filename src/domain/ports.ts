import type { Observable } from 'rxjs';
import type { Call, Settled } from './call.ts';
import type { Check } from './check.ts';
import type { Requirement, RevocationQuery, Verdict } from './claims.ts';

/** Produces calls. Those whose bytes arrived in one turn of the event loop come as one batch. */
export interface CheckSource {
  /** Hot; never errors; completes when the source has stopped. */
  readonly calls: Observable<readonly Call[]>;
  /** Listens. Resolves with the port that was bound; rejects with an error that names it. */
  start(): Promise<{ readonly port: number }>;
  /**
   * How many calls should be open at once, under pressure; undefined = as many as it was set up for.
   * A source that can ask its peers to hold back does so, and says how many they may have open now;
   * one that cannot has no such member.
   */
  limit?(calls: number | undefined): number;
  /**
   * Takes no new connections, tells peers to go, waits for open calls to be answered, closes.
   * What is still open after `timeoutMs` is cut off. Idempotent.
   */
  drain(timeoutMs: number): Promise<void>;
}

/** Observes settled calls. A throw is counted and goes no further. */
export interface OutcomeSink {
  readonly name: string;
  settled(batch: readonly Settled[]): void;
  /** Writes out what is buffered. */
  close?(): Promise<void>;
}

/** Says what holds for a Check, or why it cannot be said. Pure and fast: called for every one. */
export interface PolicyResolver {
  resolve(check: Check): Requirement | RouteFault;
}

/** Why no requirement could be found for a Check. */
export interface RouteFault {
  readonly kind: 'route_fault';
  readonly reason: 'misconfigured' | 'ambiguous_path';
  /** A code for the log, fixed words. */
  readonly detail: string;
}

/** Knows which tokens were revoked. */
export interface RevocationStore {
  /**
   * One verdict per query, in their order. Should not reject; if it does, or if the number of
   * verdicts is off, all are unknown.
   */
  lookup(queries: readonly RevocationQuery[]): Promise<readonly Verdict[]>;
}

export type ComponentState = 'starting' | 'ok' | 'degraded' | 'stopped';

/** A named part of the service whose state decides readiness. */
export interface Component {
  readonly name: string;
  readonly state: ComponentState;
  /** For people: fixed words and numbers, never a secret. */
  readonly detail?: string;
}

/** Whether this process should be sent checks. */
export interface Readiness {
  readonly ready: boolean;
  /** Emits on every change. */
  readonly changes: Observable<boolean>;
}

/** What /ready tells. */
export interface StatusReport {
  readonly ready: boolean;
  /** Something needed was there and is not now; checks that need it get an error. */
  readonly degraded: boolean;
  readonly draining: boolean;
  readonly components: readonly Component[];
}

/** Where components write what people should read. Never given tokens, secrets or jti values. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
