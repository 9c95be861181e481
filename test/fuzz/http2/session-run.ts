import { Connection } from '../../../src/sources/http2/connection.ts';
import { checkFields, messageOf } from './checks.ts';
import { ClientModel } from './client-model.ts';
import { FakeSocket } from './fake-socket.ts';
import {
  END_HEADERS,
  END_STREAM,
  frame,
  frameAt,
  MAX_WINDOW,
  ping,
  Type,
  windowUpdate,
} from './frames.ts';
import { literals } from './hpack.ts';
import { judgeAmount, judgeAnswers, judgeCancels, type Parties } from './last-judgement.ts';
import { cutsOf, randomFrom } from './random.ts';
import type { Script } from './script.ts';
import { ServerJudge } from './server-judge.ts';
import { type Limits, TwinHost } from './twin-host.ts';

const MAX_RUN_MS = 5_000;
const ENOUGH_WINDOW = 2 ** 20;
const REFUSED_STREAM = 7;

export interface Plan {
  /** Where the input is cut. */
  readonly cuts: number;
  /** What happens meanwhile; undefined = nothing, and answers come when all has been read. */
  readonly events?: number;
  readonly limits: Limits;
}

export interface Outcome {
  readonly output: Buffer;
  /** Streams and questions of the Checks that were handed out. */
  readonly asked: readonly string[];
  readonly refusals: readonly string[];
  /** Whether the connection was fit for more to the end. */
  readonly isServing: boolean;
}

/** Feeds a connection with what a client sends; throws when what it does is not right. */
export function runSession(script: Script, plan: Plan): Outcome {
  const startedAt = performance.now();
  const run = new SessionRun(script, plan);
  run.feed();
  run.end();
  const ms = performance.now() - startedAt;
  if (ms > MAX_RUN_MS) throw new Error(`took ${ms} ms`);
  return run.outcome;
}

function check(isSo: boolean, otherwise: string): asserts isSo {
  if (!isSo) throw new Error(otherwise);
}

class SessionRun {
  readonly #input: Buffer;
  readonly #plan: Plan;
  readonly #host: TwinHost;
  readonly #fake = new FakeSocket();
  readonly #client: ClientModel;
  readonly #judge: ServerJudge;
  readonly #connection: Connection;
  readonly #random: ((below: number) => number) | undefined;
  #judged = 0;
  #isAskedToGo = false;
  #isServing = false;

