import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  type Server,
  type ServerWritableStream,
  status,
} from '@grpc/grpc-js';
import type { Readiness } from '../../domain/ports.ts';
import {
  decodeHealthCheckRequest,
  encodeHealthCheckResponse,
  ServingStatus,
} from '../codec/health.ts';

const SERVICES: ReadonlySet<string | undefined> = new Set([
  '',
  'envoy.service.auth.v3.Authorization',
]);

type WatchStream = ServerWritableStream<Buffer, Uint8Array>;

/**
 * Serves grpc.health.v1.Health (github.com/grpc/grpc, doc/health-checking.md): the same as /ready.
 * The returned function ends the open Watch streams, which would hold up a drain.
 */
export function addHealth(server: Server, readiness: Readiness): () => void {
  const watchers = new Set<WatchStream>();
  const statusOf = (service: string | undefined): ServingStatus => {
    if (!SERVICES.has(service)) return ServingStatus.SERVICE_UNKNOWN;
    return readiness.ready ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
  };

  const check: handleUnaryCall<Buffer, Uint8Array> = ({ request }, callback) => {
    const current = statusOf(decodeHealthCheckRequest(request));
    if (current === ServingStatus.SERVICE_UNKNOWN) {
      callback({ code: status.NOT_FOUND, details: 'unknown service' });
    } else callback(null, encodeHealthCheckResponse(current));
  };

  const watch: handleServerStreamingCall<Buffer, Uint8Array> = (stream) => {
    const service = decodeHealthCheckRequest(stream.request);
    let told: ServingStatus | undefined;
    const tell = (): void => {
      const current = statusOf(service);
      if (current !== told) stream.write(encodeHealthCheckResponse(current));
      told = current;
    };
    tell();
    const changes = readiness.changes.subscribe(tell);
    watchers.add(stream);
    stream.once('cancelled', () => {
      watchers.delete(stream);
      changes.unsubscribe();
      stream.end();
    });
  };

  server.register('/grpc.health.v1.Health/Check', check, Buffer.from, Buffer.from, 'unary');
  server.register('/grpc.health.v1.Health/Watch', watch, Buffer.from, Buffer.from, 'serverStream');
  return () => {
    for (const stream of watchers) stream.end();
  };
}
