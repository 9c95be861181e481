import { unlink } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import type { Observable } from 'rxjs';
import type { Clock } from '../domain/clock.ts';
import type { Logger } from '../domain/ports.ts';
import { type TlsFiles, type TlsMaterial, watchTls } from './tls-files.ts';

const HANDSHAKE_TIMEOUT_MS = 10_000;

export interface Addresses {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  /** Path of a Unix socket to listen on as well. */
  readonly unixSocket?: string;
  /** Connections that another process accepts, in the place of those that come to an address. */
  readonly connections?: Observable<Socket>;
  /** Absent = plain text. */
  readonly tls?: TlsFiles;
}

export interface ListenerOptions {
  /** Absent = plain text. `mutual`: whether clients must show a certificate. */
  readonly tls?: { readonly mutual: boolean } | undefined;
  /** Connections at once, those included that are shaking hands; absent = any. */
  readonly maxConnections?: number;
  /** Told of one that came on top of those, and was closed. */
  readonly onDropped?: () => void;
  /** Whether connections are only accepted, for another process to read from. */
  readonly paused?: boolean;
}

/**
 * Takes connections and hands them on, but keeps hold of them: the gRPC library cuts off none while
 * its channelz is off, and nobody else cuts off those that never got as far as HTTP/2, or whose peer
 * does not hang up.
 */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #take: (socket: Socket) => void;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  #material: TlsMaterial | undefined;
  #isClosed = false;
  #stopTlsWatch = (): void => undefined;

  /**
   * `take` is given a socket once it is ready for HTTP/2, be it while this closes: a handshake, or the
   * way from another process, may end only then, and what comes with it is to be told to go.
   */
  constructor(options: ListenerOptions, take: (socket: Socket) => void) {
    this.#options = options;
    this.#take = take;
  }

  /**
   * Listens wherever it is said, with certificates that are followed. Resolves with the port, which is
   * 0 where it is another process that listens.
   */
  async start(addresses: Addresses, clock: Clock, logger: Logger): Promise<number> {
    const { host, port, unixSocket, connections, tls } = addresses;
    if (tls !== undefined) {
      this.#stopTlsWatch = await watchTls(tls, clock, logger, (material) => this.useTls(material));
    }
    if (connections !== undefined) {
      const server = this.#createServer();
      connections.subscribe((socket) => server.emit('connection', socket.setNoDelay()));
      return 0;
    }
    const bound = await this.listen(host, port);
    if (unixSocket !== undefined) await this.listenUnix(unixSocket);
    return bound;
  }

  /** Closes, and destroys after `timeoutMs` what is left by then. */
  async drain(timeoutMs: number, clock: Clock): Promise<void> {
    this.#stopTlsWatch();
    const cancelTimer = clock.after(timeoutMs, () => this.cut());
    await this.close();
    cancelTimer();
  }

  /** Of connections made from now on. */
  useTls(material: TlsMaterial): void {
    this.#material = material;
    for (const server of this.#servers) (server as TlsServer).setSecureContext(material);
  }

  /** Resolves with the port; rejects with an error that names the address. */
  async listen(host: string, port: number): Promise<number> {
    const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    const server = await this.#open({ host, port }, address);
    return (server.address() as AddressInfo).port;
  }

  /** Also on a Unix socket, in the place of one that a process left behind which is no more. */
  async listenUnix(path: string): Promise<void> {
    if (await isLeftBehind(path)) await unlink(path);
    await this.#open({ path }, path);
  }

  /** Takes no new connections. Resolves when the last one has gone. */
  async close(): Promise<void> {
    for (const server of this.#servers) server.close();
    // As long as there are some, more may come: see `take`.
    for (const socket of this.#sockets) await new Promise((gone) => socket.once('close', gone));
    this.#isClosed = true;
  }

  /** Destroys every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #open(where: { host: string; port: number } | { path: string }, name: string): Promise<Server> {
    const server = this.#createServer();
    const { promise, resolve, reject } = Promise.withResolvers<Server>();
    // Stays, for what accepting runs into later: that ends a connection, not the process.
    server.on('error', (error) => {
      reject(new Error(`cannot listen on ${name}: ${error.message}`));
    });
    server.listen(where, () => resolve(server));
    return promise;
  }

  #createServer(): Server {
    const { tls, paused = false } = this.#options;
    const take = (socket: Socket): void => {
      if (this.#isClosed) socket.destroy();
      else if (!socket.destroyed) this.#take(socket);
    };
    const server = tls
      ? createTlsServer({ ...tlsOptions(tls), ...this.#material }, take)
      : createServer({ noDelay: true, pauseOnConnect: paused }, take);
    this.#servers.push(server);
    server.prependListener('connection', (socket: Socket) => this.#hold(socket));
    return server;
  }

  #hold(socket: Socket): void {
    const { maxConnections = Number.POSITIVE_INFINITY, onDropped } = this.#options;
    if (this.#sockets.size >= maxConnections) {
      socket.destroy();
      onDropped?.();
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }
}

function tlsOptions({ mutual }: { readonly mutual: boolean }) {
  return {
    ALPNProtocols: ['h2'],
    noDelay: true,
    requestCert: mutual,
    rejectUnauthorized: mutual,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  };
}

/** Whether there is a socket that nobody listens on. */
function isLeftBehind(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(path);
  socket.once('connect', () => resolve(false));
  socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'ECONNREFUSED'));
  return promise.finally(() => socket.destroy());
}