  constructor(script: Script, plan: Plan) {
    this.#input = script.input;
    this.#plan = plan;
    this.#host = new TwinHost(plan.limits);
    this.#random = plan.events === undefined ? undefined : randomFrom(plan.events);
    this.#client = new ClientModel(script);
    const served = this.#host.served;
    this.#judge = new ServerJudge(
      this.#client,
      (id) => this.#questionOn(id),
      (id) => served.has(id),
    );
    const retireAt = Number.POSITIVE_INFINITY;
    this.#connection = new Connection(this.#fake.socket, this.#host, retireAt, 60_000);
    this.#judgeOutput();
  }

  get outcome(): Outcome {
    const { asked, refusals } = this.#host;
    return {
      output: Buffer.concat(this.#fake.written),
      asked: asked.map(({ id, question }) => `${id} ${question}`),
      refusals,
      isServing: this.#isServing,
    };
  }

  get #parties(): Parties {
    return { client: this.#client, judge: this.#judge, host: this.#host };
  }

  get #isAlive(): boolean {
    return !this.#fake.isEnded && !this.#fake.destroyed;
  }

  feed(): void {
    let start = 0;
    for (const stop of cutsOf(this.#input.length, this.#plan.cuts)) {
      this.#happen();
      if (this.#fake.isPaused) this.#fake.drain();
      this.#client.sent(stop);
      this.#deliver(this.#input.subarray(start, stop));
      start = stop;
    }
  }

  end(): void {
    const { end, openBlock, settings } = this.#client;
    const isWhole = end === this.#input.length && openBlock === 0 && settings > 0;
    if (this.#isAlive) judgeCancels(this.#parties);
    this.#answerAll();
    if (isWhole && this.#isAlive) this.#askOnceMore();
    this.#isServing = isWhole && this.#isAlive;
    judgeAnswers(this.#parties, this.#isServing);
    this.#fake.hangUp();
    this.#settle();
    const { open, assembledBytes, isGone } = this.#host;
    check(open.length === 0, `${open.length} calls are left open`);
    check(assembledBytes === 0, `${assembledBytes} bytes are still held`);
    check(isGone, 'the connection has not gone');
    judgeAmount(this.#parties, this.#input.length, Buffer.concat(this.#fake.written).length);
  }

  #deliver(chunk: Buffer): void {
    // A copy of its own, as from a socket, so that nothing beyond it can be read.
    this.#fake.deliver(Buffer.from(chunk));
    this.#host.endTurns(this.#connection, () => this.#happen());
    this.#judgeOutput();
    const isOpen = this.#judge.receiveWindow > 0 || this.#judge.receiveWindow < -ENOUGH_WINDOW;
    check(isOpen || !this.#isAlive, 'the client has no window left');
  }

  /** Frames of the client's own, at the end of its input. */
  #send(...frames: readonly Buffer[]): void {
    for (const bytes of frames) {
      this.#client.window.forget();
      const sent = frameAt(bytes, 0);
      if (sent !== undefined) this.#client.frame(sent);
      if (this.#fake.isPaused) this.#fake.drain();
      this.#deliver(bytes);
    }
  }

  #settle(): void {
    this.#fake.drain();
    this.#host.endTurn(this.#connection);
    this.#fake.drain();
    this.#judgeOutput();
  }

  #judgeOutput(): void {
    const { written } = this.#fake;
    for (; this.#judged < written.length; this.#judged++) {
      this.#judge.read(written[this.#judged] as Buffer);
    }
  }

  #questionOn(id: number): string | undefined {
    return this.#host.asked.find((asked) => asked.id === id)?.question;
  }

  #answer(asked: TwinHost['asked'][number]): void {
    this.#host.answer(asked);
    this.#host.endTurn(this.#connection);
    this.#judgeOutput();
  }

  /** Of what is open all, or what luck would have. */
  #answerAll(): void {
    for (const asked of this.#host.open) {
      if (this.#random === undefined || this.#random(4) > 0) this.#answer(asked);
    }
    this.#settle();
  }

  /** Something that is not of the client's doing, perhaps. */
  #happen(): void {
    const random = this.#random;
    if (random === undefined) return;
    const { open } = this.#host;
    const what = random(24);
    if (what < 8) {
      const asked = open[random(open.length)];
      if (asked !== undefined) this.#answer(asked);
    } else if (what < 10) {
      for (const asked of open) this.#answer(asked);
    } else if (what < 13) {
      this.#host.now += [0, 1, 30, 300, 1_100, 10_100][random(6)] as number;
      this.#connection.tick();
    } else if (what === 13) {
      this.#isAskedToGo = true;
      this.#connection.goAway();
    } else if (what === 14) {
      this.#fake.isSlow = !this.#fake.isSlow;
    } else if (what === 15) {
      this.#fake.drain();
    } else if (what === 16) {
      this.#host.readiness.ready = !this.#host.readiness.ready;
      this.#host.readiness.changes.next(this.#host.readiness.ready);
      this.#host.endTurn(this.#connection);
    }
    this.#judgeOutput();
  }

  /** Of a connection that has not failed everything must still come, and be answered. */
  #askOnceMore(): void {
    const client = this.#client;
    const judge = this.#judge;
    const host = this.#host;
    const id = client.lastId + 1 + (client.lastId % 2);
    if (client.window.now < ENOUGH_WINDOW) this.#send(windowUpdate(0, ENOUGH_WINDOW));
    for (const [stream, { window }] of client.streams) {
      if (window.now < ENOUGH_WINDOW) this.#send(windowUpdate(stream, ENOUGH_WINDOW - window.now));
    }
    this.#send(ping('the end?'));
    if (id <= MAX_WINDOW) {
      this.#send(frame(Type.HEADERS, END_HEADERS, id, literals(checkFields)));
      const windowBytes = client.streams.get(id)?.window.now ?? 0;
      if (windowBytes < ENOUGH_WINDOW) this.#send(windowUpdate(id, ENOUGH_WINDOW - windowBytes));
      this.#send(frame(Type.DATA, END_STREAM, id, messageOf('/once-more')));
    }
    this.#answerAll();
    if (this.#isAskedToGo) return;
    check(this.#isAlive, 'the connection fails when it is asked once more');
    check(judge.pingAcks === client.pings.length, 'a PING has no answer');
    check(judge.settingsAcks === client.settings, 'SETTINGS have no ACK');
    if (id > MAX_WINDOW) return;
    const isHandedOut = host.asked.some((asked) => asked.id === id);
    const isRefused = judge.streams.get(id)?.resetCode === REFUSED_STREAM;
    check(isHandedOut || isRefused, 'one more Check is not taken');
  }
}
