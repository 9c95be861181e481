import { LRUCache } from 'lru-cache';
import type { RevocationQuery, Verdict } from '../../domain/claims.ts';
import type { Clock } from '../../domain/clock.ts';
import type { RevocationStore } from '../../domain/ports.ts';
import type { Connection } from './connection.ts';
import type { Pool } from './pool.ts';
import { countOf, type Reply } from './replies.ts';

/** Ids lately seen revoked that are remembered. */
const REVOKED_LATELY = 1024;

/**
 * Asks Redis which keys exist: a revoked token has one, prefix + jti.
 *
 *     EXISTS k1 … kn ─▶ 0: none is revoked, which is the common case: one round trip
 *                    └▶ more: EXISTS k1, …, EXISTS kn in one write, and each says for itself
 *
 * A key lately seen revoked is asked for by itself from the start, in the same write: a client that
 * keeps sending one revoked token would otherwise cost every batch the second round trip. What was
 * remembered is never an answer.
 */
export class RedisRevocations implements RevocationStore {
  readonly #pool: Pool;
  readonly #prefix: string;
  readonly #clock: Clock;
  readonly #revokedLately = new LRUCache<string, true>({ max: REVOKED_LATELY });

  constructor(pool: Pool, prefix: string, clock: Clock) {
    this.#pool = pool;
    this.#prefix = prefix;
    this.#clock = clock;
  }

  async lookup(queries: readonly RevocationQuery[]): Promise<readonly Verdict[]> {
    const connection = this.#pool.take();
    if (connection === undefined) return queries.map(() => this.#unknown('not_connected'));
    const keys = queries.map(({ id }) => this.#prefix + id);
    const alone = keys.filter((key) => this.#revokedLately.has(key));
    const together = keys.filter((key) => !this.#revokedLately.has(key));
    const verdicts = await this.#ask(connection, together, alone);
    return keys.map((key) => verdicts.get(key) ?? this.#unknown('not_asked'));
  }

  async #ask(
    connection: Connection,
    together: readonly string[],
    alone: readonly string[],
  ): Promise<Map<string, Verdict>> {
    const verdicts = new Map<string, Verdict>();
    const groups = alone.map((key) => [key]);
    if (together.length === 0) {
      this.#readSingles(alone, await connection.exists(groups), verdicts);
      return verdicts;
    }
    const [first, ...singles] = await connection.exists([[...together], ...groups]);
    this.#readSingles(alone, singles, verdicts);
    const count = countOf(first, together.length);
    if (typeof count === 'number' && count > 0 && together.length > 1) {
      const replies = await connection.exists(together.map((key) => [key]));
      this.#readSingles(together, replies, verdicts);
    } else {
      const verdict = this.#verdict(count);
      for (const key of together) this.#set(verdicts, key, verdict);
    }
    return verdicts;
  }

  #readSingles(
    keys: readonly string[],
    replies: readonly Reply[],
    verdicts: Map<string, Verdict>,
  ): void {
    const complete = replies.length === keys.length;
    keys.forEach((key, i) => {
      const count = countOf(complete ? replies[i] : undefined, 1);
      this.#set(verdicts, key, this.#verdict(count));
    });
  }

  #set(verdicts: Map<string, Verdict>, key: string, verdict: Verdict): void {
    verdicts.set(key, verdict);
    if (verdict.state === 'revoked') this.#revokedLately.set(key, true);
    else if (verdict.state === 'not-revoked') this.#revokedLately.delete(key);
  }

  #verdict(count: number | { error: string }): Verdict {
    if (typeof count !== 'number') return this.#unknown(count.error);
    return { state: count === 0 ? 'not-revoked' : 'revoked', asOf: this.#clock.now() };
  }

  #unknown(detail: string): Verdict {
    return { state: 'unknown', asOf: this.#clock.now(), detail };
  }
}
