import type { Worker } from 'node:cluster';
import type { Metrics } from '../admin/registry.ts';
import type { Clock } from '../domain/clock.ts';
import type { StatusReport } from '../domain/ports.ts';
import type { FromWorker, ToWorker } from './messages.ts';

/** One worker process, as its primary sees it. */
export class WorkerHandle {
  /** Resolves with its port; rejects when it could not start. */
  readonly started: Promise<number>;
  /** Resolves when the process has ended. */
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** The last it reported; undefined before that and once it has ended. */
  report: StatusReport | undefined;
  /** The last it gave. */
  metrics: Metrics = [];
  readonly #worker: Worker;
  readonly #clock: Clock;
  #answer: (() => void) | undefined;

  constructor(worker: Worker, clock: Clock) {
    this.#worker = worker;
    this.#clock = clock;
    const started = Promise.withResolvers<number>();
    const exited = Promise.withResolvers<{ code: number | null; signal: string | null }>();
    this.started = started.promise;
    this.exited = exited.promise;
    this.started.catch(() => undefined); // told to whoever asks
    worker.on('message', (message: FromWorker) => {
      if (message.type === 'started') started.resolve(message.port);
      else if (message.type === 'start-failed') started.reject(new Error(message.error));
      else if (message.type === 'status') this.report = message.report;
      else {
        this.metrics = message.metrics;
        this.#answer?.();
      }
    });
    worker.once('exit', (code, signal) => {
      this.report = undefined;
      started.reject(new Error(`ended with ${signal ?? `exit code ${code}`} before it served`));
      exited.resolve({ code, signal });
      this.#answer?.();
    });
  }

  get pid(): number | undefined {
    return this.#worker.process.pid;
  }

  tell(message: ToWorker): void {
    if (this.#worker.isConnected()) this.#worker.send(message);
  }

  /** Asks for fresh metrics; resolves in any case within `timeoutMs`, and `metrics` has the last. */
  async refreshMetrics(timeoutMs: number): Promise<void> {
    if (!this.#worker.isConnected()) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(timeoutMs, resolve);
      this.#answer = () => {
        cancel();
        resolve();
      };
      this.tell({ type: 'send-metrics' });
    });
  }

  kill(): void {
    this.#worker.process.kill('SIGKILL');
  }
}
