import { Subject } from 'rxjs';
import type { Call, CallObserver, Settled } from '../../../src/domain/call.ts';
import { type Clock, systemClock } from '../../../src/domain/clock.ts';
import { allow, type Decision } from '../../../src/domain/decision.ts';
import type { CheckSource } from '../../../src/domain/ports.ts';
import { Settlement } from '../../../src/pipeline/settlement.ts';
import { ReplySink } from '../../../src/sinks/reply.ts';
import type { GrpcOptions } from '../../../src/sources/grpc-options.ts';
import { RecordingLogger } from '../../support/logger.ts';
import { createSource, GRPC_OPTIONS } from '../../support/transport.ts';

export const OK: Decision = allow('success', [['x-user-id', 'alice']], ['x-auth-provider']);

export interface HarnessOptions extends Partial<GrpcOptions> {
  readonly clock?: Clock;
  /** What every call gets at once; undefined = it stays open. By default OK. */
  readonly answer?: (call: Call) => Decision | undefined;
}

/** The real source with a pipeline that does as the test says, and the real way back to the caller. */
export class Harness implements AsyncDisposable, CallObserver {
  readonly source: CheckSource;
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
    const all = { ...GRPC_OPTIONS, ...options };
    this.source = createSource(all, this.readiness, clock, this.logger);
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
