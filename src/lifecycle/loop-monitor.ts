import type { Clock } from '../domain/clock.ts';
import { Gauge, type Instrument } from '../domain/instrument.ts';
import type { Component } from '../domain/ports.ts';

const SAMPLE_MS = 100;
/** Weight of the newest sample: a single stall of two seconds is what it takes to count as stalled. */
const WEIGHT = 0.1;
const STALLED_MS = 200;
const RECOVERED_MS = 50;

/**
 * Watches how late timers run. Its state turns when they have been late on average, and back only
 * when they are well on time again, so that it does not flutter.
 */
export class LoopMonitor {
  readonly instruments: readonly Instrument[];
  readonly #stop: () => void;
  #lagMs = 0;
  #stalled = false;
  #utilization = performance.eventLoopUtilization();

  constructor(clock: Clock) {
    let due = clock.now() + SAMPLE_MS;
    this.#stop = clock.every(SAMPLE_MS, () => {
      const now = clock.now();
      this.#sample(Math.max(now - due, 0));
      due = now + SAMPLE_MS;
    });
    this.instruments = [
      new Gauge(
        {
          name: 'ext_authz_event_loop_lag_seconds',
          help: 'How late timers run, as a moving average over about a second.',
          merge: 'max',
        },
        () => this.#lagMs / 1000,
      ),
    ];
  }

  get component(): Component {
    const state = this.#stalled ? 'degraded' : 'ok';
    return { name: 'event_loop', state, detail: `${this.#lagMs.toFixed(0)} ms late` };
  }

  /** Of the time since this was last called, 0 to 1: how long the event loop did not wait. */
  busyShare(): number {
    const before = this.#utilization;
    this.#utilization = performance.eventLoopUtilization();
    return performance.eventLoopUtilization(this.#utilization, before).utilization;
  }

  stop(): void {
    this.#stop();
  }

  #sample(lagMs: number): void {
    this.#lagMs += WEIGHT * (lagMs - this.#lagMs);
    this.#stalled = this.#lagMs > (this.#stalled ? RECOVERED_MS : STALLED_MS);
  }
}
