import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { guard } from './guard.ts';
import { type ServerProcess, startServer } from './server-process.ts';
import { AUDIENCE, ISSUER, SECRET } from './tokens.ts';
import { transport } from './transport.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');

/** A line of the log. */
export type LogLine = Readonly<Record<string, unknown>>;

type Environment = Readonly<Record<string, string>>;

/** What `serve` cannot do without, a Redis aside; and free ports of 127.0.0.1, for one process. */
export const SETTINGS: Environment = {
  AUTH_GRPC_PORT: '0',
  AUTH_METRICS_PORT: '0',
  BIND_ADDRESS: '127.0.0.1',
  AUTH_SECRET_KEY: SECRET,
  AUTH_ISSUER: ISSUER,
  AUTH_AUDIENCE: AUDIENCE,
  DRAIN_DELAY_MS: '0',
  WORKERS: '1',
};

/** For tests of anything but overload: a machine that is busy with something else is none. */
export const NO_LATENCY_LIMIT: Environment = { LATENCY_TARGET_MS: '0' };

/** Nothing runs out of time, at each step, before so many ms have passed. */
export function patience(ms: number): Environment {
  const limit = String(ms);
  return {
    ...NO_LATENCY_LIMIT,
    ...{ CHECK_BUDGET_MS: limit, MAX_QUEUE_MS: limit, REDIS_POOL_TIMEOUT_MS: limit },
    ...{ REDIS_READ_TIMEOUT_MS: limit, REDIS_WRITE_TIMEOUT_MS: limit },
  };
}

/** Nothing of this process's environment gets to a Sluice but PATH. */
const environment = (env: Environment) => ({ PATH: process.env.PATH ?? '', ...env });

/**
 * A real Sluice, listening: `serve` in a process of its own, with these settings on top of what a
 * test needs. `main`: of another build than the sources here. `nodeFlags`: those of Node.js, not all of
 * which NODE_OPTIONS may hold.
 */
export function startSluice(
  env: Environment = {},
  { main = MAIN, nodeFlags = [] }: { main?: string; nodeFlags?: readonly string[] } = {},
): Promise<Sluice> {
  const args = [...nodeFlags, main, 'serve'];
  return start(args, { ...SETTINGS, ...env }, '"message":"listening"');
}

/** A real Sluice in dev mode, on free ports. */
export function startDev(env: Environment = {}): Promise<Sluice> {
  const ports = { AUTH_GRPC_PORT: '0', AUTH_METRICS_PORT: '0' };
  return start([MAIN, 'dev'], { ...ports, ...env }, 'Ready. Ctrl-C ends it.');
}

async function start(args: readonly string[], env: Environment, sign: string): Promise<Sluice> {
  const server = await startServer({
    name: 'sluice',
    command: process.execPath,
    args: async () => args,
    env: environment({ TRANSPORT: transport, ...env }),
    isReady: ({ log }) => log.includes(sign) && /"message":"listening"\}\n/.test(log),
  });
  return new Sluice(server);
}

/** One command of Sluice, to be looked after by the test. `env` is all it gets but PATH. */
export function spawnSluice(args: readonly string[], env: Environment) {
  const child = spawn(process.execPath, [MAIN, ...args], { env: environment(env) });
  guard(child);
  return child;
}

export interface Run {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs one command of Sluice to its end, and to that of every process it has started. `env` is all
 * it gets but PATH; `input`: what it reads.
 */
export async function runSluice(
  args: readonly string[],
  { env = {}, input = '' }: { readonly env?: Environment; readonly input?: string } = {},
): Promise<Run> {
  const child = spawnSluice(args, env);
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  child.stdin.on('error', () => {}); // it may end without reading
  child.stdin.end(input);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { exitCode: await exited, stdout, stderr };
}

export class Sluice implements AsyncDisposable {
  readonly grpcPort: number;
  readonly adminUrl: string;
  readonly #server: ServerProcess;

  constructor(server: ServerProcess) {
    this.#server = server;
    const listening = this.lines.find(({ message }) => message === 'listening');
    this.grpcPort = Number(String(listening?.grpc).split(':').at(-1));
    this.adminUrl = `http://${listening?.admin}`;
  }

  get pid(): number {
    return this.#server.pid;
  }

  /** As text. */
  get log(): string {
    return this.#server.log;
  }

  get lines(): readonly LogLine[] {
    return this.log
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as LogLine);
  }

  signal(signal: NodeJS.Signals): void {
    this.#server.signal(signal);
  }

  /** Resolves when it has ended by itself, with its exit code. */
  get exitCode(): Promise<number | null> {
    return this.#server.exitCode;
  }

  async ready(): Promise<{ readonly status: number; readonly body: LogLine }> {
    const response = await fetch(`${this.adminUrl}/ready`);
    return { status: response.status, body: (await response.json()) as LogLine };
  }

  /** The value of one series, as written in the text format; undefined when there is none. */
  async metric(series: string): Promise<number | undefined> {
    const text = await (await fetch(`${this.adminUrl}/metrics`)).text();
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length + 1));
  }

  /** Ends it without the delay of a drain. */
  stop(): Promise<void> {
    this.#server.signal('SIGINT');
    return this.#server.end('SIGTERM');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
