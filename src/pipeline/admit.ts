import { tap } from 'rxjs';
import type { Call, CallObserver, Settled } from '../domain/call.ts';
import type { Clock } from '../domain/clock.ts';
import { Counter, Gauge, type Instrument } from '../domain/instrument.ts';
import type { ConcurrencyLimit } from './concurrency-limit.ts';
import { OpenCalls } from './open-calls.ts';
import type { Refusals } from './refusals.ts';
import type { Settlement } from './settlement.ts';
import { eachOpen, type Stage } from './stage.ts';

export interface AdmitOptions {
  /** Checks in the pipeline at once, at least 1; the next one is refused as overload. */
  readonly maxInFlight: number;
}

/** How often deadlines are looked at, in ms. */
const TICK_MS = 5;
/**
 * How long before its deadline a call is answered at the latest, in ms, because a tick may be late and
 * the answer has a way to go: one that arrives after it is one that Envoy no longer waits for.
 */
const RESERVE_MS = 2;

/**
 * How far the number of open checks may be above what is allowed: peers that obey the lower limit on
 * streams do not get there, and a short burst does no harm.
 */
const SLACK = 2;

/** Where a call can be when it ends without having been judged. */
type StageName = 'admit' | 'verify' | 'revoke';

/**
 * The register of open calls: bounds how many there are and how long they may stay. One tick serves
 * all of them, and runs only while there are any.
 */
export class Admission implements CallObserver {
  readonly instruments: readonly Instrument[];
  readonly #options: AdmitOptions;
  readonly #clock: Clock;
  readonly #refusals: Refusals;
  readonly #settlement: Settlement;
  readonly #limit: ConcurrencyLimit;
  readonly #open: OpenCalls;
  readonly #cancelled = byStage(
    'ext_authz_cancelled_total',
    'Checks whose caller went away before there was a decision, by the stage they were in.',
  );
  readonly #expired = byStage(
    'ext_authz_expired_total',
    'Checks that came to their deadline, by the stage they were in.',
  );
  #stopTick: (() => void) | undefined;

  constructor(
    options: AdmitOptions,
    clock: Clock,
    refusals: Refusals,
    settlement: Settlement,
    limit: ConcurrencyLimit,
  ) {
    this.#options = options;
    this.#open = new OpenCalls(options.maxInFlight);
    this.#clock = clock;
    this.#refusals = refusals;
    this.#settlement = settlement;
    this.#limit = limit;
    this.instruments = [
      ...Object.values(this.#cancelled),
      ...Object.values(this.#expired),
      new Gauge(
        {
          name: 'ext_authz_requests_in_flight',
          help: 'Checks admitted and not yet answered.',
          merge: 'sum',
        },
        () => this.#open.size,
      ),
    ];
  }

  /** Checks admitted and not yet answered. */
  get inFlight(): number {
    return this.#open.size;
  }

  /** Registers a call; settles it instead when it cannot be served. */
  admit(call: Call, now: number): boolean {
    call.observer = this;
    const { size } = this.#open;
    if (size >= this.#options.maxInFlight || size >= SLACK * this.#limit.allowed) {
      call.detail = size >= this.#options.maxInFlight ? 'max_in_flight' : 'concurrency_limit';
      call.settle(this.#refusals.of('overload', call));
      return false;
    }
    if (this.#isExpired(call, now)) {
      this.#expire(call, 'expired_on_arrival');
      return false;
    }
    this.#open.add(call);
    this.#stopTick ??= this.#clock.every(TICK_MS, () => this.#tick());
    return true;
  }

  left(call: Call): void {
    this.#open.delete(call);
    if (call.decision === undefined) this.#cancelled[stageOf(call)].value++;
    else this.#settlement.add(call as Settled);
  }

  #tick(): void {
    const now = this.#clock.now();
    this.#open.forEach((call) => {
      if (this.#isExpired(call, now)) {
        this.#expire(call, 'expired');
      } else if (call.queuedUntil < now) {
        call.detail = 'waited_too_long';
        call.settle(this.#refusals.of('overload', call));
      }
    });
    if (this.#open.size > 0) return;
    this.#stopTick?.();
    this.#stopTick = undefined;
  }

  #expire(call: Call, detail: string): void {
    this.#expired[stageOf(call)].value++;
    call.detail = detail;
    call.settle(this.#refusals.of('deadline', call));
  }

  #isExpired(call: Call, now: number): boolean {
    return call.deadline - now < TICK_MS + RESERVE_MS;
  }
}

function stageOf({ verifyStartedAt, lookupStartedAt }: Call): StageName {
  if (lookupStartedAt > 0) return 'revoke';
  return verifyStartedAt > 0 ? 'verify' : 'admit';
}

function byStage(name: string, help: string): Readonly<Record<StageName, Counter>> {
  const counter = (stage: StageName) => new Counter({ name, help, labels: { stage } });
  return { admit: counter('admit'), verify: counter('verify'), revoke: counter('revoke') };
}

/** Stage: lets in what can be served, and refuses the rest before it costs anything. */
export function admit(admission: Admission, clock: Clock, refusals: Refusals): Stage {
  let now = 0;
  return (batches) =>
    batches.pipe(
      tap(() => {
        now = clock.now();
      }),
      eachOpen(refusals, (call) => admission.admit(call, now)),
    );
}
