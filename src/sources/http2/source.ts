import type { Socket } from 'node:net';
import { Subject } from 'rxjs';
import { Call } from '../../domain/call.ts';
import type { Check } from '../../domain/check.ts';
import type { Clock } from '../../domain/clock.ts';
import type { Instrument } from '../../domain/instrument.ts';
import type { CheckSource, Logger, Readiness } from '../../domain/ports.ts';
import { CheckRequest, MAX_REQUEST_BYTES, TooLargeRequest } from '../codec/check-request.ts';
import { type GrpcOptions, listenerOptions } from '../grpc-options.ts';
import { Listener } from '../listener.ts';
import { Assembly } from './assembly.ts';
import { Connection, type ConnectionHost } from './connection.ts';
import { HealthCheck, HealthWatch } from './health.ts';
import { type Refusal, TransportMeter } from './meter.ts';
import { Penalties } from './penalties.ts';
import { Route } from './route.ts';
import type { Method } from './rpc.ts';
import type { Stream } from './stream.ts';
import { TICK_MS } from './timeouts.ts';

/**
 * Streams of a connection below which a limit costs more than it saves: a turn reads and writes once
 * for each connection, whatever comes, and a caller that is held back opens more connections.
 * Measured: 64 connections carry 100,000 checks/s with 4 streams each, and 142,000 with 16; but with 16
 * that is 1,024 open at once, which new tokens, of which a core verifies 20,000/s, wait 50 ms for.
 */
const WORTHWHILE_STREAMS = 4;
/** Share of its age by which a connection may go sooner or later, so that they do not all go at once. */
const AGE_JITTER = 0.1;

/**
 * Our own HTTP/2, for unary calls of a multiplexer that is trusted to mean well. Of one turn of the
 * event loop all Checks are one batch, and what a connection is sent is one write.
 */
export class Http2Source implements CheckSource, ConnectionHost {
  readonly calls = new Subject<readonly Call[]>();
  readonly instruments: readonly Instrument[];
  readonly maxStreams: number;
  readonly maxKeptBytes = MAX_REQUEST_BYTES;
  readonly assembly = new Assembly(() => this.refused('assembly_limit'));
  readonly #options: GrpcOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #listener: Listener;
  readonly #meter: TransportMeter;
  readonly #methods: Map<Route, Method>;
  readonly #watch: HealthWatch;
  readonly #penalties = new Penalties();
  readonly #connections = new Set<Connection>();
  /** Checks of this turn. */
  #batch: Call[] = [];
  /** Connections with something to send. */
  #listed: Connection[] = [];
  /** Calls that should be open at once, under pressure. */
  #limit: number | undefined;
  /** What a connection is told that it may have. */
  #streamShare: number;
  #inTurn = false;
  #flushing = false;
  #turnStartedAt = 0;
  #stopTick: (() => void) | undefined;
  #starting: Promise<unknown> = Promise.resolve();
  #drained: Promise<void> | undefined;

