import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import type { TlsMaterial } from '../tls-files.ts';

const HANDSHAKE_TIMEOUT_MS = 10_000;

export interface TlsMode {
  /** Whether clients must show a certificate. */
  readonly mutual: boolean;
}

/**
 * Takes connections and hands them on, but keeps hold of them: the gRPC library cuts off none while
 * its channelz is off, and nobody else cuts off those that never got as far as HTTP/2, or whose peer
 * does not hang up.
 */
export class Listener {
  readonly #server: Server;
  readonly #tls: TlsServer | undefined;
  readonly #sockets = new Set<Socket>();

  /** Plain text without `tls`. `take` is given a socket once it is ready for HTTP/2. */
  constructor(tls: TlsMode | undefined, take: (socket: Socket) => void) {
    // A handshake may end after we have stopped taking connections.
    const takeOpen = (socket: Socket): void => {
      if (this.#server.listening) take(socket);
      else socket.destroy();
    };
    this.#tls = tls && createTlsServer(tlsOptions(tls), takeOpen);
    this.#server = this.#tls ?? createServer(takeOpen);
    this.#server.prependListener('connection', (socket: Socket) => this.#hold(socket));
  }

  /** Of connections made from now on. */
  useTls(material: TlsMaterial): void {
    this.#tls?.setSecureContext(material);
  }

  /** Resolves with the port; rejects with an error that names the address. */
  listen(host: string, port: number): Promise<number> {
    const server = this.#server;
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    // Stays, for what accepting runs into later: that ends a connection, not the process.
    server.on('error', (error) => {
      const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
      reject(new Error(`cannot listen on ${address}: ${error.message}`));
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
    return promise;
  }

  /** Takes no new connections. Resolves when the last one has gone. */
  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  /** Destroys every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #hold(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }
}

function tlsOptions({ mutual }: TlsMode) {
  return {
    ALPNProtocols: ['h2'],
    requestCert: mutual,
    rejectUnauthorized: mutual,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  };
}
