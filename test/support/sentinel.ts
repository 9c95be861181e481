import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureTool } from '../../scripts/lib/tools.ts';
import { freePort } from './free-port.ts';
import { type ServerProcess, startServer } from './server-process.ts';

/** Short, so that a test need not wait: a master is taken for dead after this, in ms. */
const DOWN_AFTER_MS = 300;

/** A sentinel, alone its quorum, that watches the master at a port. */
export async function startSentinel(masterPort: number, name: string): Promise<Sentinel> {
  const { path } = await ensureTool('valkey');
  const port = await freePort();
  const server = await startServer({
    name: `sentinel-${port}`,
    command: path,
    args: async (folder) => {
      const file = join(folder, 'sentinel.conf');
      const lines = [
        ...['bind 127.0.0.1', `port ${port}`, `dir ${JSON.stringify(folder)}`],
        `sentinel monitor ${name} 127.0.0.1 ${masterPort} 1`,
        `sentinel down-after-milliseconds ${name} ${DOWN_AFTER_MS}`,
        `sentinel failover-timeout ${name} 5000`,
      ];
      await writeFile(file, lines.join('\n'));
      return [file, '--sentinel'];
    },
    isReady: ({ log }) => log.includes('+monitor master'),
  });
  return new Sentinel(port, server);
}

export class Sentinel implements AsyncDisposable {
  readonly port: number;
  readonly #server: ServerProcess;

  constructor(port: number, server: ServerProcess) {
    this.port = port;
    this.#server = server;
  }

  get log(): string {
    return this.#server.log;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.end('SIGTERM');
  }
}
