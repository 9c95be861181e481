import type { Call } from '../domain/call.ts';
import { DURATION_BOUNDS, Histogram, type Instrument } from '../domain/instrument.ts';

/** Weight of the newest service time in the average. */
const WEIGHT = 0.2;

/**
 * A place where calls wait for something there is only so much of. The list itself is kept by the
 * stage; this says how long a call may stand in it and whether it is worth while to join, and measures
 * how long it took.
 */
export class Queue {
  readonly instruments: readonly Instrument[];
  /** Services that those who wait will need before one that joins now. */
  ahead = 0;
  readonly #maxWaitMs: number;
  readonly #delay: Histogram;
  #serviceMs = 0;

  /** `waitsFor`: the metric label. */
  constructor(waitsFor: 'verification' | 'lookup', maxWaitMs: number) {
    this.#maxWaitMs = maxWaitMs;
    this.#delay = new Histogram(
      {
        name: 'ext_authz_queue_delay_seconds',
        help: 'Time that checks waited for a free verification or lookup.',
        labels: { waits_for: waitsFor },
      },
      DURATION_BOUNDS,
    );
    this.instruments = [this.#delay];
  }

  enter(call: Call, now: number): void {
    call.queuedAt = now;
    call.queuedUntil = now + this.#maxWaitMs;
  }

  /** These calls now get what they waited for. */
  leave(calls: readonly Call[], now: number): void {
    for (const call of calls) {
      if (call.queuedUntil === Number.POSITIVE_INFINITY) continue;
      this.#delay.observe((now - call.queuedAt) / 1000);
      call.queuedUntil = Number.POSITIVE_INFINITY;
    }
  }

  /** A service, of those that run at once, took so long. */
  served(ms: number): void {
    this.#serviceMs =
      this.#serviceMs === 0 ? ms : this.#serviceMs + WEIGHT * (ms - this.#serviceMs);
  }

  /** Whether a call that joins now would wait too long, or past its deadline, as things go. */
  isTooLong(call: Call, now: number): boolean {
    if (this.ahead < 1) return false;
    const waitMs = Math.floor(this.ahead) * this.#serviceMs;
    return waitMs > this.#maxWaitMs || now + waitMs > call.deadline;
  }

  /** Whether those that wait longest will hardly be in time: the newest are better served first. */
  isStanding(oldestSince: number, now: number): boolean {
    return now - oldestSince > this.#maxWaitMs / 2;
  }
}
