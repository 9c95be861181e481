import type { Settled } from '../domain/call.ts';
import type { Clock } from '../domain/clock.ts';
import { Counter, type Instrument } from '../domain/instrument.ts';
import type { OutcomeSink } from '../domain/ports.ts';

/**
 * The way out: calls settled while one piece of code ran go to the sinks together, as soon as it
 * has returned. Sinks are told in their order, so the reply comes first; one that throws is counted
 * and keeps nothing from the others.
 */
export class Settlement {
  readonly instruments: readonly Instrument[];
  readonly #clock: Clock;
  readonly #sinks: readonly { readonly sink: OutcomeSink; readonly failures: Counter }[];
  #buffer: Settled[] = [];

  constructor(clock: Clock, sinks: readonly OutcomeSink[]) {
    this.#clock = clock;
    this.#sinks = sinks.map((sink) => ({
      sink,
      failures: new Counter({
        name: 'ext_authz_sink_failures_total',
        help: 'Batches of settled checks that a sink threw at.',
        labels: { sink: sink.name },
      }),
    }));
    this.instruments = this.#sinks.map(({ failures }) => failures);
  }

  add(call: Settled): void {
    if (this.#buffer.length === 0) queueMicrotask(() => this.#flush());
    this.#buffer.push(call);
  }

  #flush(): void {
    const batch = this.#buffer;
    this.#buffer = [];
    const now = this.#clock.now();
    for (const call of batch) call.settledAt = now;
    for (const { sink, failures } of this.#sinks) {
      try {
        sink.settled(batch);
      } catch {
        failures.value++;
      }
    }
  }
}
