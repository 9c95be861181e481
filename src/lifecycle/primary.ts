import cluster from 'node:cluster';
import type { Socket } from 'node:net';
import { type Metrics, mergeMetrics } from '../admin/registry.ts';
import type { Clock } from '../domain/clock.ts';
import { Counter, Gauge, type Instrument } from '../domain/instrument.ts';
import type { Component, ComponentState, Logger, StatusReport } from '../domain/ports.ts';
import { healthOf } from './component-health.ts';
import { WorkerHandle } from './worker-handle.ts';

export interface PrimaryOptions {
  /** Worker processes to keep running. */
  readonly workers: number;
  readonly drainDelayMs: number;
  readonly drainTimeoutMs: number;
  /** Begins to accept connections, which nobody reads from yet. */
  listen(take: (socket: Socket) => void): Promise<Accepting>;
}

export interface Accepting {
  readonly port: number;
  /** Accepts no more of them. */
  close(): unknown;
}

const MIN_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 10_000;
/** A worker that has run this long starts a new count of failures. */
const SETTLED_MS = 60_000;
const METRICS_TIMEOUT_MS = 1_000;
const WATCH_MS = 1_000;
/** After a pause of our own workers have so long to be heard, if that was not only just so. */
const HEARING_MS = 3_000;
const PAUSED_AGAIN_MS = 30_000;
/** On top of the drain's own limits, before a worker that does not end is killed. */
const KILL_GRACE_MS = 2_000;

const WORST: readonly ComponentState[] = ['starting', 'degraded', 'stopped', 'ok'];

/**
 * Keeps worker processes running, each a whole service, and hands each connection to the one that has
 * fewest. (node:cluster would do so in turn, but one that is on its way to a worker that is killed is
 * then never closed: its peer waits for ever.)
 *
 *     fork ──▶ started ──▶ serves ──▶ ended ─┐
 *      ▲                                     │
 *      └──────── backoff, jittered ◀─────────┘
 */
