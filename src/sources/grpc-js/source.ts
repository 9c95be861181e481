import {
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { Subject } from 'rxjs';
import { Call, type Responder } from '../../domain/call.ts';
import type { Clock } from '../../domain/clock.ts';
import type { Decision } from '../../domain/decision.ts';
import type { Instrument } from '../../domain/instrument.ts';
import type { CheckSource, Logger, Readiness } from '../../domain/ports.ts';
import { CHECK_PATH, CheckRequest } from '../codec/check-request.ts';
import { keptCheckResponse } from '../codec/check-response.ts';
import { type GrpcOptions, listenerOptions, MAX_MESSAGE_BYTES } from '../grpc-options.ts';
import { Listener } from '../listener.ts';
import { createReflection } from '../reflection.ts';
import { addHealth } from './health.ts';

const KEEPALIVE_TIME_MS = 60_000;
const KEEPALIVE_TIMEOUT_MS = 20_000;
/**
 * A deadline longer ago than this is none: above 24 days the library's arithmetic overflows. It then
 * also ends the call by itself, after 1 ms, so that only what is decided at once gets through.
 */
const OVERFLOWN_MS = 1_000;

type RawCall = ServerUnaryCall<Buffer, Uint8Array>;
type RawCallback = sendUnaryData<Uint8Array>;

/** The reference source: the gRPC library does the transport, we read and write raw messages. */
export class GrpcJsSource implements CheckSource {
  readonly calls = new Subject<readonly Call[]>();
  /** The transport is the library's, and counts nothing. */
  readonly instruments: readonly Instrument[] = [];
  readonly #options: GrpcOptions;
  readonly #clock: Clock;
  readonly #server: Server;
  readonly #logger: Logger;
  readonly #listener: Listener;
  readonly #endHealth: () => void;
  #turn: Call[] = [];
  #starting: Promise<unknown> = Promise.resolve();
  #drained: Promise<void> | undefined;

  constructor(options: GrpcOptions, readiness: Readiness, clock: Clock, logger: Logger) {
    this.#options = options;
    this.#clock = clock;
    this.#logger = logger;
    this.#server = new Server({
      'grpc.max_concurrent_streams': options.maxConcurrentStreams,
      'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
      'grpc.keepalive_time_ms': KEEPALIVE_TIME_MS,
      'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
      ...(options.maxConnectionAgeMs > 0 && {
        'grpc.max_connection_age_ms': options.maxConnectionAgeMs,
        'grpc.max_connection_age_grace_ms': options.maxConnectionAgeGraceMs,
      }),
      'grpc.enable_channelz': 0,
    });
    const check: handleUnaryCall<Buffer, Uint8Array> = (call, callback) =>
      this.#receive(call, callback);
    this.#server.register(CHECK_PATH, check, asBuffer, asBuffer, 'unary');
    this.#endHealth = addHealth(this.#server, readiness);
    if (options.reflection) createReflection().addToServer(this.#server);
    // Insecure as far as the library knows: TLS is the listener's.
    const injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
    this.#listener = new Listener(listenerOptions(options), (socket) => {
      // The library would not tell it to go.
      if (this.#drained === undefined) injector.injectConnection(socket);
      else socket.destroy();
    });
  }

  start(): Promise<{ readonly port: number }> {
    const started = this.#listen();
    this.#starting = started.catch(() => undefined);
    return started;
  }

  async #listen(): Promise<{ readonly port: number }> {
    return { port: await this.#listener.start(this.#options, this.#clock, this.#logger) };
  }

  drain(timeoutMs: number): Promise<void> {
    this.#drained ??= this.#shutDown(timeoutMs);
    return this.#drained;
  }

  async #shutDown(timeoutMs: number): Promise<void> {
    await this.#starting;
    this.#endHealth();
    const drained = this.#listener.drain(timeoutMs, this.#clock);
    this.#server.tryShutdown(() => undefined);
    await drained;
    this.calls.complete();
  }

  #receive(call: RawCall, callback: RawCallback): void {
    const now = this.#clock.now();
    const rpc = { rpcHeader: (name: string) => metadataValue(call, name) };
    const check = new CheckRequest(call.request, rpc);
    const open = new Call(check, new UnaryResponder(callback), now, now + this.#budgetFor(call));
    call.once('cancelled', () => open.cancel());
    if (this.#turn.length === 0) this.#clock.endOfTurn(() => this.#endTurn());
    this.#turn.push(open);
  }

  #endTurn(): void {
    const batch = this.#turn;
    this.#turn = [];
    this.calls.next(batch);
  }

  /** The library gives grpc-timeout as an instant of the wall clock; ours is monotonic. */
  #budgetFor(call: RawCall): number {
    const { budgetMs } = this.#options;
    const leftMs = Number(call.getDeadline()) - Date.now();
    return leftMs < -OVERFLOWN_MS ? budgetMs : Math.min(leftMs, budgetMs);
  }
}

class UnaryResponder implements Responder {
  readonly #callback: RawCallback;

  constructor(callback: RawCallback) {
    this.#callback = callback;
  }

  reply(decision: Decision): void {
    if (decision.signal === 'grpc_status') {
      this.#callback({ code: decision.spec.grpcCode, details: decision.reason });
    } else {
      this.#callback(null, keptCheckResponse(decision));
    }
  }
}

function metadataValue(call: RawCall, name: string): string | undefined {
  const value = call.metadata.get(name)[0];
  return typeof value === 'string' ? value : undefined;
}

/** Messages pass through the library as bytes, so that it can refuse none as malformed. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes);
}
