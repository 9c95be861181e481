import type { ListenerOptions } from './listener.ts';
import type { TlsFiles } from './tls-files.ts';

/** What every source that speaks gRPC has to know. */
export interface GrpcOptions {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  /** Path of a Unix socket to listen on as well. */
  readonly unixSocket?: string;
  /** Connections at once; one more is closed. */
  readonly maxConnections: number;
  /** SETTINGS_MAX_CONCURRENT_STREAMS, per connection. */
  readonly maxConcurrentStreams: number;
  /** Cap on a call's deadline, in ms after its arrival. */
  readonly budgetMs: number;
  /** Age at which a connection is asked to go, in ms, give or take a tenth; 0 = never. */
  readonly maxConnectionAgeMs: number;
  /** How long its calls then have to be answered, in ms. */
  readonly maxConnectionAgeGraceMs: number;
  /** Absent = plain text. */
  readonly tls?: TlsFiles;
  /** Whether to tell clients such as grpcurl what is served. */
  readonly reflection: boolean;
}

export function listenerOptions({ tls, maxConnections }: GrpcOptions): ListenerOptions {
  return { tls: tls && { mutual: tls.clientCaFile !== undefined }, maxConnections };
}
