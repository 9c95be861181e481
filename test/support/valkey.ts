import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { ensureTool } from '../../scripts/lib/tools.ts';
import { freePort } from './free-port.ts';
import { type ServerProcess, startServer } from './server-process.ts';
import { startTlsFront, type TlsFiles, type TlsFront } from './tls-front.ts';

const PORT_TRIES = 5;
const COMMAND_MS = 5_000;

export interface ValkeyOptions {
  /** Of the default user. */
  readonly password?: string;
  /** Lines of valkey.conf: 'maxclients 20', 'user app on >secret ~blacklist:* +exists'. */
  readonly config?: readonly string[];
  /**
   * Clients then speak TLS, and to a front of ours, because the installed server is built without
   * TLS: while the server is down they are let in and closed, not refused.
   */
  readonly tls?: TlsFiles;
}

export async function startValkey(options: ValkeyOptions = {}): Promise<Valkey> {
  const { path } = await ensureTool('valkey');
  const launcher = new Launcher(path, options);
  const { port, server } = await startSomewhere(launcher);
  try {
    const front = options.tls && (await startTlsFront(port, options.tls));
    return new Valkey(launcher, port, server, front);
  } catch (error) {
    await server.end('SIGKILL');
    throw error;
  }
}

async function startSomewhere(launcher: Launcher) {
  for (let left = PORT_TRIES; ; left--) {
    const port = await freePort();
    try {
      return { port, server: await launcher.start(port) };
    } catch (error) {
      if (left === 1 || !/address already in use/i.test(String(error))) throw error;
    }
  }
}

class Launcher {
  readonly path: string;
  readonly options: ValkeyOptions;
  /** The tests' own user, so that `command` works whatever a test does to the others. */
  readonly admin = { username: 'test-support', password: randomUUID() };

  constructor(path: string, options: ValkeyOptions) {
    this.path = path;
    this.options = options;
  }

  start(port: number): Promise<ServerProcess> {
    return startServer({
      name: `valkey-${port}`,
      command: this.path,
      args: async (folder) => {
        const file = join(folder, 'valkey.conf');
        await writeFile(file, this.#config(port, folder).join('\n'));
        return [file];
      },
      // Not a connection: another process may have the port, and would answer.
      isReady: (server) => server.log.includes('Ready to accept connections'),
    });
  }

  #config(port: number, folder: string): string[] {
    const { password, config = [] } = this.options;
    return [
      'bind 127.0.0.1',
      `port ${port}`,
      `dir ${JSON.stringify(folder)}`,
      'save ""',
      `user ${this.admin.username} on >${this.admin.password} ~* &* +@all`,
      ...(password === undefined ? [] : [`requirepass ${JSON.stringify(password)}`]),
      ...config,
    ];
  }
}

/** A server that keeps its data in memory only. */
export class Valkey implements AsyncDisposable {
  readonly port: number;
  readonly url: string;
  readonly #launcher: Launcher;
  readonly #serverPort: number;
  readonly #front: TlsFront | undefined;
  #server: ServerProcess;

  constructor(
    launcher: Launcher,
    serverPort: number,
    server: ServerProcess,
    front: TlsFront | undefined,
  ) {
    const { password } = launcher.options;
    const auth = password === undefined ? '' : `:${encodeURIComponent(password)}@`;
    this.port = front?.port ?? serverPort;
    this.url = `${front ? 'rediss' : 'redis'}://${auth}127.0.0.1:${this.port}`;
    this.#launcher = launcher;
    this.#serverPort = serverPort;
    this.#front = front;
    this.#server = server;
  }

  get pid(): number {
    return this.#server.pid;
  }

  get log(): string {
    return this.#server.log;
  }

  /** Runs one command as a user who may do everything, over a connection of its own. */
  async command(name: string, ...args: readonly (string | number)[]): Promise<unknown> {
    const client = new Redis({
      host: '127.0.0.1',
      port: this.#serverPort,
      ...this.#launcher.admin,
      lazyConnect: true,
      retryStrategy: null,
      connectTimeout: COMMAND_MS,
      commandTimeout: COMMAND_MS,
    });
    client.on('error', () => {}); // connect() rejects with it
    try {
      await client.connect();
      return await client.call(name, ...args);
    } finally {
      client.disconnect();
    }
  }

  /** Lets it end in order: what was received is answered. */
  stop(): Promise<void> {
    return this.#server.end('SIGTERM');
  }

  kill(): Promise<void> {
    return this.#server.end('SIGKILL');
  }

  /** Connections stay open, and new ones are taken by the kernel, but nothing is answered. */
  pause(): void {
    this.#server.signal('SIGSTOP');
  }

  resume(): void {
    this.#server.signal('SIGCONT');
  }

  /** On the same port, and empty; stopped first if it runs. */
  async restart(): Promise<void> {
    await this.stop();
    this.#server = await this.#launcher.start(this.#serverPort);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#front?.[Symbol.asyncDispose]();
    await this.stop();
  }
}
