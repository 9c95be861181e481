import type { Addresses, ListenerOptions } from './listener.ts';

/** What every source that speaks gRPC has to know. */
export interface GrpcOptions extends Addresses {
  /** Connections at once; one more is closed. */
  readonly maxConnections: number;
  /** SETTINGS_MAX_CONCURRENT_STREAMS, per connection. */
  readonly maxConcurrentStreams: number;
  /** Calls of all connections that are worth having open at once: past half of it they share it. */
  readonly maxCalls: number;
  /** Cap on a call's deadline, in ms after its arrival. */
  readonly budgetMs: number;
  /** Age at which a connection is asked to go, in ms, give or take a tenth; 0 = never. */
  readonly maxConnectionAgeMs: number;
  /** How long its calls then have to be answered, in ms. */
  readonly maxConnectionAgeGraceMs: number;
  /** Whether to tell clients such as grpcurl what is served. */
  readonly reflection: boolean;
}

/**
 * Bytes of a message that a source reads: above MAX_REQUEST_BYTES, so that up to here the answer is
 * ours and not a gRPC status.
 */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

export function listenerOptions({ tls, maxConnections }: GrpcOptions): ListenerOptions {
  return { tls: tls && { mutual: tls.clientCaFile !== undefined }, maxConnections };
}
