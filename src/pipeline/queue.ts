import type { Call } from '../domain/call.ts';
import { DURATION_BOUNDS, Histogram, type Instrument } from '../domain/instrument.ts';

/**
 * A place where calls wait for something there is only so much of. The list itself is kept by the
 * stage; this says how long a call may stand in it, and measures how long it did.
 */
export class Queue {
  readonly instruments: readonly Instrument[];
  readonly #maxWaitMs: number;
  readonly #delay: Histogram;

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
}
