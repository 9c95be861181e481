import { createServer } from 'node:net';

const LOWEST = 12_000;
const COUNT = 16_000;

/**
 * A port of 127.0.0.1 for a server that cannot be given port 0. It may be taken by the time it is
 * used: be ready to ask again.
 *
 * It lies below the range the kernel hands to outgoing connections. From within that range, a
 * client that keeps trying a stopped server can be given the server's own port as its source and
 * connect to itself, and the server then cannot come back.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * COUNT);
    if (await canListen(port)) return port;
  }
}

function canListen(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once('error', () => resolve(false));
  server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  return promise;
}
