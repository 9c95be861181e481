import { Agent, get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

/** How often what is due by then is sent. */
const BEAT_MS = 10;
const CONNECTIONS = 32;

export interface LoadOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** Requests a second. */
  readonly rate: number;
}

/** How many requests came to what: '200', '503 redis_error', 'ECONNRESET'. */
export type Outcomes = Readonly<Record<string, number>>;

/** Requests at a steady rate, whatever becomes of those before. */
export class Load implements AsyncDisposable {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  readonly #pending: Promise<string>[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(url: string, { headers, rate }: LoadOptions) {
    const begun = performance.now();
    this.#timer = setInterval(() => {
      const due = ((performance.now() - begun) * rate) / 1000;
      while (this.#pending.length < due) this.#pending.push(this.#send(url, headers));
    }, BEAT_MS);
  }

  get sent(): number {
    return this.#pending.length;
  }

  /** Sends no more, and waits for what was sent. */
  async stop(): Promise<Outcomes> {
    clearInterval(this.#timer);
    const outcomes = Map.groupBy(await Promise.all(this.#pending), (outcome) => outcome);
    return Object.fromEntries([...outcomes].map(([outcome, { length }]) => [outcome, length]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.#agent.destroy();
  }

  async #send(url: string, headers: LoadOptions['headers']): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    get(url, { headers, agent: this.#agent }, resolve).on('error', reject);
    try {
      const response = await promise;
      const reason = /"error":"(\w+)"/.exec(await text(response))?.[1];
      return reason === undefined ? `${response.statusCode}` : `${response.statusCode} ${reason}`;
    } catch (error) {
      return String((error as NodeJS.ErrnoException).code);
    }
  }
}
