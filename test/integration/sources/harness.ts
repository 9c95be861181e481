import { Subject } from 'rxjs';
import type { Call, CallObserver, Settled } from '../../../src/domain/call.ts';
import { type Clock, systemClock } from '../../../src/domain/clock.ts';
import { allow, type Decision } from '../../../src/domain/decision.ts';
import { Settlement } from '../../../src/pipeline/settlement.ts';
import { ReplySink } from '../../../src/sinks/reply.ts';
import { type GrpcJsOptions, GrpcJsSource } from '../../../src/sources/grpc-js/source.ts';
import { RecordingLogger } from '../../support/logger.ts';

export const OK: Decision = allow('success', [['x-user-id', 'alice']], ['x-auth-provider']);

export interface HarnessOptions extends Partial<GrpcJsOptions> {
  readonly clock?: Clock;
  /** What every call gets at once; undefined = it stays open. By default OK. */
  readonly answer?: (call: Call) => Decision | undefined;
}

const OPTIONS: GrpcJsOptions = {
  host: '127.0.0.1',
  port: 0,
  maxConcurrentStreams: 1000,
  budgetMs: 60_000,
  maxConnectionAgeMs: 0,
  maxConnectionAgeGraceMs: 0,
  reflection: false,
};

/** The real source with a pipeline that does as the test says, and the real way back to the caller. */
export class Harness implements AsyncDisposable, CallObserver {
  readonly source: GrpcJsSource;
  readonly logger = new RecordingLogger();
  readonly readiness = { ready: true, changes: new Subject<boolean>() };
  readonly batches: (readonly Call[])[] = [];
  /** Calls whose caller went away before there was a decision. */
  readonly cancelled: Call[] = [];
  port = 0;
  /** Whether `calls` has completed. */
  completed = false;
  readonly #settlement: Settlement;

  constructor({ clock = systemClock, answer = () => OK, ...options }: HarnessOptions = {}) {
    this.#settlement = new Settlement(clock, [new ReplySink()]);
    this.source = new GrpcJsSource({ ...OPTIONS, ...options }, this.readiness, clock, this.logger);
    this.source.calls.subscribe({
      next: (batch) => {
        this.batches.push(batch);
        for (const call of batch) {
          call.observer = this;
          const decision = answer(call);
          if (decision !== undefined) call.settle(decision);
        }
      },
      complete: () => {
        this.completed = true;
      },
    });
  }

  get calls(): readonly Call[] {
    return this.batches.flat();
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  async start(): Promise<this> {
    this.port = (await this.source.start()).port;
    return this;
  }

  left(call: Call): void {
    if (call.decision === undefined) this.cancelled.push(call);
    else this.#settlement.add(call as Settled);
  }

  setReady(ready: boolean): void {
    this.readiness.ready = ready;
    this.readiness.changes.next(ready);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.source.drain(0);
  }
}

export const startHarness = (options?: HarnessOptions): Promise<Harness> =>
  new Harness(options).start();
