import type { SpanContext } from '@opentelemetry/api';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { Settled } from '../../domain/call.ts';
import type { Clock } from '../../domain/clock.ts';
import type { Instrument } from '../../domain/instrument.ts';
import type { Logger, OutcomeSink } from '../../domain/ports.ts';
import { findTraceContext, type TraceContext } from './context.ts';
import { type ExporterOptions, loadExporter } from './exporter.ts';
import { SpanQueue } from './queue.ts';
import { TraceReport } from './report.ts';
import { type SpanSource, spanCount, spansOf } from './spans.ts';

export interface TraceSinkOptions extends ExporterOptions {
  /** Resource attributes service.name, service.version and deployment.environment.name. */
  readonly serviceName: string;
  readonly serviceVersion: string;
  readonly environment: string;
  /** Further ones (OTEL_RESOURCE_ATTRIBUTES); they win over the environment, not over the service. */
  readonly resourceAttributes?: Readonly<Record<string, string>>;
  /** 0 to 1: share of the checks to trace where the caller has not decided. */
  readonly samplingRate: number;
  /** What Clock.now() counts from, in ms since the epoch: performance.timeOrigin. */
  readonly timeOriginMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface TraceSink extends OutcomeSink {
  readonly instruments: readonly Instrument[];
  close(): Promise<void>;
}

/**
 * Makes spans of settled calls and exports them over OTLP. OpenTelemetry is loaded here and not
 * before: off, it costs nothing (on, 13 to 24 MiB of memory, measured).
 *
 * `exporter` stands in for the one that the options name.
 */
export async function createTraceSink(
  options: TraceSinkOptions,
  exporter?: SpanExporter,
): Promise<TraceSink> {
  const { clock, logger, exportTimeoutMs, samplingRate, timeOriginMs } = options;
  const [{ BatchSpanProcessor, RandomIdGenerator }, resources, { TraceState }] = await Promise.all([
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/core'),
  ]);
  const report = new TraceReport(logger, clock);
  const queue = new SpanQueue(
    BatchSpanProcessor,
    exporter ?? (await loadExporter(options)),
    report,
    clock,
    exportTimeoutMs,
  );
  const source: SpanSource = {
    ids: new RandomIdGenerator(),
    resource: resources.defaultResource().merge(
      resources.resourceFromAttributes({
        'deployment.environment.name': options.environment,
        ...options.resourceAttributes,
        'service.name': options.serviceName,
        'service.version': options.serviceVersion,
      }),
    ),
    scope: { name: 'sluice', version: options.serviceVersion },
    timeOriginMs,
  };

  const trace = (call: Settled): void => {
    const context = findTraceContext(call.check);
    if (!isSampled(context, samplingRate)) return;
    const spans = spanCount(call);
    if (!queue.hasRoom(spans)) {
      report.queueFull(spans);
      return;
    }
    const parent = context && remoteParent(context, TraceState);
    for (const span of spansOf(call, parent, source)) queue.add(span);
  };

  return {
    name: 'trace',
    instruments: report.instruments,
    settled(batch) {
      if (!queue.closed) batch.forEach(trace);
    },
    close: () => queue.close(),
  };
}

/** The caller's decision holds, where there is one. Nothing has been made for the check by then. */
function isSampled(context: TraceContext | undefined, rate: number): boolean {
  if (context === undefined) return Math.random() < rate;
  return context.sampled ?? shareOf(context.traceId) < rate;
}

/**
 * Where a trace lies between 0 and 1: the same for every service that computes it as OpenTelemetry's
 * Go SDK does, from the low half of the id (52 of its 64 bits, exact in a double).
 */
function shareOf(traceId: string): number {
  return Number.parseInt(traceId.slice(16, 29), 16) / 2 ** 52;
}

function remoteParent(
  { traceId, spanId, traceState }: TraceContext,
  TraceState: new (raw: string) => NonNullable<SpanContext['traceState']>,
): SpanContext {
  const parent = { traceId, spanId, traceFlags: 1, isRemote: true };
  return traceState === undefined ? parent : { ...parent, traceState: new TraceState(traceState) };
}