export class Primary {
  readonly #options: PrimaryOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #workers = new Set<WorkerHandle>();
  /** Of workers that have ended: their counts must not be taken back. */
  #retired: Metrics = [];
  #retiring: Promise<void> = Promise.resolve();
  readonly #cancelRestarts = new Set<() => void>();
  readonly #restarts = new Counter({
    name: 'ext_authz_worker_restarts_total',
    help: 'Worker processes that ended by themselves and were replaced.',
  });
  readonly #serving = new Gauge(
    { name: 'ext_authz_workers', help: 'Worker processes that serve.', merge: 'sum' },
    () => this.#reports().length,
  );
  #wasReady = false;
  #draining = false;
  #accepting: Accepting | undefined;
  readonly #stopWatch: () => void;
  #watchedAt: number;
  #hearsUntil = Number.NEGATIVE_INFINITY;

  constructor(options: PrimaryOptions, clock: Clock, logger: Logger) {
    this.#options = options;
    this.#clock = clock;
    this.#logger = logger;
    this.#watchedAt = clock.now();
    this.#stopWatch = clock.every(WATCH_MS, () => this.#watch());
  }

  /** Rejects when the first workers cannot start; later ones are tried again and again. */
  async start(): Promise<{ readonly port: number }> {
    const first = Array.from({ length: this.#options.workers }, () => this.#fork());
    try {
      await Promise.all(first.map((worker) => worker.started));
      this.#accepting = await this.#options.listen((socket) => this.#hand(socket));
      for (const worker of first) void this.#replaceWhenEnded(worker, 0);
      return this.#accepting;
    } catch (error) {
      await this.drain(AbortSignal.abort());
      throw error;
    }
  }

  /** Drains all workers at once; resolves when all have ended. */
  async drain(impatient: AbortSignal): Promise<void> {
    const { drainDelayMs, drainTimeoutMs } = this.#options;
    this.#draining = true;
    this.#stopWatch();
    for (const cancel of this.#cancelRestarts) cancel();
    const delayMs = impatient.aborted ? 0 : drainDelayMs;
    const cancelClose = this.#clock.after(delayMs, () => this.#accepting?.close());
    impatient.addEventListener('abort', () => {
      this.#accepting?.close();
      this.#tellAll({ type: 'skip-delay' });
    });
    this.#tellAll({ type: 'drain', delayMs });
    const cancelKill = this.#clock.after(delayMs + drainTimeoutMs + KILL_GRACE_MS, () => {
      for (const worker of this.#workers) worker.kill();
    });
    await Promise.all([...this.#workers].map((worker) => worker.exited));
    cancelKill();
    cancelClose();
    this.#accepting?.close(); // they may have ended before the delay did
  }

  /** Has the workers read the policy anew. */
  reload(): void {
    this.#tellAll({ type: 'reload' });
  }

  get instruments(): readonly Instrument[] {
    const health = healthOf([this.#workersComponent(this.#reports().length)]);
    return [this.#serving, this.#restarts, ...health];
  }

  get report(): StatusReport {
    const reports = this.#reports();
    const allReady = this.#allReady;
    const ready = !this.#draining && this.#wasReady && reports.some((report) => report.ready);
    const degraded = this.#wasReady && (!allReady || reports.some((report) => report.degraded));
    const parts = reports.flatMap(({ components }) => components);
    return {
      ready,
      degraded: degraded && !this.#draining,
      draining: this.#draining,
      components: [this.#workersComponent(reports.length), ...worstByName(parts)],
    };
  }

  /** What every worker counts, those that have ended included. */
  async metrics(): Promise<readonly Metrics[]> {
    const asked = [...this.#workers].map((worker) => worker.refreshMetrics(METRICS_TIMEOUT_MS));
    await Promise.all(asked);
    // Those that have ended meanwhile are among the retired by now.
    return [this.#retired, ...[...this.#workers].map((worker) => worker.metrics)];
  }

  #fork(): WorkerHandle {
    const worker = new WorkerHandle(cluster.fork(), this.#clock, () => {
      this.#wasReady ||= this.#allReady;
    });
    this.#workers.add(worker);
    void worker.exited.then(() => {
      this.#retiring = this.#retiring.then(() => this.#retire(worker));
    });
    return worker;
  }

  async #retire(worker: WorkerHandle): Promise<void> {
    const counts = worker.metrics.filter(({ type }) => String(type) !== 'gauge');
    const retired = await mergeMetrics([this.#retired, counts]).getMetricsAsJSON();
    // In one step: whoever reads in between would have these counts twice, or not at all.
    this.#retired = retired;
    this.#workers.delete(worker);
  }

  get #allReady(): boolean {
    const reports = this.#reports();
    return reports.length === this.#options.workers && reports.every(({ ready }) => ready);
  }

  async #replaceWhenEnded(worker: WorkerHandle, failures: number): Promise<void> {
    const startedAt = this.#clock.now();
    const { code, signal } = await worker.exited;
    if (this.#draining) return;
    const count = this.#clock.now() - startedAt > SETTLED_MS ? 0 : failures;
    const waitMs =
      Math.min(MIN_BACKOFF_MS * 2 ** count, MAX_BACKOFF_MS) * (0.5 + Math.random() / 2);
    this.#logger.error(
      {
        'process.pid': worker.pid,
        exitCode: code,
        signal,
        ...(worker.startError !== undefined && { error: worker.startError }),
        restartInMs: Math.round(waitMs),
      },
      'worker ended; it will be replaced',
    );
    const cancel = this.#clock.after(waitMs, () => {
      this.#cancelRestarts.delete(cancel);
      this.#restarts.value++;
      void this.#replaceWhenEnded(this.#fork(), count + 1);
    });
    this.#cancelRestarts.add(cancel);
  }

  /** After a pause of our own what the workers report is still to be read, or to be reported. */
  #watch(): void {
    const now = this.#clock.now();
    const wasPaused = now - this.#watchedAt > 2 * WATCH_MS;
    this.#watchedAt = now;
    // One that is late at all times would never judge.
    if (wasPaused && now >= this.#hearsUntil + PAUSED_AGAIN_MS) this.#hearsUntil = now + HEARING_MS;
    if (now < this.#hearsUntil) return;
    for (const worker of this.#workers) {
      if (!worker.hangs) continue;
      this.#logger.error({ 'process.pid': worker.pid }, 'worker hangs; it is killed');
      worker.kill();
    }
  }

  #hand(socket: Socket): void {
    // One that drains by itself has a fault, and takes no more.
    const hears = this.#clock.now() < this.#hearsUntil;
    const serving = [...this.#workers].filter(
      ({ serves, takesConnections, report }) =>
        (serves || (hears && takesConnections)) && (this.#draining || report?.draining !== true),
    );
    const fewest = Math.min(...serving.map(({ connections }) => connections));
    const worker = serving.find(({ connections }) => connections === fewest);
    if (worker === undefined) socket.destroy();
    else worker.hand(socket);
  }

  #reports(): readonly StatusReport[] {
    return [...this.#workers].flatMap(({ report }) => report ?? []);
  }

  #tellAll(message: Parameters<WorkerHandle['tell']>[0]): void {
    for (const worker of this.#workers) worker.tell(message);
  }

  #workersComponent(up: number): Component {
    const state = up === this.#options.workers ? 'ok' : this.#wasReady ? 'degraded' : 'starting';
    return { name: 'workers', state, detail: `${up} of ${this.#options.workers}` };
  }
}

/** One component a name: the one that is worst off. */
function worstByName(components: readonly Component[]): Component[] {
  const rank = ({ state }: Component): number => WORST.indexOf(state);
  const byName = Map.groupBy(components, ({ name }) => name);
  return [...byName.values()].map((same) =>
    same.reduce((worst, component) => (rank(component) < rank(worst) ? component : worst)),
  );
}
