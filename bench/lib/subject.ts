import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ServerProcess, startServer } from '../../test/support/server-process.ts';
import { processTree } from './proc.ts';

/** The server under test has one core to itself; the generator and Redis share the other. */
export const SERVER_CORE = '0';
export const OTHER_CORE = '1';

/** Moves a process that runs, with all its threads. */
export function pin(pid: number, core: string): void {
  execFileSync('taskset', ['-a', '-p', '-c', core, String(pid)], { stdio: 'ignore' });
}

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
  /** Flags of Node.js beside those of `npm run serve`; of two that contradict, these hold. */
  readonly nodeFlags?: readonly string[];
  /** Command that it is started by: one that puts it into a cgroup, say. */
  readonly within?: readonly string[];
}

const ROOT = new URL('../..', import.meta.url).pathname;
const READY_SIGN = '"message":"listening"';

/** `serve` as it is run in production, with these settings. */
export async function startSluice(options: SluiceOptions): Promise<Subject> {
  const { settings, nodeFlags = [], within = [] } = options;
  const workers = Number(settings.WORKERS) || 1; // auto is 1 here
  const usual = await serveScript();
  const env = {
    ...usual.env,
    ...{ PATH: process.env.PATH ?? '', BIND_ADDRESS: '127.0.0.1', WORKERS: '1' },
    ...{ AUTH_GRPC_PORT: '0', AUTH_METRICS_PORT: '0', DRAIN_DELAY_MS: '0' },
    ...{ GRPC_MAX_CONNECTION_AGE_MS: '0' },
    ...settings,
  };
  const server = await startServer({
    name: 'sluice',
    command: 'taskset',
    args: async () => [
      '-c',
      SERVER_CORE,
      ...within,
      process.execPath,
      ...usual.flags,
      ...nodeFlags,
      ...usual.command,
    ],
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

interface ServeScript {
  readonly env: Environment;
  /** Flags of Node.js. */
  readonly flags: readonly string[];
  readonly command: readonly string[];
}

/** What `npm run serve` runs: NAME=value … node --flag … main.js serve */
export async function serveScript(): Promise<ServeScript> {
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const words = scripts.serve.split(' ') as string[];
  const node = words.indexOf('node');
  const rest = words.slice(node + 1);
  const [main, ...command] = rest.filter((word) => !word.startsWith('--'));
  return {
    env: Object.fromEntries(words.slice(0, node).map((word) => word.split('=', 2))),
    flags: rest.filter((word) => word.startsWith('--')),
    command: [join(ROOT, main as string), ...command],
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
export async function startPeer(name: string, command: readonly string[]): Promise<Subject> {
  const server = await startServer({
    name,
    command: 'taskset',
    args: async () => ['-c', SERVER_CORE, ...command],
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
