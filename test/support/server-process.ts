import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { guard } from './guard.ts';

const READY_MS = 60_000;
const STOP_MS = 20_000;
const POLL_MS = 10;
const LOG_CHARACTERS = 32_768;

export interface ServerOptions {
  readonly name: string;
  readonly command: string;
  /** Given the server's own folder, which goes when the server goes. */
  readonly args: (folder: string) => Promise<readonly string[]>;
  /** In place of this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Asked again and again until it says true. */
  readonly isReady: (server: ServerProcess) => boolean | Promise<boolean>;
}

const noted = new Set<ServerProcess>();

/** The end of the log of every server that runs, or has ended since this was last called. */
export function serverLogs(): string {
  const logs = [...noted].map((server) => `--- log of ${server.name}\n${server.log}`);
  for (const server of noted) if (server.hasEnded) noted.delete(server);
  return logs.join('\n');
}

export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const folder = await mkdtemp(join(tmpdir(), `sluice-${options.name}-`));
  const server = new ServerProcess(options, folder, await options.args(folder));
  try {
    await server.whenReady(options.isReady);
    return server;
  } catch (error) {
    await server.end('SIGKILL');
    throw new Error(`${options.name}: ${(error as Error).message}\n${server.log}`);
  }
}

/** One run of a server. Process and folder do not outlive the test process. */
export class ServerProcess {
  readonly name: string;
  readonly folder: string;
  readonly #child: ChildProcess;
  readonly #gone = Promise.withResolvers<void>();
  readonly #exited = Promise.withResolvers<number | null>();
  #log = '';
  #end: string | undefined;

  constructor(options: ServerOptions, folder: string, args: readonly string[]) {
    this.name = options.name;
    this.folder = folder;
    const child = spawn(options.command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.env !== undefined && { env: options.env }),
    });
    guard(child, folder);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => {
        this.#log = (this.#log + text).slice(-LOG_CHARACTERS);
      });
    }
    child.once('error', (error) => {
      this.#end = error.message;
    });
    child.once('close', (code, signal) => {
      this.#exited.resolve(code);
      this.#end ??= signal === null ? `exit code ${code}` : `ended by ${signal}`;
      rm(folder, { recursive: true, force: true }).then(this.#gone.resolve, this.#gone.reject);
    });
    this.#child = child;
    noted.add(this);
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** The last of what it wrote to stdout and stderr. */
  get log(): string {
    return this.#log;
  }

  /** Resolves when it has ended; null when a signal ended it. */
  get exitCode(): Promise<number | null> {
    return this.#exited.promise;
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  async whenReady(isReady: ServerOptions['isReady']): Promise<void> {
    const deadline = performance.now() + READY_MS;
    for (;;) {
      if (this.#end !== undefined) throw new Error(`did not start: ${this.#end}`);
      if (await isReady(this)) return;
      if (performance.now() > deadline) throw new Error(`not ready within ${READY_MS} ms`);
      await sleep(POLL_MS);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves once it has gone; rejects, and kills it, when SIGTERM does not end it in time. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.signal(signal);
    this.signal('SIGCONT'); // a paused one would not see SIGTERM
    const timer = new AbortController();
    const late = sleep(STOP_MS, 'late' as const, { signal: timer.signal }).catch(() => undefined);
    const first = await Promise.race([this.#gone.promise, late]);
    timer.abort();
    if (first !== 'late') return;
    this.signal('SIGKILL');
    await this.#gone.promise;
    throw new Error(`${this.name} did not end within ${STOP_MS} ms of ${signal}\n${this.log}`);
  }
}
