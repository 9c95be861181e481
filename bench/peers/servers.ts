import { ensureGoProgram } from '../../scripts/lib/go.ts';
import { serveScript, startPeer } from '../lib/subject.ts';

/** What serves gRPC in Sluice: TRANSPORT. */
export const transports = ['grpc-js', 'http2'] as const;

const file = (name: string) => new URL(name, import.meta.url).pathname;

/** The least that a server on @grpc/grpc-js can do. */
export function emptyGrpcJs() {
  const start = () => startPeer('empty-grpc-js', [process.execPath, file('empty-grpc-js.ts')]);
  return { id: 'empty-grpc-js', label: 'empty grpc-js server', settings: {}, start };
}

/** The least that a server on our own HTTP/2 can do. */
export function emptyHttp2() {
  const start = async () => {
    const { flags } = await serveScript();
    return startPeer('empty-http2', [process.execPath, ...flags, file('empty-http2.ts')]);
  };
  return { id: 'empty-http2', label: 'empty server on our own HTTP/2', settings: {}, start };
}

/** The least that a server in Go can do; `workers`: grpc.NumStreamWorkers, 0 = off. */
export function emptyGo(workers: number) {
  const label = workers === 0 ? 'empty Go server' : `empty Go server, ${workers} stream workers`;
  return {
    ...{ id: `empty-go-${workers}`, label, settings: {} },
    async start() {
      const program = await ensureGoProgram(file('empty-go'), (line) =>
        process.stderr.write(`${line}\n`),
      );
      return startPeer('empty-go', [program, '-workers', String(workers)]);
    },
  };
}
