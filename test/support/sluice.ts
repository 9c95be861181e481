import { join } from 'node:path';
import { type ServerProcess, startServer } from './server-process.ts';
import { AUDIENCE, ISSUER, SECRET } from './tokens.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');

/** A line of the log. */
export type LogLine = Readonly<Record<string, unknown>>;

/**
 * A real Sluice, listening: `serve` in a process of its own, on free ports of 127.0.0.1, with these
 * settings on top of what a test needs. Nothing of this process's environment gets there but PATH.
 */
export async function startSluice(env: Readonly<Record<string, string>> = {}): Promise<Sluice> {
  const server = await startServer({
    name: 'sluice',
    command: process.execPath,
    args: async () => [MAIN, 'serve'],
    env: {
      PATH: process.env.PATH ?? '',
      AUTH_GRPC_PORT: '0',
      AUTH_METRICS_PORT: '0',
      BIND_ADDRESS: '127.0.0.1',
      AUTH_SECRET_KEY: SECRET,
      AUTH_ISSUER: ISSUER,
      AUTH_AUDIENCE: AUDIENCE,
      DRAIN_DELAY_MS: '0',
      WORKERS: '1',
      ...env,
    },
    isReady: ({ log }) => log.includes('"message":"listening"'),
  });
  return new Sluice(server);
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
