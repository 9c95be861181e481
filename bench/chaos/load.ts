import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { CHECK_PATH } from '../../src/sources/codec/check-request.ts';
import { type CheckResponse, decodeCheckResponse } from '../../test/support/protobuf.ts';
import { type Answer, LOST } from './grade.ts';
import type { Entry } from './ledger.ts';
import type { Token } from './population.ts';

export interface LoadOptions {
  /** host:port of one Sluice, or of several that take turns. */
  readonly addresses: readonly string[];
  readonly connections: number;
  /** Checks a second, whatever becomes of those before. */
  readonly rate: number;
  /** A check without an answer by then is lost. */
  readonly lostAfterMs: number;
}

/** How often what is due by then is sent. */
const BEAT_MS = 1;

const CHANNEL = {
  'grpc.use_local_subchannel_pool': 1,
  // Seconds otherwise, which would be taken for a slow recovery of the server.
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.min_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 100,
  'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
};

/** What to ask about next. */
export interface Questions<T> {
  next(): T;
}

/** Where every check is put down, and what became of it. */
export interface Book<T, E> {
  sent(token: T, sentAt: number): E;
  answered(entry: E, answer: Answer): void;
}

/** Checks at a steady rate, each put down in a ledger. */
export class Load<T extends Pick<Token, 'request'> = Token, E = Entry> implements AsyncDisposable {
  readonly #clients: readonly Client[];
  readonly #options: LoadOptions;
  readonly #population: Questions<T>;
  readonly #ledger: Book<T, E>;
  #timer: NodeJS.Timeout | undefined;
  #nextAt = 0;
  #turn = 0;
  #open = 0;
  #idle = Promise.withResolvers<void>();

  constructor(options: LoadOptions, population: Questions<T>, ledger: Book<T, E>) {
    this.#options = options;
    this.#population = population;
    this.#ledger = ledger;
    const target = `ipv4:${options.addresses.join(',')}`;
    this.#clients = Array.from(
      { length: options.connections },
      () => new Client(target, credentials.createInsecure(), CHANNEL),
    );
    this.resume();
  }

  pause(): void {
    clearInterval(this.#timer);
  }

  resume(): void {
    this.#nextAt = performance.now();
    this.#timer = setInterval(() => this.#beat(), BEAT_MS);
  }

  #beat(): void {
    const now = performance.now();
    for (; this.#nextAt <= now; this.#nextAt += 1000 / this.#options.rate) this.#send();
  }

  #send(): void {
    const token = this.#population.next();
    const client = this.#clients[this.#turn++ % this.#clients.length] as Client;
    const entry = this.#ledger.sent(token, performance.now());
    const deadline = Date.now() + this.#options.lostAfterMs;
    this.#open++;
    client.makeUnaryRequest<Buffer, CheckResponse>(
      ...([CHECK_PATH, (request: Buffer) => request, decodeCheckResponse, token.request] as const),
      { deadline },
      (error, response) => {
        this.#ledger.answered(entry, toAnswer(error, response));
        if (--this.#open === 0) this.#idle.resolve();
      },
    );
  }

  /** Sends no more, and waits for what was sent. */
  async stop(): Promise<void> {
    this.pause();
    this.#idle = Promise.withResolvers();
    if (this.#open > 0) await this.#idle.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    for (const client of this.#clients) client.close();
  }
}

function toAnswer(error: ServiceError | null, response: CheckResponse | undefined): Answer {
  const at = performance.now();
  if (response === undefined) {
    const code = error?.code ?? status.UNKNOWN;
    return { at, status: 0, reason: code === status.DEADLINE_EXCEEDED ? LOST : `${status[code]}` };
  }
  // Envoy takes a status of 0, or none, for an allow.
  const isAllow = (response.grpcCode ?? 0) === 0;
  const reason = String(response.dynamicMetadata.reason);
  return { at, status: isAllow ? 200 : (response.httpStatus ?? 403), reason };
}
