import type { Worker } from 'node:cluster';
import type { Socket } from 'node:net';
import type { Metrics } from '../admin/registry.ts';
import type { Clock } from '../domain/clock.ts';
import type { StatusReport } from '../domain/ports.ts';
import type { FromWorker, ToWorker } from './messages.ts';

/** A worker that has not reported for so long, in ms, hangs: it reports several times a second. */
const SILENT_MS = 3_000;
/** One that has not for so long will not mend: it is killed, and replaced. */
const HUNG_MS = 30_000;

/** One worker process, as its primary sees it. */
export class WorkerHandle {
  /** Resolves when it takes connections; rejects when it could not start. */
  readonly started: Promise<void>;
  /** Resolves when the process has ended. */
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** The last it gave. */
  metrics: Metrics = [];
  /** Why it could not start, if it said so. */
  startError: string | undefined;
  /** Connections that it was handed, and that have not ended. */
  connections = 0;
  /** Whether it had begun to when it was last heard, and has not ended. */
  takesConnections = false;
  /** Connections on their way to it. */
  readonly #leaving = new Set<Socket>();
  #report: StatusReport | undefined;
  #reportedAt: number;
  readonly #worker: Worker;
  readonly #clock: Clock;
  #refresh: Promise<void> | undefined;
  #answer: (() => void) | undefined;

  /** `onReport`: called after every report. */
  constructor(worker: Worker, clock: Clock, onReport: () => void) {
    this.#worker = worker;
    this.#clock = clock;
    this.#reportedAt = clock.now();
    const started = Promise.withResolvers<void>();
    const exited = Promise.withResolvers<{ code: number | null; signal: string | null }>();
    this.started = started.promise;
    this.exited = exited.promise;
    this.started.catch(() => undefined); // told to whoever asks
    worker.on('message', (message: FromWorker) => {
      if (message.type === 'started') {
        this.takesConnections = true;
        started.resolve();
      } else if (message.type === 'closed') this.connections--;
      else if (message.type === 'start-failed') {
        this.startError = message.error;
        started.reject(new Error(message.error));
      } else if (message.type === 'status') {
        this.#report = message.report;
        this.#reportedAt = clock.now();
        onReport();
      } else {
        this.metrics = message.metrics;
        this.#answer?.();
      }
    });
    const end = (code: number | null, signal: string | null): void => {
      this.#report = undefined;
      this.takesConnections = false;
      started.reject(new Error(`ended with ${signal ?? `exit code ${code}`} before it served`));
      exited.resolve({ code, signal });
      for (const socket of this.#leaving) socket.destroy();
      this.#answer?.();
    };
    worker.once('exit', end);
    // A message to one that is just ending is an error too, of no consequence: its exit follows. A
    // process that could not be made has no exit.
    worker.on('error', () => {
      if (this.pid === undefined) end(null, null);
    });
  }

  /** The last it reported; undefined before that, once it has ended, and while it hangs. */
  get report(): StatusReport | undefined {
    return this.#isSilent ? undefined : this.#report;
  }

  get #isSilent(): boolean {
    return this.#clock.now() - this.#reportedAt > SILENT_MS;
  }

  /** Whether it can be handed connections, as far as is known. */
  get serves(): boolean {
    return this.takesConnections && !this.#isSilent;
  }

  get hangs(): boolean {
    return this.#clock.now() - this.#reportedAt > HUNG_MS;
  }

  get pid(): number | undefined {
    return this.#worker.process.pid;
  }

  tell(message: ToWorker): void {
    if (this.#worker.isConnected()) this.#worker.send(message);
  }

  /**
   * Hands a connection over, which must not have been read from. It is closed here as soon as it has
   * been sent: should the worker end before it has taken it, the system closes it, and whoever has
   * connected learns of it.
   */
  hand(socket: Socket): void {
    this.connections++;
    this.#leaving.add(socket);
    this.#worker.send({ type: 'connection' } satisfies ToWorker, socket, { keepOpen: true }, () => {
      this.#leaving.delete(socket);
      socket.destroy();
    });
  }

  /**
   * Asks for fresh metrics; resolves in any case within `timeoutMs`, and `metrics` has the last.
   * Those who ask while an answer is under way share it.
   */
  refreshMetrics(timeoutMs: number): Promise<void> {
    this.#refresh ??= this.#askMetrics(timeoutMs).finally(() => {
      this.#refresh = undefined;
    });
    return this.#refresh;
  }

  async #askMetrics(timeoutMs: number): Promise<void> {
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
