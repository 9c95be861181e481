import { ensureTool } from '../../scripts/lib/tools.ts';
import { freePort } from '../../test/support/free-port.ts';
import { type ServerProcess, startServer } from '../../test/support/server-process.ts';
import { processTree } from './proc.ts';

/** The server under test has one core to itself; the generator and Redis share the other. */
export const SERVER_CORE = '0';
export const OTHER_CORE = '1';

/** Something that answers checks and is measured. */
export interface Subject extends AsyncDisposable {
  /** host:port. */
  readonly address: string;
  pids(): readonly number[];
  /** Where it tells of itself; absent where it is not ours. */
  readonly adminUrl?: string;
  /** Connections to Redis. */
  readonly redisConnections?: number;
}

export type Environment = Readonly<Record<string, string>>;

export interface SluiceOptions {
  readonly settings: Environment;
  readonly core?: string;
  /** Flags of Node.js. */
  readonly nodeFlags?: readonly string[];
  /** Command that it is started by: one that puts it into a cgroup, say. */
  readonly within?: readonly string[];
}

const MAIN = new URL('../../dist/main.js', import.meta.url).pathname;
const READY_SIGN = '"message":"listening"';

/** `serve` as it is run in production, with these settings. */
export async function startSluice(options: SluiceOptions): Promise<Subject> {
  const { settings, core = SERVER_CORE, nodeFlags = [], within = [] } = options;
  const workers = Number(settings.WORKERS) || 1; // auto is 1 here
  const env = {
    ...{ PATH: process.env.PATH ?? '', BIND_ADDRESS: '127.0.0.1', WORKERS: '1' },
    ...{ AUTH_GRPC_PORT: '0', AUTH_METRICS_PORT: '0', LOG_LEVEL: 'warn', DRAIN_DELAY_MS: '0' },
    ...{ GRPC_MAX_CONNECTION_AGE_MS: '0' },
    ...settings,
    // The line that names the ports is an info.
    ...{ LOG_LEVEL: 'info', LOG_ALLOW_SAMPLE: settings.LOG_ALLOW_SAMPLE ?? '0' },
  };
  const server = await startServer({
    name: 'sluice',
    command: 'taskset',
    args: async () => ['-c', core, ...within, process.execPath, ...nodeFlags, MAIN, 'serve'],
    env,
    isReady: ({ log }) => new RegExp(`${READY_SIGN}\\}\\n`).test(log),
  });
  const listening = JSON.parse(
    server.log.split('\n').find((line) => line.includes(READY_SIGN)) as string,
  ) as { readonly grpc: string; readonly admin: string };
  await untilReady(`http://${listening.admin}`, server);
  return {
    ...subject(server, listening.grpc),
    adminUrl: `http://${listening.admin}`,
    redisConnections: workers * Number(settings.REDIS_POOL_SIZE ?? 4),
  };
}

async function untilReady(adminUrl: string, server: ServerProcess): Promise<void> {
  await server.whenReady(async () => {
    const response = await fetch(`${adminUrl}/ready`);
    const { status } = (await response.json()) as { readonly status: string };
    return status === 'ready';
  });
}

/** A server that prints `listening host:port` when it does. */
export async function startPeer(
  name: string,
  command: readonly string[],
  core = SERVER_CORE,
): Promise<Subject> {
  const server = await startServer({
    name,
    command: 'taskset',
    args: async () => ['-c', core, ...command],
    isReady: ({ log }) => /^listening \S+\n/m.test(log),
  });
  return subject(server, /^listening (\S+)/m.exec(server.log)?.[1] as string);
}

function subject(server: ServerProcess, address: string): Subject {
  return {
    address,
    pids: () => processTree(server.pid),
    [Symbol.asyncDispose]: () => server.end('SIGTERM'),
  };
}

export interface Redis extends AsyncDisposable {
  readonly pid: number;
  readonly url: string;
  readonly port: number;
}

/** A Valkey that keeps nothing on disk. */
export async function startRedis(core = OTHER_CORE): Promise<Redis> {
  const { path } = await ensureTool('valkey');
  const port = await freePort();
  const server = await startServer({
    name: 'valkey',
    command: 'taskset',
    args: async (folder) => [
      ...['-c', core, path, '--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder],
      ...['--save', '', '--maxmemory-policy', 'noeviction'],
    ],
    isReady: ({ log }) => log.includes('Ready to accept connections'),
  });
  return {
    pid: server.pid,
    port,
    url: `redis://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => server.end('SIGTERM'),
  };
}
