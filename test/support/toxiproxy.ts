import { ensureGoCommand } from '../../scripts/lib/go.ts';
import { freePort } from './free-port.ts';
import { type ServerProcess, startServer } from './server-process.ts';

const MODULE = 'github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0';
const PORT_TRIES = 5;

/** Rejects with what to do when it cannot be built. */
export function ensureToxiproxy(): Promise<string> {
  const log = (line: string) => process.stderr.write(`toxiproxy ${line}\n`);
  return ensureGoCommand(MODULE, log).catch((error: Error) => {
    throw new Error(`toxiproxy: ${error.message}`);
  });
}

export async function startToxiproxy(): Promise<Toxiproxy> {
  const path = await ensureToxiproxy();
  for (let left = PORT_TRIES; ; left--) {
    const port = await freePort();
    try {
      const server = await startServer({
        name: `toxiproxy-${port}`,
        command: path,
        args: async () => ['-host', '127.0.0.1', '-port', String(port)],
        env: { LOG_LEVEL: 'error' },
        isReady: async ({ hasEnded }) => !hasEnded && (await answers(port)),
      });
      return new Toxiproxy(`http://127.0.0.1:${port}`, server);
    } catch (error) {
      if (left === 1 || !/address already in use/i.test(String(error))) throw error;
    }
  }
}

const answers = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/version`).then(
    ({ ok }) => ok,
    () => false,
  );

/** `down`: on the way to the client, `up`: to the server. */
type Direction = 'up' | 'down';

/** What is done to the bytes; the names of attributes are toxiproxy's, times in ms but for `delay`. */
export type Toxic = { readonly on?: Direction } & (
  | { readonly type: 'latency'; readonly latency: number; readonly jitter: number }
  /** Bytes are swallowed; new connections are let in, and hear nothing either. */
  | { readonly type: 'timeout'; readonly timeout: 0 }
  /** Closed after so many bytes. */
  | { readonly type: 'limit_data'; readonly bytes: number }
  /** KB a second. */
  | { readonly type: 'bandwidth'; readonly rate: number }
  /** Pieces of this size in bytes, and the time between them in us. */
  | { readonly type: 'slicer'; readonly average_size: number; readonly delay: number }
  /** RST after so long. */
  | { readonly type: 'reset_peer'; readonly timeout: number }
);

/** A proxy for TCP that does harm when it is told to (https://github.com/Shopify/toxiproxy). */
export class Toxiproxy implements AsyncDisposable {
  readonly #url: string;
  readonly #server: ServerProcess;

  constructor(url: string, server: ServerProcess) {
    this.#url = url;
    this.#server = server;
  }

  /** A proxy in front of a port of this machine; on a port of its own unless one is given. */
  async proxy(upstreamPort: number, port?: number): Promise<ToxicProxy> {
    const listenPort = port ?? (await freePort());
    const name = `to-${upstreamPort}-at-${listenPort}`;
    await this.#ask('POST', '/proxies', {
      ...{ name, enabled: true },
      ...{ listen: `127.0.0.1:${listenPort}`, upstream: `127.0.0.1:${upstreamPort}` },
    });
    return new ToxicProxy(listenPort, (method, path, body) =>
      this.#ask(method, `/proxies/${name}${path}`, body),
    );
  }

  async #ask(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(this.#url + path, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`toxiproxy: ${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.end('SIGTERM');
  }
}

type Ask = (method: string, path: string, body?: object) => Promise<unknown>;

export class ToxicProxy {
  readonly port: number;
  readonly #ask: Ask;
  #toxics = 0;

  constructor(port: number, ask: Ask) {
    this.port = port;
    this.#ask = ask;
  }

  /** Also to the connections there are; resolves with what takes it away. */
  async add({ on = 'down', type, ...attributes }: Toxic): Promise<() => Promise<void>> {
    const name = `${type}-${this.#toxics++}`;
    await this.#ask('POST', '/toxics', { name, type, stream: `${on}stream`, attributes });
    return async () => void (await this.#ask('DELETE', `/toxics/${name}`));
  }

  /** Connections are closed, and new ones refused. */
  async close(): Promise<void> {
    await this.#ask('POST', '', { enabled: false });
  }

  async open(): Promise<void> {
    await this.#ask('POST', '', { enabled: true });
  }
}
