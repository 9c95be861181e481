import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { ScriptedRedis } from '../../test/support/scripted-redis.ts';

const PREFIX = 'blacklist:';
const TTL_SEC = 86_400;
const RETRY_MS = 20;

/** Where revocations are written, past everything that is done to Sluice's own connections. */
export interface Denylist extends Disposable {
  /** Resolves once it is acknowledged, however often that takes. */
  revoke(jti: string): Promise<void>;
}

/** A real one. */
export class RedisDenylist implements Denylist {
  #client: Redis;
  #isOver = false;

  constructor(port: number) {
    this.#client = connect(port);
  }

  /** From now on another server is written to. */
  moveTo(port: number): void {
    this.#client.disconnect();
    this.#client = connect(port);
  }

  async revoke(jti: string): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.#client.set(PREFIX + jti, '1', 'EX', TTL_SEC);
        return;
      } catch {
        await sleep(RETRY_MS); // it is away: whether it was written is not known
      }
    }
    throw new Error('the denylist is closed');
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#client.disconnect();
  }
}

function connect(port: number): Redis {
  const client = new Redis({
    port,
    retryStrategy: () => RETRY_MS,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
  });
  client.on('error', () => undefined); // every command says so for itself
  return client;
}

/** A scripted one. */
export function scriptedDenylist(redis: ScriptedRedis): Denylist {
  return {
    revoke: async (jti) => void redis.keys.add(PREFIX + jti),
    [Symbol.dispose]() {},
  };
}
