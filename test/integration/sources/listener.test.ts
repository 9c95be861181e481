import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { type Observable, Subject } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Listener, type ListenerOptions } from '../../../src/sources/listener.ts';
import { type Certificates, makeCertificates } from '../../support/certificates.ts';
import { RecordingLogger } from '../../support/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/until.ts';

let certificates: Certificates;

beforeAll(async () => {
  certificates = await makeCertificates();
});

afterAll(() => certificates[Symbol.asyncDispose]());

/** A client's end; the server never speaks first, and closes when the test says so. */
class Client implements AsyncDisposable {
  readonly socket: Socket;
  closed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.closed = true;
    });
    socket.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    await until(() => this.closed);
  }
}

/** A listener on a free port, and what it hands on. */
class Server implements AsyncDisposable {
  readonly listener: Listener;
  readonly taken: Socket[] = [];
  dropped = 0;
  port = 0;
  readonly #clients = new AsyncDisposableStack();

  constructor(options: ListenerOptions) {
    const onDropped = () => {
      this.dropped++;
    };
    this.listener = new Listener({ ...options, onDropped }, (socket) => {
      socket.on('error', () => undefined);
      socket.resume();
      this.taken.push(socket);
    });
  }

  async start(connections?: Observable<Socket>): Promise<this> {
    const [cert, key] = await Promise.all([
      readFile(certificates.certFile),
      readFile(certificates.keyFile),
    ]);
    this.listener.useTls({ cert, key });
    const address = { host: '127.0.0.1', port: 0, ...(connections && { connections }) };
    this.port = await this.listener.start(address, new ManualClock(), new RecordingLogger());
    return this;
  }

  /** In plain text: of TLS, the handshake never begins. */
  async connect(): Promise<Client> {
    const socket = connect(this.port, '127.0.0.1');
    const client = this.#clients.use(new Client(socket));
    await until(() => !socket.connecting);
    return client;
  }

  /** Its handshake may be under way still. */
  connectTls(over?: Socket): Client {
    const where = over === undefined ? { port: this.port, host: '127.0.0.1' } : { socket: over };
    const socket = connectTls({ ...where, rejectUnauthorized: false, ALPNProtocols: ['h2'] });
    return this.#clients.use(new Client(socket));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.listener.cut();
    await this.#clients.disposeAsync();
    await this.listener.close();
  }
}

const startServer = (options: ListenerOptions = {}, connections?: Observable<Socket>) =>
  new Server(options).start(connections);
const tls = { mutual: false };

/** Whether a promise has been fulfilled, which does not happen before its turn. */
function watch(promise: Promise<unknown>) {
  const seen = { done: false };
  void promise.then(() => {
    seen.done = true;
  });
  return seen;
}

describe('a limit on connections', () => {
  it('closes those that come on top, tells of each, and leaves the others alone', async () => {
    await using server = await startServer({ maxConnections: 2 });
    const welcome = [await server.connect(), await server.connect()];
    await until(() => server.taken.length === 2);
    const late = [await server.connect(), await server.connect()];
    await until(() => late.every(({ closed }) => closed));
    expect([server.dropped, server.taken.length]).toEqual([2, 2]);
    for (const { socket } of welcome) socket.write('x');
    await until(() => server.taken.every(({ bytesRead }) => bytesRead === 1));
    expect(welcome.map(({ closed }) => closed)).toEqual([false, false]);
  });

  it('is none unless it is given', async () => {
    await using server = await startServer();
    for (let i = 0; i < 20; i++) await server.connect();
    await until(() => server.taken.length === 20);
    expect(server.dropped).toBe(0);
  });

  it.each([
    ['client', (client: Client) => client.socket.destroy()],
    ['server', (_: Client, [first]: readonly Socket[]) => first?.destroy()],
  ])('has a place again for one that the %s has closed', async (_, close) => {
    await using server = await startServer({ maxConnections: 1 });
    const first = await server.connect();
    await until(() => server.taken.length === 1);
    close(first, server.taken);
    await until(() => server.taken[0]?.closed === true && first.closed);
    const second = await server.connect();
    await until(() => server.taken.length === 2);
    expect([server.dropped, second.closed]).toEqual([0, false]);
  });

  it('has no place for those that it has closed', async () => {
    await using server = await startServer({ maxConnections: 1 });
    await server.connect();
    await until(() => server.taken.length === 1);
    for (let i = 1; i <= 3; i++) {
      const late = await server.connect();
      await until(() => late.closed);
      expect(server.dropped).toBe(i);
    }
    expect(server.taken).toHaveLength(1);
  });

  it('counts those that are shaking hands', async () => {
    await using server = await startServer({ maxConnections: 2, tls });
    const silent = [await server.connect(), await server.connect()];
    const late = server.connectTls();
    await until(() => late.closed);
    expect([server.dropped, server.taken.length]).toEqual([1, 0]);

    await silent[0]?.[Symbol.asyncDispose]();
    // The server hears of it a little later: until then there is no place.
    await until(async () => {
      const client = server.connectTls();
      await until(() => client.closed || server.taken.length > 0);
      return server.taken.length > 0;
    });
    expect(silent[1]?.closed).toBe(false);
  });

  it('counts one of TLS once', async () => {
    await using server = await startServer({ maxConnections: 2, tls });
    const clients = [server.connectTls(), server.connectTls()];
    await until(() => server.taken.length === 2);
    expect(clients.map(({ closed }) => closed)).toEqual([false, false]);
    expect(server.dropped).toBe(0);
  });

  it('counts those of a Unix socket, too', async () => {
    await using server = await startServer({ maxConnections: 1 });
    const path = join(tmpdir(), `sluice-${crypto.randomUUID()}.sock`);
    await server.listener.listenUnix(path);
    await using first = new Client(connect(path));
    await until(() => server.taken.length === 1);
    const late = await server.connect();
    await until(() => late.closed);
    expect([server.dropped, first.closed]).toEqual([1, false]);
    server.listener.cut();
    await server.listener.close();
    expect(existsSync(path)).toBe(false);
  });
});

