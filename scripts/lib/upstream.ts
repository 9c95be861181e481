import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server as GrpcServer, type handleUnaryCall, ServerCredentials } from '@grpc/grpc-js';

/** What stands behind Envoy in the demo and in tests: it tells which headers reached it. */
export interface Upstream extends AsyncDisposable {
  readonly httpPort: number;
  readonly grpcPort: number;
}

export const GRPC_ECHO_PATH = '/demo.Echo/Headers';

/**
 * Over HTTP/1.1 it answers any request with `{ method, path, headers }` in JSON, over gRPC a call
 * of GRPC_ECHO_PATH with its metadata in JSON, but for the token. Ports 0 = any free one.
 */
export async function startUpstream(ports = { http: 0, grpc: 0 }): Promise<Upstream> {
  const http = createServer(({ method, url: path, headers }, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify({ method, path, headers }, null, 2)}\n`);
  });
  // One that closes an idle connection just as Envoy sends a request on it makes a 503 of that.
  http.keepAliveTimeout = 0;
  const grpc = new GrpcServer();
  grpc.register(GRPC_ECHO_PATH, answerWithMetadata, asIs, asIs, 'unary');
  const [httpPort, grpcPort] = await Promise.all([
    listenHttp(http, ports.http),
    listenGrpc(grpc, ports.grpc),
  ]);
  return {
    httpPort,
    grpcPort,
    async [Symbol.asyncDispose]() {
      grpc.forceShutdown();
      http.closeAllConnections();
      await new Promise<void>((resolve) => http.close(() => resolve()));
    },
  };
}

const answerWithMetadata: handleUnaryCall<Buffer, Buffer> = ({ metadata }, done) => {
  const { authorization: _, ...seen } = metadata.getMap();
  done(null, Buffer.from(`${JSON.stringify(seen, null, 2)}\n`));
};

const asIs = (bytes: Buffer): Buffer => bytes;

function listenHttp(server: HttpServer, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

function listenGrpc(server: GrpcServer, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
}
