import { Agent, get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

/** How often what is due by then is sent. */
const BEAT_MS = 1;
const CONNECTIONS = 32;

type Headers = Readonly<Record<string, string>>;

export interface LoadOptions {
  /** Of every request; of several each has its turn. */
  readonly headers: Headers | readonly Headers[];
  /** Requests a second. */
  readonly rate: number;
}

/** One request, and what it came to. */
export interface Answered {
  /** Which of the headers it had. */
  readonly turn: number;
  /** '200', '503 redis_error', 'ECONNRESET'. */
  readonly outcome: string;
  /** From when it was due, whenever it could be sent. */
  readonly tookMs: number;
}

/** How many requests came to what. */
export type Outcomes = Readonly<Record<string, number>>;

/** Requests at a steady rate, whatever becomes of those before. */
export class Load implements AsyncDisposable {
  // Each connection is used again and again, and so hears of it when Envoy wants it to end.
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS, scheduling: 'fifo' });
  readonly #url: string;
  readonly #headers: readonly Headers[];
  readonly #requests: Promise<Answered>[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(url: string, { headers, rate }: LoadOptions) {
    this.#url = url;
    this.#headers = [headers].flat();
    const begun = performance.now();
    const dueAt = (request: number) => begun + (request * 1000) / rate;
    this.#timer = setInterval(() => {
      const now = performance.now();
      for (let next = this.sent; dueAt(next) <= now; next++) {
        this.#requests.push(this.#ask(next % this.#headers.length, dueAt(next)));
      }
    }, BEAT_MS);
  }

  get sent(): number {
    return this.#requests.length;
  }

  /** Of those that have been sent by now, from the one of that number on; waits for the last. */
  answers(from = 0): Promise<readonly Answered[]> {
    return Promise.all(this.#requests.slice(from));
  }

  /** Sends no more, and waits for what was sent. */
  async stop(): Promise<Outcomes> {
    clearInterval(this.#timer);
    const outcomes = Map.groupBy(await this.answers(), ({ outcome }) => outcome);
    return Object.fromEntries([...outcomes].map(([outcome, { length }]) => [outcome, length]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.#agent.destroy();
  }

  async #ask(turn: number, dueAt: number): Promise<Answered> {
    const outcome = await this.#send(this.#headers[turn] as Headers);
    return { turn, outcome, tookMs: performance.now() - dueAt };
  }

  async #send(headers: Headers): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    get(this.#url, { headers, agent: this.#agent }, resolve).on('error', reject);
    try {
      const response = await promise;
      const reason = /"error":"(\w+)"/.exec(await text(response))?.[1];
      return reason === undefined ? `${response.statusCode}` : `${response.statusCode} ${reason}`;
    } catch (error) {
      return String((error as NodeJS.ErrnoException).code);
    }
  }
}