describe('close', () => {
  it('takes no more connections, and leaves those that there are', async () => {
    await using server = await startServer();
    const client = await server.connect();
    await until(() => server.taken.length === 1);
    const closing = watch(server.listener.close());
    const refused = connect(server.port, '127.0.0.1');
    const [error] = await once(refused, 'error');
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    client.socket.write('x');
    await until(() => server.taken[0]?.bytesRead === 1);
    expect([client.closed, closing.done]).toEqual([false, false]);
  });

  it('resolves when the last connection has gone', async () => {
    await using server = await startServer();
    const clients = [await server.connect(), await server.connect()];
    await until(() => server.taken.length === 2);
    const closing = server.listener.close();
    const seen = watch(closing);
    await clients[0]?.[Symbol.asyncDispose]();
    await until(() => server.taken.some(({ closed }) => closed));
    expect(seen.done).toBe(false);
    await clients[1]?.[Symbol.asyncDispose]();
    await closing;
    expect(server.taken.every(({ closed }) => closed)).toBe(true);
  });

  it('resolves at once when there is none, when nothing listens, and when asked again', async () => {
    const server = await startServer();
    await server.listener.close();
    await server.listener.close();
    await new Listener({}, () => undefined).close();
  });

  it('resolves after a start that failed', async () => {
    await using server = await startServer();
    const second = new Listener({}, () => undefined);
    await expect(second.listen('127.0.0.1', server.port)).rejects.toThrow('EADDRINUSE');
    await second.close();
  });

  it('hands on what finishes its handshake only then, and waits for it too', async () => {
    await using server = await startServer({ tls });
    const early = await server.connect();
    const accepted = server.connectTls();
    await until(() => server.taken.length === 1);
    const closing = server.listener.close();
    const seen = watch(closing);
    const late = server.connectTls(early.socket);
    await until(() => server.taken.length === 2);
    await accepted[Symbol.asyncDispose]();
    await until(() => server.taken.some(({ closed }) => closed));
    expect([late.closed, seen.done]).toEqual([false, false]);
    await late[Symbol.asyncDispose]();
    await closing;
  });
});

describe('connections that another listener accepts', () => {
  it.each<[string, ListenerOptions, (port: number) => Socket]>([
    ['in plain text', {}, connect],
    ['over TLS', { tls }, (port) => connectTls({ port, rejectUnauthorized: false })],
  ])('are read from here only, and are waited for (%s)', async (_, options, connectTo) => {
    const accepted = new Subject<Socket>();
    const front = new Listener({ paused: true }, (socket) => accepted.next(socket));
    const port = await front.listen('127.0.0.1', 0);
    await using server = await startServer({ ...options, maxConnections: 1 }, accepted);
    expect(server.port).toBe(0);
    await using client = new Client(connectTo(port));
    client.socket.write('x');
    await until(() => server.taken[0]?.bytesRead === 1);
    await using late = new Client(connect(port));
    await until(() => late.closed);
    expect(server.dropped).toBe(1);

    const closing = server.listener.close();
    const seen = watch(closing);
    client.socket.write('x');
    await until(() => server.taken[0]?.bytesRead === 2);
    expect(seen.done).toBe(false);
    await client[Symbol.asyncDispose]();
    await closing;
    await using later = new Client(connectTo(port));
    await until(() => later.closed);
    expect(server.taken).toHaveLength(1);
    await front.close();
  });
});

describe('cut', () => {
  it('ends all connections, and lets close resolve', async () => {
    await using server = await startServer();
    const clients = [await server.connect(), await server.connect()];
    await until(() => server.taken.length === 2);
    const closing = server.listener.close();
    server.listener.cut();
    await closing;
    await until(() => clients.every(({ closed }) => closed));
  });

  it('ends those of TLS, those included that are shaking hands', async () => {
    await using server = await startServer({ tls });
    const silent = await server.connect();
    const client = server.connectTls();
    await until(() => server.taken.length === 1);
    const closing = server.listener.close();
    server.listener.cut();
    await closing;
    await until(() => silent.closed && client.closed);
    expect(server.taken[0]?.destroyed).toBe(true);
  });

  it('is not the end: the next connection is taken', async () => {
    await using server = await startServer({ maxConnections: 1 });
    const first = await server.connect();
    await until(() => server.taken.length === 1);
    server.listener.cut();
    await until(() => first.closed && server.taken[0]?.closed === true);
    await server.connect();
    await until(() => server.taken.length === 2);
  });
});
