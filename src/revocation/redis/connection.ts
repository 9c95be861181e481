import { type ChainableCommander, Redis, type RedisOptions } from 'ioredis';
import type { Clock } from '../../domain/clock.ts';
import { codeOf, RedisFault } from './errors.ts';
import { countOf, type Reply } from './replies.ts';

/** Where a Redis is, and as whom to speak to it. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  /** Certificates are checked against the authorities that Node.js trusts (NODE_EXTRA_CA_CERTS). */
  readonly tls: boolean;
}

export interface ConnectionOptions {
  readonly address: RedisAddress;
  /** Longest to wait for a reply, in ms. */
  readonly readTimeoutMs: number;
  /** Longest for a command to leave this process, in ms. */
  readonly writeTimeoutMs: number;
  /** A key to ask for in order to see that asking works. */
  readonly probeKey: string;
}

/** Longest for connecting, TLS and authentication, in ms. */
const OPEN_TIMEOUT_MS = 2_000;
/** How often a connection is probed, so that one that died in silence is found, in ms. */
const HEARTBEAT_MS = 1_000;

/**
 * One connection that has answered a real EXISTS. It ends at the first sign of trouble and is never
 * mended: whoever wants another opens one. No command outlives it.
 */
export class Connection {
  /** Resolves when it has ended, with a code that says why. */
  readonly ended: Promise<string>;
  readonly #client: Redis;
  readonly #clock: Clock;
  readonly #options: ConnectionOptions;
  #why: string | undefined;

  /** Rejects, with a RedisFault, when no EXISTS was answered in time. */
  static async open(options: ConnectionOptions, clock: Clock): Promise<Connection> {
    const client = new Redis(redisOptions(options.address));
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
    this.ended = new Promise((resolve) => client.once('end', () => resolve(this.#end)));
  }

  /**
   * Sends one EXISTS for each group of keys, in one write. One reply per group, in order; never
   * rejects. After a time-out the connection is closed: its replies could no longer be told apart.
   */
  async exists(groups: readonly (readonly string[])[]): Promise<readonly Reply[]> {
    const answer = this.#send(groups);
    const silent = this.#closeUnlessDone();
    try {
      return await answer;
    } catch (error) {
      const code = this.#client.status === 'ready' ? codeOf(error) : this.#end;
      return groups.map(() => ({ error: code }));
    } finally {
      silent();
    }
  }

  close(why: string): void {
    this.#why ??= why;
    cut(this.#client);
  }

  get #end(): string {
    return this.#why ?? 'connection_lost';
  }

  async #send(groups: readonly (readonly string[])[]): Promise<readonly Reply[]> {
    const [only] = groups;
    if (groups.length === 1 && only !== undefined) {
      return [{ value: await this.#client.exists(...only) }];
    }
    const pipeline = groups.reduce<ChainableCommander>(
      (chain, keys) => chain.exists(...keys),
      this.#client.pipeline(),
    );
    // Resolves also when Redis has failed: the errors stand among the replies.
    const replies = (await pipeline.exec()) ?? [];
    return replies.map(([error, value]) => (error === null ? { value } : { error: codeOf(error) }));
  }

  /** Ends the connection when its replies, or the commands themselves, take too long. */
  #closeUnlessDone(): () => void {
    const { readTimeoutMs, writeTimeoutMs } = this.#options;
    const cancelRead = this.#clock.after(readTimeoutMs, () => this.close('reply_timeout'));
    if (this.#unsentBytes === 0) return cancelRead;
    const cancelWrite = this.#clock.after(writeTimeoutMs, () => {
      if (this.#unsentBytes > 0) this.close('write_timeout');
    });
    return () => {
      cancelRead();
      cancelWrite();
    };
  }

  get #unsentBytes(): number {
    return this.#client.stream?.writableLength ?? 0;
  }

  async #probe(): Promise<void> {
    const [reply] = await this.exists([[this.#options.probeKey]]);
    const count = countOf(reply, 1);
    if (typeof count !== 'number') throw new RedisFault(count.error);
  }

  #keepProbing(): void {
    const stop = this.#clock.every(HEARTBEAT_MS, () => {
      this.#probe().catch((error) => this.close(codeOf(error)));
    });
    void this.ended.then(stop);
  }
}

/** The library alone would wait two seconds for a server that hangs to close its side. */
function cut(client: Redis): void {
  client.disconnect();
  client.stream?.destroy();
}

/** Every default that would wait, queue, resend or retry behind our back is off. */
export function redisOptions(address: RedisAddress) {
  return {
    host: address.host,
    port: address.port,
    db: address.db,
    ...(address.username !== undefined && { username: address.username }),
    ...(address.password !== undefined && { password: address.password }),
    ...(address.tls && { tls: {} }),
    protocol: 2,
    lazyConnect: true,
    connectTimeout: OPEN_TIMEOUT_MS,
    // How long it would wait for a server that hangs to close its side: nobody waits for that here.
    disconnectTimeout: 1,
    retryStrategy: () => null,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    disableClientInfo: true,
    connectionName: 'sluice',
  } satisfies RedisOptions;
}
