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
  servingStatusOf,
} from '../codec/health.ts';

type WatchStream = ServerWritableStream<Buffer, Uint8Array>;

/**
 * Serves grpc.health.v1.Health (github.com/grpc/grpc, doc/health-checking.md): the same as /ready.
 * The returned function ends the open Watch streams, which would hold up a drain.
 */
export function addHealth(server: Server, readiness: Readiness): () => void {
  const watchers = new Set<WatchStream>();

  const check: handleUnaryCall<Buffer, Uint8Array> = ({ request }, callback) => {
    const current = servingStatusOf(decodeHealthCheckRequest(request), readiness);
    if (current === ServingStatus.SERVICE_UNKNOWN) {
      callback({ code: status.NOT_FOUND, details: 'unknown service' });
    } else callback(null, encodeHealthCheckResponse(current));
  };

  const watch: handleServerStreamingCall<Buffer, Uint8Array> = (stream) => {
    const service = decodeHealthCheckRequest(stream.request);
    let told: ServingStatus | undefined;
    const tell = (): void => {
      const current = servingStatusOf(service, readiness);
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
