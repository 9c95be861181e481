import type { ExportResult } from '@opentelemetry/core';
import type {
  BatchSpanProcessorOptions,
  ReadableSpan,
  SpanExporter,
  SpanProcessor,
} from '@opentelemetry/sdk-trace';
import type { Clock } from '../../domain/clock.ts';
import type { TraceReport } from './report.ts';

/** The SDK's BatchSpanProcessor, passed in because it is loaded only when it is wanted. */
export type BatchProcessor = new (options: BatchSpanProcessorOptions) => SpanProcessor;

/** Spans that may wait to be exported; the SDK's default. */
const MAX_WAITING = 2_048;

/** Spans per export. Measured, this many take 1.7 ms of the event loop to encode, and twice as many 3. */
const MAX_BATCH_SIZE = 256;

/** What close() allows on top of the exporter's own time-out, in ms. */
const GRACE_MS = 500;

/**
 * The bounded way from finished spans to the collector.
 *
 *     add ─▶ BatchSpanProcessor ─▶ end of turn ─▶ exporter ─▶ collector
 *            waits: batch size,                     └─▶ report
 *            or the SDK's 5 s
 *
 * It counts what waits itself, so that whoever makes spans can ask for room before making any, and
 * it hands over batches only when a turn has ended: encoding must not hold up that turn's replies.
 */
export class SpanQueue {
  readonly #exporter: SpanExporter;
  readonly #processor: SpanProcessor;
  readonly #report: TraceReport;
  readonly #clock: Clock;
  readonly #closeWithinMs: number;
  #waiting = 0;
  #closed: Promise<void> | undefined;

  constructor(
    Processor: BatchProcessor,
    exporter: SpanExporter,
    report: TraceReport,
    clock: Clock,
    exportTimeoutMs: number,
  ) {
    this.#exporter = exporter;
    this.#report = report;
    this.#clock = clock;
    this.#closeWithinMs = exportTimeoutMs + GRACE_MS;
    this.#processor = new Processor({
      exporter: {
        export: (spans, done) => clock.endOfTurn(() => this.#export(spans, done)),
        shutdown: () => exporter.shutdown(),
      },
      maxQueueSize: MAX_WAITING,
      maxExportBatchSize: MAX_BATCH_SIZE,
      exportTimeoutMillis: this.#closeWithinMs,
    });
  }

  get closed(): boolean {
    return this.#closed !== undefined;
  }

  hasRoom(spans: number): boolean {
    return this.#waiting + spans <= MAX_WAITING;
  }

  add(span: ReadableSpan): void {
    this.#waiting++;
    this.#processor.onEnd(span);
  }

  /** Exports what waits, for as long as one export may take. Never rejects. */
  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      const cancel = this.#clock.after(this.#closeWithinMs, resolve);
      const done = () => {
        cancel();
        resolve();
      };
      this.#processor.shutdown().then(done, done);
    });
    return this.#closed;
  }

  /**
   * The processor hears of success only: of a failure it would tell OpenTelemetry's own logger, and
   * leave the exporter open.
   */
  #export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.#waiting -= spans.length;
    const failed = (error: unknown): void => {
      this.#report.exportFailed(spans.length, error);
      done({ code: 0 });
    };
    try {
      this.#exporter.export(spans, (result) =>
        result.code === 0 ? done(result) : failed(result.error),
      );
    } catch (error) {
      failed(error);
    }
  }
}
