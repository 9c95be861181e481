import type { Clock } from '../../domain/clock.ts';
import { Counter, type Instrument } from '../../domain/instrument.ts';
import type { Logger } from '../../domain/ports.ts';

/** Time between two lines in the log while spans are being lost, in ms. */
const REPORT_INTERVAL_MS = 60_000;

/** Counts the spans that do not reach the collector, and tells people so now and then. */
export class TraceReport {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #failed = lost('export_failed');
  readonly #overflowed = lost('queue_full');
  readonly instruments: readonly Instrument[] = [this.#failed, this.#overflowed];
  #nextAt = Number.NEGATIVE_INFINITY;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  exportFailed(spans: number, error: unknown): void {
    this.#failed.value += spans;
    this.#tell(codeOf(error));
  }

  queueFull(spans: number): void {
    this.#overflowed.value += spans;
    this.#tell('queue_full');
  }

  #tell(code: string): void {
    const now = this.#clock.now();
    if (now < this.#nextAt) return;
    this.#nextAt = now + REPORT_INTERVAL_MS;
    this.#logger.warn(
      { code, exportFailed: this.#failed.value, queueFull: this.#overflowed.value },
      'Spans are being lost: the trace collector does not take them.',
    );
  }
}

function lost(cause: string): Counter {
  return new Counter({
    name: 'ext_authz_spans_lost_total',
    help: 'Spans that did not reach the trace collector.',
    labels: { cause },
  });
}

/** ECONNREFUSED, an HTTP status, a gRPC code; never the message, which may quote what was sent. */
function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return String(code ?? name ?? 'unknown');
}
