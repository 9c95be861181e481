import { Subject } from 'rxjs';
import { Call, type Responder } from '../domain/call.ts';
import type { Check } from '../domain/check.ts';
import type { Clock } from '../domain/clock.ts';
import type { CheckSource } from '../domain/ports.ts';

/** A source without a transport: what is handed in goes straight into the pipeline. */
export class MemorySource implements CheckSource {
  readonly calls = new Subject<readonly Call[]>();
  readonly #clock: Clock;
  readonly #budgetMs: number;

  /** `budgetMs`: how long after its arrival a call has its deadline. */
  constructor(clock: Clock, budgetMs: number) {
    this.#clock = clock;
    this.#budgetMs = budgetMs;
  }

  /** Sends checks as one batch. */
  send(checks: readonly Check[], responder: Responder): readonly Call[] {
    const now = this.#clock.now();
    const batch = checks.map((check) => new Call(check, responder, now, now + this.#budgetMs));
    this.calls.next(batch);
    return batch;
  }

  async start(): Promise<{ readonly port: number }> {
    return { port: 0 };
  }

  async drain(): Promise<void> {
    this.calls.complete();
  }
}
