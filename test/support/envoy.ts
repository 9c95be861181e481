import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureTool } from '../../scripts/lib/tools.ts';
import { type Generation, hotRestartArgs, readGeneration, removeShared } from './hot-restart.ts';
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
  /** Whether another may take over from it: the ports of its listeners must not be 0 then. */
  readonly hotRestart?: boolean;
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
export function startEnvoy(config: object | string, options: EnvoyOptions = {}): Promise<Envoy> {
  return launch(config, options);
}

async function launch(
  config: object | string,
  options: EnvoyOptions,
  before?: Generation,
): Promise<Envoy> {
  const { hotRestart = false } = options;
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
        // What two Envoys on one machine would clash over, else.
        ...(hotRestart ? hotRestartArgs(folder, before) : ['--disable-hot-restart']),
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
  if (!hotRestart) return new Envoy(server, adminUrl as string, ports);
  const generation = await readGeneration(server.folder, before);
  const succeed = () => launch(config, options, generation);
  return new Envoy(server, adminUrl as string, ports, { generation, succeed });
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

interface Lineage {
  readonly generation: Generation;
  /** Starts the one that takes over. */
  succeed(): Promise<Envoy>;
}

export class Envoy implements AsyncDisposable {
  readonly adminUrl: string;
  readonly #server: ServerProcess;
  readonly #ports: Ports;

  readonly #lineage: Lineage | undefined;

  constructor(server: ServerProcess, adminUrl: string, ports: Ports, lineage?: Lineage) {
    this.#server = server;
    this.adminUrl = adminUrl;
    this.#ports = ports;
    this.#lineage = lineage;
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

  /** Of its workers to an endpoint of a cluster, open ones; NaN where it is none of that cluster. */
  async connectionsTo(cluster: string, port: number): Promise<number> {
    const clusters = await (await fetch(`${this.adminUrl}/clusters`)).text();
    const count = new RegExp(`^${cluster}::127\\.0\\.0\\.1:${port}::cx_active::(\\d+)$`, 'm');
    return Number(count.exec(clusters)?.[1]);
  }

  /** Has another take over its listeners; resolves with that once this one has ended. */
  async hotRestart(): Promise<Envoy> {
    if (this.#lineage === undefined) throw new Error('it was started without hotRestart');
    const successor = await this.#lineage.succeed();
    await this.#server.exitCode;
    return successor;
  }

  /** Not of one that another has taken over from. */
  async stop(): Promise<void> {
    await this.#server.end('SIGTERM');
    if (this.#lineage !== undefined) await removeShared(this.#lineage.generation);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
