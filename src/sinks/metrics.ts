import type { Settled } from '../domain/call.ts';
import { Counter, DURATION_BOUNDS, Histogram, type Instrument } from '../domain/instrument.ts';
import type { OutcomeSink } from '../domain/ports.ts';
import { type Reason, reasonNames, reasons } from '../domain/reason.ts';

interface Series {
  readonly duration: Histogram;
  readonly total: Counter;
}

/**
 * Counts outcomes, under the names of the Go service. Every series is there from the start, at 0:
 * a rate over one that appears with its first increment misses that increment.
 */
export class MetricsSink implements OutcomeSink {
  readonly name = 'metrics';
  readonly instruments: readonly Instrument[];
  readonly #byReason: Readonly<Record<Reason, Series>>;
  readonly #errors: ReadonlyMap<string, Counter>;
  readonly #verify = seconds('ext_authz_jwt_verify_duration_seconds', 'Verifying one token.');
  readonly #lookup = seconds(
    'ext_authz_redis_lookup_duration_seconds',
    'Asking the denylist for one check, the wait for its batch included.',
  );
  readonly #blacklistHits = new Counter({
    name: 'ext_authz_blacklist_hits_total',
    help: 'Checks whose token was on the denylist.',
  });

  constructor() {
    this.#byReason = Object.fromEntries(
      reasonNames.map((reason) => [reason, series(reason)]),
    ) as Record<Reason, Series>;
    const types = new Set(reasonNames.flatMap((reason) => reasons[reason].errorType ?? []));
    this.#errors = new Map([...types].map((type) => [type, errorCounter(type)]));
    this.instruments = [
      ...Object.values(this.#byReason).flatMap(({ duration, total }) => [duration, total]),
      ...this.#errors.values(),
      this.#verify,
      this.#lookup,
      this.#blacklistHits,
    ];
  }

  settled(batch: readonly Settled[]): void {
    for (const call of batch) {
      const { reason, spec } = call.decision;
      const { duration, total } = this.#byReason[reason];
      total.value++;
      duration.observe((call.settledAt - call.arrivedAt) / 1000);
      if (spec.errorType !== undefined) (this.#errors.get(spec.errorType) as Counter).value++;
      if (reason === 'blacklisted') this.#blacklistHits.value++;
      if (call.verifyStartedAt > 0) {
        this.#verify.observe(elapsed(call.verifyStartedAt, call.verifyEndedAt, call.settledAt));
      }
      if (call.lookupStartedAt > 0) {
        this.#lookup.observe(elapsed(call.lookupStartedAt, call.lookupEndedAt, call.settledAt));
      }
    }
  }
}

/** In seconds; up to when the call was settled where the stage had not ended by then. */
function elapsed(startedAt: number, endedAt: number, settledAt: number): number {
  return ((endedAt > 0 ? endedAt : settledAt) - startedAt) / 1000;
}

function series(reason: Reason): Series {
  const labels = { result: reasons[reason].result, reason };
  return {
    duration: new Histogram(
      { name: 'ext_authz_request_duration_seconds', help: 'From arrival to decision.', labels },
      DURATION_BOUNDS,
    ),
    total: new Counter({ name: 'ext_authz_requests_total', help: 'Checks decided.', labels }),
  };
}

function errorCounter(type: string): Counter {
  const help = 'Checks that failed, by what failed.';
  return new Counter({ name: 'ext_authz_errors_total', help, labels: { type } });
}

function seconds(name: string, help: string): Histogram {
  return new Histogram({ name, help }, DURATION_BOUNDS);
}
