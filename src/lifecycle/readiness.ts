import { Subject } from 'rxjs';
import type { Clock } from '../domain/clock.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { Component, Readiness, StatusReport } from '../domain/ports.ts';
import { healthOf } from './component-health.ts';

export interface ReadinessOptions {
  /** Names of the parts whose failing makes this unready also later on. */
  readonly required: readonly string[];
}

const POLL_MS = 100;

/**
 * Whether this process should be sent checks.
 *
 *     starting ──▶ ready ◀──▶ unready          while a required part is not ok
 *        └───────────┴──────────┴──▶ draining  for good
 *
 * Ready from when every part has been up once. A part that fails later leaves it ready, and
 * degraded: Redis is shared, so going unready would take every replica away at once.
 */
export class ReadinessMonitor implements Readiness {
  readonly changes = new Subject<boolean>();
  readonly #options: ReadinessOptions;
  readonly #components: () => readonly Component[];
  readonly #stop: () => void;
  #started = false;
  #draining = false;
  #ready = false;

  constructor(options: ReadinessOptions, components: () => readonly Component[], clock: Clock) {
    this.#options = options;
    this.#components = components;
    this.#stop = clock.every(POLL_MS, () => this.#update());
    this.#update();
  }

  get ready(): boolean {
    return this.#ready;
  }

  /** Others once there are other components. */
  get instruments(): readonly Instrument[] {
    return healthOf(this.#components());
  }

  get report(): StatusReport {
    this.#update();
    const components = this.#components();
    const degraded = this.#started && components.some(({ state }) => state === 'degraded');
    return { ready: this.#ready, degraded, draining: this.#draining, components };
  }

  /** From now on unready, whatever the parts say. */
  drain(): void {
    this.#draining = true;
    this.#update();
  }

  stop(): void {
    this.#stop();
    this.changes.complete();
  }

  #update(): void {
    const components = this.#components();
    this.#started ||= components.every(({ state }) => state !== 'starting');
    const lacking = components.some(
      ({ name, state }) => state !== 'ok' && this.#options.required.includes(name),
    );
    const ready = this.#started && !this.#draining && !lacking;
    if (ready === this.#ready) return;
    this.#ready = ready;
    this.changes.next(ready);
  }
}
