import type { Socket } from 'node:net';
import type { Redis } from 'ioredis';
import type { Clock } from '../../domain/clock.ts';
import { createClient, cut, OPEN_TIMEOUT_MS, type RedisAddress } from './client.ts';
import { codeOf, RedisFault } from './errors.ts';
import { type Concern, concernsOf, type Info } from './inspection.ts';
import { faultOf, put, type Question, shortened } from './question.ts';
import type { Reply } from './replies.ts';
import { believed, putRole, roleFaultOf } from './role.ts';

export interface ConnectionOptions {
  readonly address: RedisAddress;
  /** Longest to wait for a reply, in ms. */
  readonly readTimeoutMs: number;
  /** Longest for a command to leave this process, in ms. */
  readonly writeTimeoutMs: number;
  /** A key to ask for in order to see that asking works. */
  readonly probeKey: string;
  /** What else is asked to see it, where rights to other keys and to GET are needed: see probesOf. */
  readonly alsoProbed?: () => readonly Question[];
  /** What is answered by a server with one of these is not believed. */
  readonly refused: ReadonlySet<Concern>;
}

/**
 * How often a connection is probed, in ms, so that one that died in silence is found within this and
 * the time for a reply.
 */
const HEARTBEAT_MS = 300;
/**
 * Bytes that may come for one write: the most that we ask, five keys for each of 10,000 checks and
 * each by itself, takes 350 KB. What has no end would keep the event loop busy until the time for a
 * reply has passed.
 */
const MAX_REPLY_BYTES = 512 * 1024;
/** Every how many heartbeats memory is looked at: nobody changes that in a hurry. */
const MEMORY_BEATS = 10;

/**
 * One connection that has answered a real EXISTS. It ends at the first sign of trouble and is never
 * mended: whoever wants another opens one. No command outlives it.
 */
export class Connection {
  /** Resolves when it has ended, with a code that says why. */
  readonly ended: Promise<string>;
  /** Why its answers may be wrong; undefined: the server does not say. */
  concerns: readonly Concern[] | undefined;
  /** Whether it has answered a lookup, beside its probes. */
  hasServed = false;
  /** What a lookup has asked that it has ended for want of a reply to. */
  hungOn: Question | undefined;
  #confirmsRole = false;
  readonly #client: Redis;
  readonly #clock: Clock;
  readonly #options: ConnectionOptions;
  #why: string | undefined;
  #info: Info = { replication: undefined, memory: undefined };
  #beats = 0;
  /** Since the last write. */
  #receivedBytes = 0;

  /** Rejects, with a RedisFault, when no EXISTS was answered in time, or the server is refused. */
  static async open(options: ConnectionOptions, clock: Clock): Promise<Connection> {
    const client = createClient(options.address);
    let failure: unknown;
    client.on('error', (error) => {
      failure ??= error;
    });
    const cancelTimer = clock.after(OPEN_TIMEOUT_MS, () => {
      failure ??= new RedisFault('open_timeout');
      cut(client);
    });
    try {
      await client.connect();
      const connection = new Connection(client, options, clock);
      await connection.#probe();
      connection.#keepProbing();
      return connection;
    } catch (error) {
      cut(client);
      throw new RedisFault(codeOf(failure ?? error));
    } finally {
      cancelTimer();
    }
  }

