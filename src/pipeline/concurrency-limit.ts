import type { Settled } from '../domain/call.ts';
import { Gauge, type Instrument } from '../domain/instrument.ts';
import type { OutcomeSink } from '../domain/ports.ts';

export interface ConcurrencyOptions {
  /** Checks open at once that nothing may exceed (MAX_IN_FLIGHT). */
  readonly max: number;
  /** What checks may take on average under load, in ms (LATENCY_TARGET_MS); 0 = the limit stays at `max`. */
  readonly targetMs: number;
}

/** How often the limit is set, in ms; less often where there is too little to go by. */
const WINDOW_MS = 100;
const MIN_SAMPLES = 20;
/**
 * Below this, batches are small, and callers do better with a refusal: what they hold back is what they
 * ask next, oldest first.
 */
const MIN_LIMIT = 250;
/** How far it grows in a window without pressure: the less of it there is, the more. */
const MIN_GROWTH = 1.1;
const MAX_GROWTH = 2;
/** Share of time above which the event loop is what checks wait for. */
const BUSY = 0.9;

/**
 * How many checks should be open at once, from how long they take: the gradient of Netflix's
 * concurrency-limits, with the number that was open by Little's law in place of the last limit, so
 * that it gets there in a few windows:
 *
 *     open   = checks settled per ms × their latency
 *     limit ← open × target / latency    while latency is above the target: half the way there
 *     limit ← limit × target / latency   while it is not: by a tenth at least, twice at most
 *
 * Only while the event loop is busy all the time: with time to spare it is Redis that is slow, and
 * fewer checks would make it no faster. The target is one of our own, and not the latency without
 * load, as it is there: checks that wait for each other go to Redis in one batch, so at its best
 * throughput the service is many times as slow as when idle.
 */
export class ConcurrencyLimit implements OutcomeSink {
  readonly name = 'concurrency-limit';
  readonly instruments: readonly Instrument[];
  readonly #options: ConcurrencyOptions;
  readonly #changed: (limit: number | undefined) => number;
  readonly #busyShare: () => number;
  #limit: number;
  /** What peers may have open, by what they were told. */
  #asked = 0;
  #startedAt = 0;
  #settled = 0;
  #latencyMs = 0;

  /**
   * `busyShare`: of the time since it was last called, 0 to 1. `changed` is told of the limit after
   * every window under pressure, undefined = there is none, and says how many peers may have open now:
   * what they are told may be more than the limit.
   */
  constructor(
    options: ConcurrencyOptions,
    busyShare: () => number,
    changed: (limit: number | undefined) => number,
  ) {
    this.#options = options;
    this.#busyShare = busyShare;
    this.#changed = changed;
    this.#limit = options.max;
    this.instruments = [
      new Gauge(
        {
          name: 'ext_authz_concurrency_limit',
          help: 'Checks that should be open at once, by what they take.',
          merge: 'sum',
        },
        () => this.#limit,
      ),
    ];
  }

  get limit(): number {
    return this.#limit;
  }

  /** How many may be open. */
  get allowed(): number {
    return Math.max(this.#limit, this.#asked);
  }

  settled(batch: readonly Settled[]): void {
    if (this.#options.targetMs === 0) return;
    const now = batch[0]?.settledAt ?? 0;
    for (const call of batch) {
      if (call.decision.reason === 'overload') continue; // most were refused at once
      this.#settled++;
      this.#latencyMs += now - call.arrivedAt;
    }
    const elapsedMs = now - this.#startedAt;
    if (elapsedMs >= WINDOW_MS && this.#settled >= MIN_SAMPLES) this.#endWindow(now, elapsedMs);
  }

  #endWindow(now: number, elapsedMs: number): void {
    const latencyMs = this.#latencyMs / this.#settled;
    const open = this.#latencyMs / elapsedMs;
    this.#startedAt = now;
    this.#settled = 0;
    this.#latencyMs = 0;
    const gradient = this.#options.targetMs / latencyMs;
    const isPressed = this.#busyShare() > BUSY && gradient < 1;
    this.#set(
      isPressed
        ? (Math.min(this.#limit, open) + open * gradient) / 2
        : this.#limit * Math.min(Math.max(gradient, MIN_GROWTH), MAX_GROWTH),
    );
  }

  #set(wanted: number): void {
    const { max } = this.#options;
    const limit = Math.min(max, Math.max(MIN_LIMIT, Math.round(wanted)));
    if (limit === max && this.#limit === max) return;
    this.#limit = limit;
    this.#asked = this.#changed(limit === max ? undefined : limit);
  }
}
