import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { StatusReport } from '../domain/ports.ts';

/** What the admin port shows. */
export interface AdminView {
  status(): StatusReport | Promise<StatusReport>;
  /** In Prometheus' text format. */
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** Answers one more path; used in dev mode. */
export type AdminRoute = (request: IncomingMessage, response: ServerResponse) => void;

export interface AdminOptions {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  readonly routes?: Readonly<Record<string, AdminRoute>>;
}

/** Importing it would load all of its exports, and with them Node's HTTP client: 2 MiB. */
const { createServer } = process.getBuiltinModule('node:http');

const REQUEST_TIMEOUT_MS = 5_000;
const MAX_CONNECTIONS = 100;

/** /health, /ready and /metrics over HTTP. */
export class AdminServer {
  readonly #options: AdminOptions;
  readonly #view: AdminView;
  readonly #server: Server;
  #scrape: Promise<{ readonly contentType: string; readonly bytes: Buffer }> | undefined;
  #turns = Promise.resolve();
  /** In the order in which they came, and those of them that are being answered. */
  readonly #sockets = new Set<Socket>();
  readonly #busy = new Set<Socket>();

  constructor(options: AdminOptions, view: AdminView) {
    this.#options = options;
    this.#view = view;
    this.#server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) =>
      this.#hear(request, response),
    );
    this.#server.on('connection', (socket: Socket) => this.#hold(socket));
  }

  /** Rejects with an error that names the address. */
  start(): Promise<{ readonly port: number }> {
    const { host, port } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error) => {
        reject(new Error(`cannot listen on ${host}:${port}: ${error.message}`));
      });
      this.#server.listen(port, host, () => {
        resolve({ port: (this.#server.address() as AddressInfo).port });
      });
    });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** Those that came last: whoever opens many and says nothing is not to keep out who asks for /health. */
  #hold(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    if (this.#sockets.size <= MAX_CONNECTIONS) return;
    const [oldest] = this.#sockets;
    const idle = this.#sockets.values().find((each) => !this.#busy.has(each)) ?? (oldest as Socket);
    idle.destroy();
    this.#sockets.delete(idle);
  }

  #hear(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    this.#busy.add(socket);
    response.once('close', () => this.#busy.delete(socket));
    this.#answer(request, response).catch(() => send(response, 500, 'internal error\n'));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?', 1)[0] as string;
    const route = this.#options.routes?.[path];
    if (route !== undefined) return route(request, response);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return send(response, 405, 'only GET\n');
    }
    if (path === '/health') return send(response, 200, 'ok\n');
    if (path === '/ready') {
      const report = await this.#view.status();
      return send(response, report.ready ? 200 : 503, readyBody(report), 'application/json');
    }
    if (path === '/metrics') {
      // Those who ask at the same time share one answer: making it takes milliseconds.
      this.#scrape ??= this.#render().finally(() => {
        this.#scrape = undefined;
      });
      const { contentType, bytes } = await this.#scrape;
      await this.#ownTurn();
      return send(response, 200, bytes, contentType);
    }
    send(response, 404, 'here are /health, /ready and /metrics\n');
  }

  /** Answers of this size one a turn of the event loop: many at once would hold up checks. */
  #ownTurn(): Promise<void> {
    this.#turns = this.#turns.then(() => nextTurn());
    return this.#turns;
  }

  async #render() {
    await nextTurn(); // or it is made before the next connection is read from
    const { contentType, text } = await this.#view.metrics();
    return { contentType, bytes: Buffer.from(text) };
  }
}

export function send(
  response: ServerResponse,
  status: number,
  body: string | Buffer,
  contentType = 'text/plain',
): void {
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' });
  response.end(body);
}

function readyBody({ ready, degraded, draining, components }: StatusReport): string {
  const notReady = draining ? 'draining' : 'not_ready';
  const status = ready ? (degraded ? 'degraded' : 'ready') : notReady;
  const named = components.map(({ name, ...state }) => [name, state]);
  return `${JSON.stringify({ status, components: Object.fromEntries(named) })}\n`;
}
