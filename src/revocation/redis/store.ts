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
 * An id lately seen revoked is asked for by itself from the start, in the same write: a client that
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
    const isAlone = queries.map(({ id }) => this.#revokedLately.has(id));
    const alone = queries.filter((_, i) => isAlone[i]);
    const together = alone.length === 0 ? queries : queries.filter((_, i) => !isAlone[i]);
    const verdicts = await this.#ask(connection, together, alone);
    let nextAlone = 0;
    let nextTogether = 0;
    return isAlone.map(
      (own) =>
        (own ? verdicts.alone[nextAlone++] : verdicts.together[nextTogether++]) ??
        this.#unknown('not_asked'),
    );
  }

  async #ask(
    connection: Connection,
    together: readonly RevocationQuery[],
    alone: readonly RevocationQuery[],
  ): Promise<{ readonly together: readonly Verdict[]; readonly alone: readonly Verdict[] }> {
    const groups = alone.map(this.#keysOfOne);
    if (together.length === 0) {
      return { together: [], alone: this.#readSingles(alone, await connection.exists(groups)) };
    }
    const [first, ...rest] = await connection.exists([together.map(this.#keyOf), ...groups]);
    const singles = this.#readSingles(alone, rest);
    const count = countOf(first, together.length);
    if (typeof count === 'number' && count > 0 && together.length > 1) {
      const replies = await connection.exists(together.map(this.#keysOfOne));
      return { together: this.#readSingles(together, replies), alone: singles };
    }
    const verdict = this.#verdict(count);
    this.#remember(together[0] as RevocationQuery, verdict);
    return { together: together.map(() => verdict), alone: singles };
  }

  readonly #keyOf = ({ id }: RevocationQuery): string => this.#prefix + id;
  readonly #keysOfOne = ({ id }: RevocationQuery): readonly string[] => [this.#prefix + id];

  #readSingles(queries: readonly RevocationQuery[], replies: readonly Reply[]): readonly Verdict[] {
    const isComplete = replies.length === queries.length;
    return queries.map((query, i) => {
      const verdict = this.#verdict(countOf(isComplete ? replies[i] : undefined, 1));
      this.#remember(query, verdict);
      return verdict;
    });
  }

  /** Of a verdict that may be `revoked` for one query alone. */
  #remember({ id }: RevocationQuery, { state }: Verdict): void {
    if (state === 'revoked') this.#revokedLately.set(id, true);
    else if (state === 'not-revoked') this.#revokedLately.delete(id);
  }

  #verdict(count: number | { error: string }): Verdict {
    if (typeof count !== 'number') return this.#unknown(count.error);
    return { state: count === 0 ? 'not-revoked' : 'revoked', asOf: this.#clock.now() };
  }

  #unknown(detail: string): Verdict {
    return { state: 'unknown', asOf: this.#clock.now(), detail };
  }
}
