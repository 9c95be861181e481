import { Subject } from 'rxjs';
import { Call } from '../../../src/domain/call.ts';
import type { Check } from '../../../src/domain/check.ts';
import { CheckRequest, TooLargeRequest } from '../../../src/sources/codec/check-request.ts';
import type { Connection, ConnectionHost } from '../../../src/sources/http2/connection.ts';
import { HealthCheck, HealthWatch } from '../../../src/sources/http2/health.ts';
import { reflectionMethods } from '../../../src/sources/http2/reflection.ts';
import { Route } from '../../../src/sources/http2/route.ts';
import type { Method } from '../../../src/sources/http2/rpc.ts';
import type { Stream } from '../../../src/sources/http2/stream.ts';
import { answerTo, questionOf } from './answers.ts';

const START_MS = 1_000;
const reflection: ReadonlyMap<Route, Method> = new Map(reflectionMethods());

export interface Limits {
  readonly maxStreams: number;
  readonly maxKeptBytes: number;
  /** Of messages that come in parts. */
  readonly assemblyBytes: number;
}

export interface Asked {
  readonly id: number;
  readonly question: string;
  readonly call: Call;
}

/** The server around a connection, with a pipeline that answers when it is told to. */
export class TwinHost implements ConnectionHost {
  now = START_MS;
  readonly maxStreams: number;
  readonly maxKeptBytes: number;
  readonly readiness = { ready: true, changes: new Subject<boolean>() };
  /** All Checks that were handed out. */
  readonly asked: Asked[] = [];
  /** Streams that had something else to answer them. */
  readonly served = new Set<number>();
  readonly refusals: string[] = [];
  assembledBytes = 0;
  isGone = false;
  /** What the next turn begins with. */
  readonly #later: (() => void)[] = [];
  /** Whether the connection has something to flush. */
  #isListed = false;
  readonly #methods: ReadonlyMap<Route, Method>;

  constructor(limits: Limits) {
    this.maxStreams = limits.maxStreams;
    this.maxKeptBytes = limits.maxKeptBytes;
    this.#assemblyBytes = limits.assemblyBytes;
    this.#methods = new Map<Route, Method>([
      [Route.HEALTH_CHECK, this.#noting(new HealthCheck(this.readiness))],
      [Route.HEALTH_WATCH, this.#noting(new HealthWatch(this.readiness))],
      ...[...reflection].map(([route, method]) => [route, this.#noting(method)] as const),
    ]);
  }

  readonly #assemblyBytes: number;

  get streamShare(): number {
    return this.maxStreams;
  }

  readonly assembly = {
    take: (bytes: number): boolean => {
      if (bytes < 0) throw new Error(`${bytes} bytes taken`);
      if (this.assembledBytes + bytes > this.#assemblyBytes) {
        this.refused('assembly_limit');
        return false;
      }
      this.assembledBytes += bytes;
      return true;
    },
    give: (bytes: number): void => {
      this.assembledBytes -= bytes;
      if (bytes < 0 || this.assembledBytes < 0) throw new Error('more given back than was taken');
    },
  };

  method(route: Route): Method | undefined {
    return this.#methods.get(route);
  }

  check(stream: Stream, bytes: Buffer | undefined, start: number, stop: number): void {
    if (this.isGone) throw new Error('a Check of a connection that has gone');
    const check: Check =
      bytes === undefined
        ? new TooLargeRequest(stream)
        : new CheckRequest(bytes, stream, start, stop);
    const call = new Call(check, stream, this.now, this.now + stream.timeoutMs);
    stream.call = call;
    this.asked.push({ id: stream.id, question: questionOf(check), call });
  }

  refused(refusal: string): void {
    this.refusals.push(refusal);
  }

  reading(_: Connection): void {
    this.#isListed = true;
  }

  answered(_: Connection): void {
    this.#isListed = true;
  }

  nextTurn(task: () => void): void {
    this.#later.push(task);
  }

  thrownOut(): void {}

  gone(_: Connection): void {
    if (this.isGone) throw new Error('gone twice');
    this.isGone = true;
  }

  // What the test does.

  /** Whether there was no room for a message. */
  get isPinched(): boolean {
    return this.refusals.includes('assembly_limit');
  }

  get open(): readonly Asked[] {
    return this.asked.filter(({ call }) => call.open);
  }

  answer({ call, question }: Asked): void {
    const { decision } = answerTo(question);
    if (call.settle(decision)) call.responder.reply(decision);
  }

  endTurn(connection: Connection): void {
    if (!this.#isListed) return;
    this.#isListed = false;
    connection.flush();
  }

  /** Ends the turn, and those that follow until nothing is left for another one. */
  endTurns(connection: Connection, between: () => void = () => undefined): void {
    this.endTurn(connection);
    for (let task = this.#later.shift(); task !== undefined; task = this.#later.shift()) {
      between();
      task();
      this.endTurn(connection);
    }
  }

  #noting(method: Method): Method {
    return {
      message: (rpc, bytes) => {
        this.served.add((rpc as Stream).id);
        method.message(rpc, bytes);
      },
      ended: (rpc) => method.ended(rpc),
      closed: (rpc) => method.closed(rpc),
    };
  }
}
