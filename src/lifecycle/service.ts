import type { Clock } from '../domain/clock.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { CheckSource, OutcomeSink } from '../domain/ports.ts';
import type { Pipeline } from '../pipeline/index.ts';
import type { LoopMonitor } from './loop-monitor.ts';
import type { ReadinessMonitor } from './readiness.ts';

export interface ServiceParts {
  readonly source: CheckSource;
  readonly pipeline: Pipeline;
  readonly sinks: readonly OutcomeSink[];
  readonly readiness: ReadinessMonitor;
  readonly loop: LoopMonitor;
  /** There may be others after the policy has changed. */
  instruments(): readonly Instrument[];
  readonly policy: { reload(): Promise<void> };
  /** What the checks need: begun before the first of them, ended after the last. */
  readonly backends: readonly { start(): void; stop(): void | Promise<void> }[];
  readonly clock: Clock;
}

export interface DrainOptions {
  /** How long to go on accepting, in ms: endpoints are withdrawn with a delay. */
  readonly delayMs: number;
  /** Ends that delay early. */
  readonly skipDelay: AbortSignal;
  /** Longest for open checks to be answered after the delay, in ms. */
  readonly timeoutMs: number;
}

/**
 * One running service, begun and ended in order.
 *
 *     start   backends ─▶ pipeline ─▶ source
 *     drain   not ready ─▶ delay ─▶ source (in-flight checks are answered) ─▶ sinks ─▶ backends
 */
export class Service {
  readonly readiness: ReadinessMonitor;
  readonly #parts: ServiceParts;
  #drained: Promise<void> | undefined;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
    this.readiness = parts.readiness;
  }

  get instruments(): readonly Instrument[] {
    return this.#parts.instruments();
  }

  /** Reads the policy anew. */
  reload(): Promise<void> {
    return this.#parts.policy.reload();
  }

  /**
   * Resolves once checks are taken, whether or not everything they need is there yet. Rejects when
   * they cannot be taken, with everything ended: what is left would keep the process alive.
   */
  async start(): Promise<{ readonly port: number }> {
    const { backends, pipeline, source } = this.#parts;
    for (const backend of backends) backend.start();
    pipeline.serve(source);
    try {
      return await source.start();
    } catch (error) {
      await this.drain({ delayMs: 0, skipDelay: AbortSignal.abort(), timeoutMs: 0 });
      throw error;
    }
  }

  /** Idempotent. Loses no check that was accepted, unless it takes longer than `timeoutMs`. */
  drain(options: DrainOptions): Promise<void> {
    this.#drained ??= this.#drain(options);
    return this.#drained;
  }

  async #drain({ delayMs, skipDelay, timeoutMs }: DrainOptions): Promise<void> {
    const { source, sinks, backends, readiness, loop } = this.#parts;
    readiness.drain();
    await this.#delay(delayMs, skipDelay);
    await source.drain(timeoutMs);
    // One that fails to write out what it has keeps nothing else from ending.
    await Promise.allSettled(sinks.map((sink) => sink.close?.()));
    await Promise.all(backends.map((backend) => backend.stop()));
    readiness.stop();
    loop.stop();
  }

  #delay(ms: number, skip: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (ms === 0 || skip.aborted) return resolve();
      const cancel = this.#parts.clock.after(ms, resolve);
      skip.addEventListener('abort', () => {
        cancel();
        resolve();
      });
    });
  }
}