  private constructor(client: Redis, options: ConnectionOptions, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
    this.#options = options;
    client.on('error', (error) => {
      this.#why ??= codeOf(error);
    });
    client.stream.on('data', (chunk: Uint8Array) => {
      this.#receivedBytes += chunk.length;
      if (this.#receivedBytes > MAX_REPLY_BYTES) this.close('reply_too_large');
    });
    this.ended = new Promise((resolve) => client.once('end', () => resolve(this.#end)));
  }

  /**
   * Sends one EXISTS or GET for each question, in one write. One reply per question, in order; never
   * rejects. After a time-out the connection is closed: its replies could no longer be told apart.
   *
   * The role is asked for after the questions: a server that was demoted before it answered them says
   * so, which the next probe would find out some checks later.
   */
  async ask(questions: readonly Question[]): Promise<readonly Reply[]> {
    const replies = await this.#send(
      (client) => [
        ...questions.map((question) => put(client, question)),
        ...(this.#confirmsRole ? [putRole(client)] : []),
      ],
      questions[0],
    );
    const answers = this.#confirmsRole ? this.#ofMaster(replies) : replies;
    this.hasServed ||= answers.some((reply) => 'value' in reply);
    return answers;
  }

  #ofMaster(replies: readonly Reply[]): readonly Reply[] {
    const answers = replies.slice(0, -1);
    const fault = roleFaultOf(replies.at(-1));
    if (fault === undefined) return answers;
    if (fault === 'is_replica') this.close(fault);
    return answers.map((reply) => believed(reply, fault));
  }

  /** The server would not say, as it is to do with every lookup, that it is a master: see ask. */
  get isRoleUnconfirmed(): boolean {
    return this.#options.refused.has('is_replica') && !this.#confirmsRole;
  }

  /** host:port, the host as an address. */
  get server(): string {
    const { remoteAddress, remotePort } = this.#client.stream as Socket;
    return `${remoteAddress}:${remotePort}`;
  }

  close(why: string): void {
    this.#why ??= why;
    cut(this.#client);
  }

  get #end(): string {
    return this.#why ?? 'connection_lost';
  }

  /**
   * All in one write; never rejects. It is not the pipeline of ioredis, which gives each one a hidden
   * class of its own: V8 then keeps it, with all its keys, until it next collects the whole heap.
   */
  async #send(
    commands: (client: Redis) => readonly Promise<unknown>[],
    asked?: Question,
  ): Promise<readonly Reply[]> {
    const { stream } = this.#client;
    stream.cork();
    const answers = commands(this.#client).map((command) => command.then(toReply, this.#toFault));
    stream.uncork();
    const silent = this.#closeUnlessDone(asked);
    const replies = await Promise.all(answers);
    silent();
    return replies;
  }

  readonly #toFault = (error: unknown): Reply => ({
    error: this.#client.status === 'ready' ? codeOf(error) : this.#end,
  });

  /**
   * Ends the connection when its replies, or the commands themselves, take too long. That is judged
   * after what has come was read: timers run first in a turn that comes late, and the reply may be there.
   */
  #closeUnlessDone(asked: Question | undefined): () => void {
    this.#receivedBytes = 0;
    const { readTimeoutMs, writeTimeoutMs } = this.#options;
    let isDone = false;
    const late = (ms: number, close: () => void): (() => void) =>
      this.#clock.after(ms, () => {
        this.#clock.endOfTurn(() => {
          if (!isDone) close();
        });
      });
    const cancelRead = late(readTimeoutMs, () => {
      this.hungOn ??= asked && shortened(asked); // a heartbeat may be late in the same turn
      this.close('reply_timeout');
    });
    const cancelWrite =
      this.#unsentBytes > 0 &&
      late(writeTimeoutMs, () => {
        if (this.#unsentBytes > 0) this.close('write_timeout');
      });
    return () => {
      isDone = true;
      cancelRead();
      if (cancelWrite) cancelWrite();
    };
  }

  get #unsentBytes(): number {
    return this.#client.stream?.writableLength ?? 0;
  }

  /** Sees that asking works, and whom it is that answers. */
  async #probe(): Promise<void> {
    const { probeKey, alsoProbed, refused } = this.#options;
    const triesRole = this.#beats === 0 && refused.has('is_replica');
    const withMemory = this.#beats++ % MEMORY_BEATS === 0;
    const questions = [{ exists: [probeKey] }, ...(alsoProbed?.() ?? [])];
    const replies = await this.#send((client) => [
      ...questions.map((question) => put(client, question)),
      ...(triesRole ? [putRole(client)] : []),
      client.info('replication'),
      ...(withMemory ? [client.info('memory')] : []),
    ]);
    for (const [i, question] of questions.entries()) {
      const fault = faultOf(question, replies[i]);
      if (fault !== undefined) throw new RedisFault(this.#why ?? fault);
    }
    if (this.#client.status !== 'ready') throw new RedisFault(this.#end);
    const told = replies.slice(questions.length);
    if (triesRole) this.#confirmsRole = roleFaultOf(told.shift()) === undefined;
    const [replication, memory] = told;
    this.#info = {
      replication: textOf(replication),
      memory: withMemory ? textOf(memory) : this.#info.memory,
    };
    this.concerns = concernsOf(this.#info);
    const reason = this.concerns?.find((concern) => refused.has(concern));
    if (reason !== undefined) throw new RedisFault(reason);
  }

  #keepProbing(): void {
    let isUnderWay = false;
    const stop = this.#clock.every(HEARTBEAT_MS, () => {
      if (isUnderWay) return; // with a time-out longer than the interval
      isUnderWay = true;
      this.#probe()
        .catch((error) => this.close(codeOf(error)))
        .finally(() => {
          isUnderWay = false;
        });
    });
    void this.ended.then(stop);
  }
}

function toReply(value: unknown): Reply {
  return { value };
}

function textOf(reply: Reply | undefined): string | undefined {
  return typeof reply?.value === 'string' ? reply.value : undefined;
}