  constructor(options: GrpcOptions, readiness: Readiness, clock: Clock, logger: Logger) {
    this.#options = options;
    this.#clock = clock;
    this.#logger = logger;
    this.maxStreams = options.maxConcurrentStreams;
    this.#streamShare = this.maxStreams;
    this.#meter = new TransportMeter(() => this.#connections.size);
    this.instruments = this.#meter.instruments;
    this.#watch = new HealthWatch(readiness);
    this.#methods = new Map<Route, Method>([
      [Route.HEALTH_CHECK, new HealthCheck(readiness)],
      [Route.HEALTH_WATCH, this.#watch],
    ]);
    this.#listener = new Listener(
      { ...listenerOptions(options), onDropped: () => this.refused('connection_limit') },
      (socket) => this.#take(socket),
    );
  }

  start(): Promise<{ readonly port: number }> {
    const started = this.#listen();
    this.#starting = started.catch(() => undefined);
    return started;
  }

  async #listen(): Promise<{ readonly port: number }> {
    if (this.#options.reflection) {
      // With it comes the gRPC library: 10 MiB that are seldom needed.
      const { reflectionMethods } = await import('./reflection.ts');
      for (const [route, method] of reflectionMethods()) this.#methods.set(route, method);
    }
    return { port: await this.#listener.start(this.#options, this.#clock, this.#logger) };
  }

  limit(calls?: number): number {
    this.#limit = calls;
    return this.#shareStreams();
  }

  /**
   * Each connection that is in use gets an equal share of the streams: of the limit, or, where there is
   * none and many are open already, of what is worth having open.
   */
  #shareStreams(): number {
    let inUse = 0;
    let open = 0;
    for (const { openStreams } of this.#connections) {
      if (openStreams > 0) inUse++;
      open += openStreams;
    }
    inUse = Math.max(inUse, 1);
    const { maxCalls } = this.#options;
    const calls = this.#limit ?? (open > maxCalls / 2 ? maxCalls : Number.POSITIVE_INFINITY);
    const share = Math.max(Math.ceil(calls / inUse), WORTHWHILE_STREAMS);
    this.#streamShare = Math.min(share, this.maxStreams);
    for (const connection of this.#connections) connection.limitStreams(this.#streamShare);
    return this.#streamShare * inUse;
  }

  drain(timeoutMs: number): Promise<void> {
    this.#drained ??= this.#shutDown(timeoutMs);
    return this.#drained;
  }

  async #shutDown(timeoutMs: number): Promise<void> {
    await this.#starting;
    // It is the listener that cuts off what is left.
    const drained = this.#listener.drain(timeoutMs, this.#clock);
    this.#watch.end();
    for (const connection of this.#connections) connection.goAway(Number.POSITIVE_INFINITY);
    await drained;
    this.#stopTick?.();
    this.calls.complete();
  }

  // ConnectionHost

  get streamShare(): number {
    return this.#streamShare;
  }

  /** One reading of the clock a turn. */
  get now(): number {
    return this.#inTurn ? this.#turnStartedAt : this.#clock.now();
  }

  method(route: Route): Method | undefined {
    return this.#methods.get(route);
  }

  check(stream: Stream, bytes: Buffer | undefined, start: number, stop: number): void {
    const check: Check =
      bytes === undefined
        ? new TooLargeRequest(stream)
        : new CheckRequest(bytes, stream, start, stop);
    const { now } = this;
    const budgetMs = Math.min(stream.timeoutMs, this.#options.budgetMs);
    stream.call = new Call(check, stream, now, now + budgetMs);
    this.#batch.push(stream.call);
  }

  refused(refusal: Refusal): void {
    this.#meter.refused(refusal);
  }

  reading(connection: Connection): void {
    this.#list(connection);
    if (this.#inTurn) return;
    this.#turnStartedAt = this.#clock.now();
    this.#inTurn = true;
    this.#clock.endOfTurn(this.#endTurn);
  }

  answered(connection: Connection): void {
    this.#list(connection);
    if (this.#flushing || this.#inTurn) return;
    this.#flushing = true;
    queueMicrotask(this.#flush);
  }

  nextTurn(task: () => void): void {
    this.#clock.endOfTurn(task);
  }

  gone(connection: Connection): void {
    this.#connections.delete(connection);
    if (this.#connections.size > 0) return;
    this.#stopTick?.();
    this.#stopTick = undefined;
  }

  thrownOut(address: string): void {
    this.#penalties.thrownOut(address, this.now);
  }

  /** Hears a new connection, at once or in a while: little of what it sends is read until then. */
  #take(socket: Socket): void {
    const waitMs = this.#penalties.waitMs(socket.remoteAddress ?? '', this.now);
    if (waitMs === 0) {
      this.#connect(socket);
      return;
    }
    socket.on('error', () => undefined); // it may go away meanwhile
    this.#clock.after(waitMs, () => {
      if (!socket.destroyed) this.#connect(socket);
    });
  }

  #connect(socket: Socket): void {
    const { maxConnectionAgeMs: ageMs, maxConnectionAgeGraceMs: graceMs } = this.#options;
    const jitter = 1 + AGE_JITTER * (2 * Math.random() - 1);
    const retireAt = ageMs > 0 ? this.now + ageMs * jitter : Number.POSITIVE_INFINITY;
    this.#shareStreams();
    const connection = new Connection(socket, this, retireAt, graceMs);
    this.#connections.add(connection);
    if (this.#drained !== undefined) connection.goAway(Number.POSITIVE_INFINITY);
    this.#stopTick ??= this.#clock.every(TICK_MS, () => this.#tick());
  }

  #tick(): void {
    this.#shareStreams();
    for (const connection of this.#connections) connection.tick();
  }

  #list(connection: Connection): void {
    if (connection.isListed) return;
    connection.isListed = true;
    this.#listed.push(connection);
  }

  // Bound once: a turn makes no closures.
  readonly #endTurn = (): void => {
    this.#inTurn = false;
    const batch = this.#batch;
    if (batch.length > 0) {
      this.#batch = [];
      this.calls.next(batch);
    }
    this.#flush();
  };

  readonly #flush = (): void => {
    this.#flushing = false;
    const listed = this.#listed;
    this.#listed = [];
    for (const connection of listed) {
      connection.isListed = false;
      connection.flush();
    }
  };
}
