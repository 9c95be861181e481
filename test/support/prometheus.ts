import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureTool } from '../../scripts/lib/tools.ts';
import {
  type PrometheusSample,
  type PrometheusSeries,
  readMatrix,
  readVector,
} from './prometheus-answer.ts';
import { type ServerProcess, startServer } from './server-process.ts';

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

  get pid(): number {
    return this.#server.pid;
  }

  /**
   * As of now, or of a Unix time in seconds; rejects where the query is none, or makes no instant
   * vector.
   */
  async query(expr: string, at?: number): Promise<readonly PrometheusSample[]> {
    const time = at === undefined ? {} : { time: String(at) };
    return readVector(await this.#ask('query', { query: expr, ...time }), expr);
  }

  /** Between two Unix times, a value every `step`, all in seconds; rejects where the query is none. */
  async queryRange(
    expr: string,
    { start, end, step }: { readonly start: number; readonly end: number; readonly step: number },
  ): Promise<readonly PrometheusSeries[]> {
    const range = { start: String(start), end: String(end), step: String(step) };
    return readMatrix(await this.#ask('query_range', { query: expr, ...range }), expr);
  }

  async #ask(path: string, parameters: Readonly<Record<string, string>>): Promise<unknown> {
    const body = new URLSearchParams(parameters);
    const response = await fetch(`${this.#url}/api/v1/${path}`, { method: 'POST', body });
    return response.json();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.end('SIGTERM');
  }
}
