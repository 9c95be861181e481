import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureTool } from '../../scripts/lib/tools.ts';
import { type ServerProcess, startServer } from './server-process.ts';

/** One sample of an instant vector. */
export interface PrometheusSample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data?: {
    readonly resultType: string;
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly value: readonly [at: number, value: string];
    }[];
  };
}

const LISTENING = /"Listening on".* address=(\S+)/;

/** A real Prometheus on a free port. `config`: as in prometheus.yml. */
export async function startPrometheus(config: object): Promise<Prometheus> {
  const { path } = await ensureTool('prometheus');
  const server = await startServer({
    name: 'prometheus',
    command: path,
    args: async (folder) => {
      const file = join(folder, 'prometheus.yml');
      await writeFile(file, JSON.stringify(config));
      return [
        ...[`--config.file=${file}`, `--storage.tsdb.path=${join(folder, 'data')}`],
        '--web.listen-address=127.0.0.1:0',
      ];
    },
    isReady: ({ log }) => LISTENING.test(log) && log.includes('ready to receive web requests'),
  });
  return new Prometheus(server, `http://${LISTENING.exec(server.log)?.[1]}`);
}

export class Prometheus implements AsyncDisposable {
  readonly #server: ServerProcess;
  readonly #url: string;

  constructor(server: ServerProcess, url: string) {
    this.#server = server;
    this.#url = url;
  }

  /** As of now; rejects where the query is none, or makes no instant vector. */
  async query(expr: string): Promise<readonly PrometheusSample[]> {
    const body = new URLSearchParams({ query: expr });
    const response = await fetch(`${this.#url}/api/v1/query`, { method: 'POST', body });
    const { data, error } = (await response.json()) as Answer;
    if (data?.resultType !== 'vector') throw new Error(`${expr}: ${error ?? data?.resultType}`);
    return data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.end('SIGTERM');
  }
}
