import type { Subscription } from 'rxjs';
import type { Clock } from '../domain/clock.ts';
import type { Instrument } from '../domain/instrument.ts';
import type {
  CheckSource,
  Component,
  Logger,
  OutcomeSink,
  PolicyResolver,
  RevocationStore,
} from '../domain/ports.ts';
import { Admission, type AdmitOptions, admit } from './admit.ts';
import { ConcurrencyLimit } from './concurrency-limit.ts';
import { decide } from './decide.ts';
import { extract } from './extract.ts';
import { Outage, type OutageOptions } from './outage.ts';
import { Queue } from './queue.ts';
import { type RefusalOptions, Refusals } from './refusals.ts';
import { LookupMeter, type RevokeOptions, revoke } from './revoke.ts';
import { route } from './route.ts';
import { Settlement } from './settlement.ts';
import { type VerifyOptions, verify } from './verify.ts';

export interface PipelineOptions {
  readonly admit: AdmitOptions;
  /** LATENCY_TARGET_MS; 0 = no limit on concurrency but that of `admit`. */
  readonly latencyTargetMs: number;
  /** Longest a check may wait for a free verification, and for a free lookup. */
  readonly maxQueueMs: { readonly verification: number; readonly lookup: number };
  readonly refusals: RefusalOptions;
  readonly verify: VerifyOptions;
  readonly revoke: RevokeOptions;
  readonly outage: OutageOptions;
}

export interface PipelineParts {
  readonly policy: PolicyResolver;
  readonly revocations: RevocationStore;
  /** Told in this order; the one that replies comes first. */
  readonly sinks: readonly OutcomeSink[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** How busy the event loop was since this was last called, 0 to 1. */
  busyShare(): number;
}

export interface Pipeline {
  readonly instruments: readonly Instrument[];
  readonly component: Component;
  /** Serves a source until it completes. The limits hold per source served. */
  serve(source: CheckSource): Subscription;
}

/**
 * From calls to decisions.
 *
 *     source ─▶ admit ─▶ route ─▶ extract ─▶ verify ─▶ revoke ─▶ decide
 *                 └────────┴─────────┴─ settle ─┴─────────┴────────┴──▶ sinks
 */
export function createPipeline(options: PipelineOptions, parts: PipelineParts): Pipeline {
  const { policy, revocations, sinks, clock } = parts;
  const refusals = new Refusals(options.refusals);
  const sources = new Set<CheckSource>();
  const limit = new ConcurrencyLimit(
    { max: options.admit.maxInFlight, targetMs: options.latencyTargetMs },
    parts.busyShare,
    (calls) => [...sources].reduce((sum, source) => sum + (source.limit?.(calls) ?? 0), 0),
  );
  const settlement = new Settlement(clock, [...sinks, limit]);
  const admission = new Admission(options.admit, clock, refusals, settlement, limit);
  const verifyQueue = new Queue('verification', options.maxQueueMs.verification);
  const lookupQueue = new Queue('lookup', options.maxQueueMs.lookup);
  const meter = new LookupMeter();
  const outage = new Outage(options.outage, clock, parts.logger);

  return {
    instruments: [admission, limit, settlement, verifyQueue, lookupQueue, meter].flatMap(
      (part) => part.instruments,
    ),
    get component() {
      return outage.component;
    },
    serve(source) {
      sources.add(source);
      return source.calls
        .pipe(
          admit(admission, clock, refusals),
          route(policy, refusals),
          extract(options.refusals.corsOrigins, refusals),
          verify(options.verify, clock, refusals, verifyQueue, lookupQueue),
          revoke(options.revoke, revocations, clock, refusals, lookupQueue, meter, outage),
          decide(refusals),
        )
        .subscribe({ complete: () => sources.delete(source) });
    },
  };
}
