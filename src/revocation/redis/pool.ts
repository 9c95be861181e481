import type { Clock } from '../../domain/clock.ts';
import { Gauge, type Instrument } from '../../domain/instrument.ts';
import type { Component, ComponentState, Logger } from '../../domain/ports.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { codeOf, RedisFault } from './errors.ts';
import { FailoverWatch } from './failover-watch.ts';
import type { Question } from './question.ts';
import { Semaphore } from './semaphore.ts';

export interface PoolOptions extends ConnectionOptions {
  /** Connections that lookups rotate over, at least 1 (REDIS_POOL_SIZE). */
  readonly size: number;
  /** How many must have been up once before the first ready, 1 to `size`. */
  readonly minIdle: number;
}

/** Connections that may be in the making at once: a Redis that comes back is not stormed. */
const OPENING_AT_ONCE = 2;
const MIN_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 1_000;

/**
 * Keeps `size` connections open, each one replaced when it ends.
 *
 *     open ──▶ ready: lookups rotate over these ──▶ ended ─┐
 *      ▲ └── failed ──▶ backoff, jittered ◀────────────────┘
 *
 * The backoff starts anew once a connection has served a lookup or stayed up for as long as the
 * longest backoff. That its probe was answered does not count: where each lookup fails all the same,
 * checks would be led into the trap twenty times a second. Where lookups hang, what one hung on is
 * part of the probe until a new connection has answered it.
 */
export class Pool {
  readonly instruments: readonly Instrument[];
  readonly #options: PoolOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #opening = new Semaphore(OPENING_AT_ONCE);
  readonly #ready: Connection[] = [];
  #next = 0;
  #wasUp = false;
  #lastError: string | undefined;
  #cancelBackoffs = new Set<() => void>();
  #stopped = false;
  #watch: FailoverWatch | undefined;
  readonly #warned = new Set<string>();
  #hungOn: readonly Question[] = [];
  /** What sentinels have last told: another object each time, be it of the same master. */
  #switch: { readonly to: string } | undefined;

  constructor(options: PoolOptions, clock: Clock, logger: Logger) {
    this.#options = {
      ...options,
      alsoProbed: () => [...(options.alsoProbed?.() ?? []), ...this.#hungOn],
    };
    this.#clock = clock;
    this.#logger = logger;
    this.instruments = [
      connections('ready', () => this.#ready.length),
      connections('down', () => options.size - this.#ready.length),
    ];
  }

  start(): void {
    const { address } = this.#options;
    if ('sentinels' in address) {
      this.#watch = new FailoverWatch(address, (to) => this.#leaveAllBut(to));
    }
    for (let i = 0; i < this.#options.size; i++) void this.#keepOpen();
  }

  /** The connection whose turn it is; undefined when none is up. */
  take(): Connection | undefined {
    this.#next = (this.#next + 1) % Math.max(this.#ready.length, 1);
    return this.#ready[this.#next];
  }

  get component(): Component {
    const { size } = this.#options;
    const error = this.#lastError === undefined ? '' : `, last error ${this.#lastError}`;
    const concerns = [...new Set(this.#ready.flatMap(warningsOf))].map((each) => `, ${each}`);
    const detail = `${this.#ready.length} of ${size} connections${error}${concerns.join('')}`;
    return { name: 'redis', state: this.#state, detail };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const cancel of this.#cancelBackoffs) cancel();
    this.#watch?.stop();
    await this.#closeAll('stopped');
  }

  /** The new master may have been found before it was told of. */
  #leaveAllBut(server: string): void {
    this.#switch = { to: server };
    for (const connection of this.#ready) {
      if (connection.server !== server) connection.close('failover');
    }
  }

  async #closeAll(why: string): Promise<void> {
    const ends = this.#ready.map((connection) => {
      connection.close(why);
      return connection.ended;
    });
    await Promise.all(ends);
  }

  get #state(): ComponentState {
    if (this.#stopped) return 'stopped';
    if (!this.#wasUp) return 'starting';
    const isFit = this.#ready.length > 0 && this.#ready.every(({ concerns }) => !concerns?.length);
    return isFit ? 'ok' : 'degraded';
  }

  async #keepOpen(): Promise<void> {
    for (let failures = 0; !this.#stopped; ) {
      try {
        const connection = await this.#opening.run(() => this.#open());
        const since = this.#clock.now();
        await this.#use(connection);
        const hasLasted = this.#clock.now() - since >= MAX_BACKOFF_MS;
        if (connection.hasServed || hasLasted) failures = 0;
      } catch (error) {
        this.#note(codeOf(error), false);
      }
      if (!this.#stopped) await this.#backOff(failures++);
    }
  }

  /**
   * What becomes known while a connection is in the making is held against it: an old master that
   * hung while another took its place answers again, and takes itself for one; a server that has let
   * a lookup wait was not asked that yet.
   */
  async #open(): Promise<Connection> {
    const before = this.#switch;
    const asked = this.#hungOn;
    const connection = await Connection.open(this.#options, this.#clock);
    const isOldMaster = this.#switch !== before && this.#switch?.to !== connection.server;
    const isUntried = this.#hungOn !== asked && this.#hungOn.length > 0;
    if (!isOldMaster && !isUntried) return connection;
    const why = isOldMaster ? 'failover' : 'reply_timeout';
    connection.close(why);
    throw new RedisFault(why);
  }

  /** Lets lookups have the connection until it ends. */
  async #use(connection: Connection): Promise<void> {
    if (this.#stopped) return connection.close('stopped');
    this.#hungOn = [];
    this.#ready.push(connection);
    if (this.#ready.length >= this.#options.minIdle) this.#wasUp = true;
    if (this.#ready.length === 1) this.#logger.info({}, 'Redis is reachable');
    for (const concern of warningsOf(connection)) this.#warn(concern);
    const why = await connection.ended;
    if (connection.hungOn !== undefined) this.#hungOn = [connection.hungOn];
    this.#ready.splice(this.#ready.indexOf(connection), 1);
    this.#note(why, this.#ready.length === 0);
  }

  /** Logged when it is news: an outage must not fill the log with one line an attempt. */
  #note(code: string, wasLast: boolean): void {
    if (this.#stopped) return;
    const isNews = wasLast || this.#lastError !== code;
    this.#lastError = code;
    if (!isNews) return;
    const left = this.#ready.length;
    this.#logger.warn({ code, connections: left }, 'Redis connection lost or refused');
  }

  /** Once for each, however many connections it is true of. */
  #warn(concern: string): void {
    if (this.#warned.has(concern)) return;
    this.#warned.add(concern);
    this.#logger.warn({ code: concern }, 'what Redis answers may be wrong; see docs/operations.md');
  }

  #backOff(failures: number): Promise<void> {
    const cap = Math.min(MIN_BACKOFF_MS * 2 ** failures, MAX_BACKOFF_MS);
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        this.#cancelBackoffs.delete(done);
        resolve();
      };
      const cancel = this.#clock.after(cap * (0.5 + Math.random() / 2), done);
      this.#cancelBackoffs.add(done);
    });
  }
}

/** Why what a connection answers may be wrong. */
function warningsOf({ concerns, isRoleUnconfirmed }: Connection): readonly string[] {
  const warnings = concerns ?? ['not_inspected'];
  return isRoleUnconfirmed ? [...warnings, 'role_unconfirmed'] : warnings;
}

function connections(state: 'ready' | 'down', read: () => number): Gauge {
  return new Gauge(
    {
      name: 'ext_authz_redis_connections',
      help: 'Connections to Redis by state.',
      labels: { state },
      merge: 'sum',
    },
    read,
  );
}
