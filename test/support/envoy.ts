import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureTool } from '../../scripts/lib/tools.ts';
import { type ServerProcess, startServer } from './server-process.ts';

/** Merged by Envoy over what the test gives. */
const ADMIN = JSON.stringify({
  admin: { address: { socket_address: { address: '127.0.0.1', port_value: 0 } } },
});

export interface EnvoyOptions {
  /** Worker threads. */
  readonly concurrency?: number;
  /** More of the command line: ['--component-log-level', 'ext_authz:debug']. */
  readonly args?: readonly string[];
}

/** By name of the listener. */
type Ports = ReadonlyMap<string, number>;

interface Listeners {
  readonly listener_statuses?: readonly {
    readonly name: string;
    readonly local_address?: { readonly socket_address?: { readonly port_value: number } };
  }[];
}

interface Stats {
  /** The histograms, all in one, have no name. */
  readonly stats: readonly { readonly name?: string; readonly value?: number }[];
}

/**
 * A real Envoy, ready: its clusters are initialised and its listeners listen.
 *
 * @param config A bootstrap configuration, as an object or as YAML, whose listeners have port 0.
 */
export async function startEnvoy(
  config: object | string,
  options: EnvoyOptions = {},
): Promise<Envoy> {
  const { path } = await ensureTool('envoy');
  let adminUrl: string | undefined;
  let ports: Ports = new Map();
  const server = await startServer({
    name: 'envoy',
    command: path,
    args: async (folder) => {
      const file = join(folder, 'envoy.yaml');
      await writeFile(file, typeof config === 'string' ? config : JSON.stringify(config));
      return [
        ...['--config-path', file, '--config-yaml', ADMIN],
        ...['--admin-address-path', join(folder, 'admin')],
        '--disable-hot-restart', // what two Envoys on one machine would clash over
        ...['--concurrency', String(options.concurrency ?? 1), '--log-level', 'warning'],
        ...['--file-flush-interval-msec', '50'], // of access logs
        ...(options.args ?? []),
      ];
    },
    async isReady({ folder }) {
      adminUrl ??= await readAdminUrl(join(folder, 'admin'));
      if (adminUrl === undefined) return false;
      const response = await fetch(`${adminUrl}/ready`).catch(() => undefined);
      await response?.arrayBuffer();
      if (response?.status !== 200) return false;
      ports = await readPorts(adminUrl);
      return true;
    },
  });
  return new Envoy(server, adminUrl as string, ports);
}

async function readAdminUrl(file: string): Promise<string | undefined> {
  const address = await readFile(file, 'utf8').catch(() => '');
  return /^127\.0\.0\.1:\d+$/.test(address) ? `http://${address}` : undefined;
}

async function readPorts(adminUrl: string): Promise<Ports> {
  const { listener_statuses = [] } = (await getJson(
    `${adminUrl}/listeners?format=json`,
  )) as Listeners;
  return new Map(
    listener_statuses.map(({ name, local_address }) => [
      name,
      local_address?.socket_address?.port_value ?? 0,
    ]),
  );
}

async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`Envoy answers ${response.status} to ${url}`);
  return response.json();
}

export class Envoy implements AsyncDisposable {
  readonly adminUrl: string;
  readonly #server: ServerProcess;
  readonly #ports: Ports;

  constructor(server: ServerProcess, adminUrl: string, ports: Ports) {
    this.#server = server;
    this.adminUrl = adminUrl;
    this.#ports = ports;
  }

  get pid(): number {
    return this.#server.pid;
  }

  get log(): string {
    return this.#server.log;
  }

  /** Of a listener; of the only one when no name is given. */
  port(listener?: string): number {
    const names = [...this.#ports.keys()];
    const name = listener ?? (names.length === 1 ? names[0] : undefined);
    const port = name === undefined ? undefined : this.#ports.get(name);
    if (port === undefined) throw new Error(`which of the listeners: ${names.join(', ')}?`);
    return port;
  }

  /** Where a listener takes requests, without a slash at the end. */
  url(listener?: string): string {
    return `http://127.0.0.1:${this.port(listener)}`;
  }

  /** Counters and gauges by name; `filter` is a regular expression of RE2. */
  async stats(filter: string): Promise<Readonly<Record<string, number>>> {
    const query = new URLSearchParams({ format: 'json', filter });
    const { stats } = (await getJson(`${this.adminUrl}/stats?${query}`)) as Stats;
    const found = stats.flatMap(({ name, value }) =>
      name === undefined || value === undefined ? [] : [[name, value] as const],
    );
    return Object.fromEntries(found);
  }

  stop(): Promise<void> {
    return this.#server.end('SIGTERM');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
