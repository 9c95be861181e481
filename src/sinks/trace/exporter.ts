import type { SpanExporter } from '@opentelemetry/sdk-trace';

export interface ExporterOptions {
  /** An http(s) URL; over HTTP its path is that of traces. */
  readonly endpoint: string;
  readonly protocol: 'grpc' | 'http/protobuf';
  /** Sent with every export, such as a collector's credential. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Longest that one export may take, its retries included, in ms, at least 1. close() of the sink
   * takes at most half a second more.
   */
  readonly exportTimeoutMs: number;
}

/**
 * Loads one exporter, and only the one. What is not set here the packages take from the environment
 * themselves: OTEL_EXPORTER_OTLP_CERTIFICATE, _CLIENT_CERTIFICATE, _CLIENT_KEY, _COMPRESSION and
 * _HEADERS, and the same after OTEL_EXPORTER_OTLP_TRACES.
 */
export async function loadExporter(options: ExporterOptions): Promise<SpanExporter> {
  const { endpoint: url, exportTimeoutMs: timeoutMillis, headers = {} } = options;
  if (options.protocol === 'http/protobuf') {
    const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto');
    return new OTLPTraceExporter({ url, timeoutMillis, headers: { ...headers } });
  }
  const [{ OTLPTraceExporter }, { Metadata }] = await Promise.all([
    import('@opentelemetry/exporter-trace-otlp-grpc'),
    import('@grpc/grpc-js'),
  ]);
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) {
    try {
      metadata.set(name, value);
    } catch {
      // The library's message quotes the value, which may be a secret.
      throw new Error(`Header ${name} for the trace collector is not one that gRPC can send.`);
    }
  }
  return new OTLPTraceExporter({ url, timeoutMillis, metadata });
}
