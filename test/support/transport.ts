import { GrpcJsSource } from '../../src/sources/grpc-js/source.ts';
import type { GrpcOptions } from '../../src/sources/grpc-options.ts';
import { Http2Source } from '../../src/sources/http2/source.ts';

/** What serves gRPC in the tests: suites that depend on it run once for each (vitest.config.ts). */
export const transport = process.env.TRANSPORT ?? 'http2';

/** On a free port of this machine, with limits that no test runs into. */
export const GRPC_OPTIONS: GrpcOptions = {
  host: '127.0.0.1',
  port: 0,
  maxConnections: 1000,
  maxConcurrentStreams: 1000,
  maxCalls: 100_000,
  budgetMs: 60_000,
  maxConnectionAgeMs: 0,
  maxConnectionAgeGraceMs: 0,
  reflection: false,
};

export function createSource(...parts: ConstructorParameters<typeof Http2Source>) {
  return transport === 'http2' ? new Http2Source(...parts) : new GrpcJsSource(...parts);
}
