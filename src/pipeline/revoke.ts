import { connect, filter, map, merge } from 'rxjs';
import type { Call, IdentityReason } from '../domain/call.ts';
import type { RevocationQuery, Verdict } from '../domain/claims.ts';
import type { Clock } from '../domain/clock.ts';
import {
  Counter,
  DURATION_BOUNDS,
  Gauge,
  Histogram,
  type Instrument,
} from '../domain/instrument.ts';
import type { RevocationStore } from '../domain/ports.ts';
import { groupCommit } from './group-commit.ts';
import type { Outage } from './outage.ts';
import { queryKey } from './query-key.ts';
import type { Queue } from './queue.ts';
import type { Refusals } from './refusals.ts';
import { refuseAsTooLong, type Stage } from './stage.ts';

export interface RevokeOptions {
  /** Checks per lookup, at least 1 (BATCH_MAX_SIZE). */
  readonly maxSize: number;
  /** Lookups at once before checks gather (BATCH_MAX_IN_FLIGHT). */
  readonly maxInFlight: number;
  /** Age in ms at which gathered checks go out all the same (BATCH_MAX_AGE_MS). */
  readonly maxAgeMs: number;
  /** Lookups at once that nothing may exceed (REDIS_POOL_SIZE). */
  readonly maxLookups: number;
}

/** What the stage counts. */
export class LookupMeter {
  readonly #size = new Histogram(
    { name: 'ext_authz_batch_size', help: 'Checks per lookup in the denylist.' },
    [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
  );
  readonly #wait = new Histogram(
    {
      name: 'ext_authz_batch_wait_seconds',
      help: 'Time that the oldest check of a lookup waited for it to go out.',
    },
    DURATION_BOUNDS,
  );
  readonly #shared = new Counter({
    name: 'ext_authz_lookup_deduplicated_total',
    help: 'Queries that were not sent because the same lookup already asked them.',
  });
  #inFlight = 0;
  readonly instruments: readonly Instrument[] = [
    this.#size,
    this.#wait,
    this.#shared,
    new Gauge(
      {
        name: 'ext_authz_lookups_in_flight',
        help: 'Lookups in the denylist under way.',
        merge: 'sum',
      },
      () => this.#inFlight,
    ),
  ];

  sending(calls: readonly Call[], queries: readonly RevocationQuery[], now: number): void {
    this.#size.observe(calls.length);
    this.#wait.observe((now - (calls[0]?.lookupStartedAt ?? now)) / 1000);
    const asked = calls.reduce((sum, call) => sum + queriesOf(call).length, 0);
    this.#shared.value += asked - queries.length;
  }

  async during<T>(lookup: () => Promise<T>): Promise<T> {
    this.#inFlight++;
    try {
      return await lookup();
    } finally {
      this.#inFlight--;
    }
  }
}

/** Stage: lets on only what the store says, in so many words, is not revoked. */
export function revoke(
  options: RevokeOptions,
  store: RevocationStore,
  clock: Clock,
  refusals: Refusals,
  queue: Queue,
  meter: LookupMeter,
  outage: Outage,
): Stage {
  /** Services ahead that each call in the queue stands for. */
  const perCall = 1 / (options.maxSize * options.maxLookups);
  const commit = groupCommit<Call, RevocationQuery, Verdict>(
    {
      ...options,
      open: (call) => call.open,
      queries: queriesOf,
      key: queryKey,
      async lookup(queries) {
        const startedAt = clock.now();
        try {
          return await meter.during(() => store.lookup(queries));
        } finally {
          queue.served(clock.now() - startedAt);
        }
      },
      gathered(count) {
        queue.ahead = count * perCall;
      },
      newestFirst: (oldestSince) => queue.isStanding(oldestSince, clock.now()),
      sending(calls, queries) {
        const now = clock.now();
        queue.leave(calls, now);
        meter.sending(calls, queries, now);
      },
      answered(call, verdicts) {
        call.lookupEndedAt = clock.now();
        return apply(call, verdicts, clock.epochSeconds(), refusals, outage);
      },
      failed(call) {
        call.lookupEndedAt = clock.now();
        call.detail = 'lookup_failed';
        call.settle(refusals.of('redis_error', call));
      },
    },
    clock,
  );
  /** Those that have to be asked about, and can be in time. */
  const enter = (batch: readonly Call[]): readonly Call[] => {
    const now = clock.now();
    return batch.filter((call) => {
      if (passesUnasked(call)) return false;
      if (queue.isTooLong(call, now)) {
        refuseAsTooLong(call, refusals);
        return false;
      }
      call.lookupStartedAt = now;
      queue.enter(call, now);
      queue.ahead += perCall;
      return true;
    });
  };
  return connect((batches) =>
    merge(
      batches.pipe(
        map((batch) => batch.filter(passesUnasked)),
        filter((batch) => batch.length > 0),
      ),
      batches.pipe(map(enter), commit),
    ),
  );
}

/** Of an issuer whose tokens the policy says cannot be revoked. */
function passesUnasked({ identity }: Call): boolean {
  return identity?.irrevocable === true && identity.revocation.length === 0;
}

function queriesOf(call: Call): readonly RevocationQuery[] {
  return call.identity?.revocation ?? [];
}

/** Revoked beats unknown; nothing asked at all is an error, and no policy makes a pass of it. */
function apply(
  call: Call,
  verdicts: readonly Verdict[],
  epochSeconds: number,
  refusals: Refusals,
  outage: Outage,
): boolean {
  const outcome = outcomeOf(call, verdicts, outage);
  if (outcome === 'blacklisted' || outcome === 'redis_error') {
    call.settle(refusals.of(outcome, call));
    return false;
  }
  // Revocations are kept until the token ends. If it has, the store may just have forgotten one.
  if (epochSeconds >= (call.identity?.endsAt ?? 0)) {
    call.detail = 'expired_during_lookup';
    call.settle(refusals.of('invalid_token', call));
    return false;
  }
  call.passesAs = outcome;
  return true;
}

function outcomeOf(
  call: Call,
  verdicts: readonly Verdict[],
  outage: Outage,
): IdentityReason | 'blacklisted' | 'redis_error' {
  const { identity } = call;
  if (identity === undefined || verdicts.length === 0) {
    call.detail = 'nothing_asked';
    return 'redis_error';
  }
  let oldest = Number.POSITIVE_INFINITY;
  let unknown: Verdict | undefined;
  let isRevoked = false;
  for (let i = 0; i < verdicts.length; i++) {
    const verdict = verdicts[i] as Verdict;
    if (verdict.state === 'revoked') {
      outage.foundRevoked(identity, identity.revocation[i] as RevocationQuery);
      isRevoked = true;
    } else if (verdict.state === 'not-revoked') oldest = Math.min(oldest, verdict.asOf);
    else unknown ??= verdict;
  }
  if (isRevoked) return 'blacklisted';
  if (unknown === undefined) {
    return outage.foundNotRevoked(identity, call.requirement, oldest) ? 'success' : 'blacklisted';
  }
  call.detail = unknown.detail ?? 'unknown_verdict';
  return outage.judge(identity, call.requirement);
}
