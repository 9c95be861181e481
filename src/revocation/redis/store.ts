import { LRUCache } from 'lru-cache';
import type { RevocationQuery, RevocationScope, Verdict } from '../../domain/claims.ts';
import type { Clock } from '../../domain/clock.ts';
import type { RevocationStore } from '../../domain/ports.ts';
import { isCutOff } from '../revocation.ts';
import type { Connection } from './connection.ts';
import { keyOf, questionOf } from './keys.ts';
import type { Pool } from './pool.ts';
import type { Question } from './question.ts';
import { countOf, cutOffOf, type Reply, UNEXPECTED_REPLY } from './replies.ts';

/** Keys of each scope lately seen that are remembered. */
const THERE_LATELY = 1024;

/** What a key says: that there is none, up to when what was issued is revoked, or nothing certain. */
type Finding = 'absent' | { readonly upTo: number } | { readonly error: string };

const EVERYTHING: Finding = { upTo: Number.POSITIVE_INFINITY };
const NOT_ASKED: Finding = { error: 'not_asked' };

/**
 * Asks Redis which keys exist: what is revoked has one, see keys.ts.
 *
 *     EXISTS k1 … kn ─▶ 0: none is revoked, which is the common case: one round trip
 *                    └▶ more: EXISTS k1, …, EXISTS kn in one write, and each says for itself
 *
 * The key of a user holds a cut-off, and is asked for by GET where others are by EXISTS. A key lately
 * seen is asked for by itself from the start, in the same write: a client that keeps sending one
 * revoked token would otherwise cost every batch the second round trip. What was remembered is never
 * an answer.
 */
export class RedisRevocations implements RevocationStore {
  readonly #pool: Pool;
  readonly #prefix: string;
  readonly #clock: Clock;
  readonly #thereLately: Readonly<Record<RevocationScope, LRUCache<string, true>>> = {
    jti: recent(),
    sid: recent(),
    sub: recent(),
    kid: recent(),
    iss: recent(),
  };

  constructor(pool: Pool, prefix: string, clock: Clock) {
    this.#pool = pool;
    this.#prefix = prefix;
    this.#clock = clock;
  }

  async lookup(queries: readonly RevocationQuery[]): Promise<readonly Verdict[]> {
    const connection = this.#pool.take();
    if (connection === undefined) {
      const unknown = this.#unknown('not_connected');
      return queries.map(() => unknown);
    }
    const { asked, positions } = distinct(queries);
    const notRevoked: Verdict = { state: 'not-revoked', asOf: this.#clock.now() };
    const findings = await this.#find(connection, asked);
    const revoked: Verdict = { state: 'revoked', asOf: this.#clock.now() };
    return queries.map((query, i) => {
      const finding = findings[positions?.[i] ?? i] ?? NOT_ASKED;
      if (finding === 'absent') return notRevoked;
      if ('error' in finding) return this.#unknown(finding.error);
      return isCutOff(query, finding.upTo) ? revoked : notRevoked;
    });
  }

  async #find(
    connection: Connection,
    asked: readonly RevocationQuery[],
  ): Promise<readonly (Finding | undefined)[]> {
    const isAlone = asked.some(this.#wasThere) ? asked.map(this.#wasThere) : undefined;
    const crowd = isAlone === undefined ? asked : asked.filter((_, i) => !isAlone[i]);
    if (crowd.length < 2) {
      return this.#readEach(asked, await connection.ask(asked.map(this.#questionOf)));
    }
    const alone = isAlone === undefined ? [] : asked.filter((_, i) => isAlone[i]);
    const [first, ...rest] = await connection.ask([
      { exists: crowd.map(this.#keyOf) },
      ...alone.map(this.#questionOf),
    ]);
    const singles = this.#readEach(alone, rest);
    const count = countOf(first, crowd.length);
    const shared: Finding = typeof count === 'number' ? 'absent' : count;
    const others =
      typeof count === 'number' && count > 0
        ? this.#readEach(crowd, await connection.ask(crowd.map(this.#questionOf)))
        : crowd.map(() => shared);
    if (isAlone === undefined) return others;
    let [nextAlone, nextOther] = [0, 0];
    return isAlone.map((own) => (own ? singles[nextAlone++] : others[nextOther++]));
  }

  readonly #wasThere = ({ scope, id }: RevocationQuery): boolean =>
    this.#thereLately[scope].has(id);
  readonly #keyOf = (query: RevocationQuery): string => keyOf(query, this.#prefix);
  readonly #questionOf = (query: RevocationQuery): Question => questionOf(query, this.#prefix);

  #readEach(queries: readonly RevocationQuery[], replies: readonly Reply[]): readonly Finding[] {
    const isComplete = replies.length === queries.length;
    return queries.map(({ scope, id }, i) => {
      const finding = isComplete ? findingOf(scope, replies[i]) : { error: UNEXPECTED_REPLY };
      if (finding === 'absent') this.#thereLately[scope].delete(id);
      else if ('upTo' in finding) this.#thereLately[scope].set(id, true);
      return finding;
    });
  }

  #unknown(detail: string): Verdict {
    return { state: 'unknown', asOf: this.#clock.now(), detail };
  }
}

function recent(): LRUCache<string, true> {
  return new LRUCache({ max: THERE_LATELY });
}

function findingOf(scope: RevocationScope, reply: Reply | undefined): Finding {
  if (scope === 'sub') {
    const cutOff = cutOffOf(reply);
    return typeof cutOff === 'number' ? { upTo: cutOff } : cutOff;
  }
  const count = countOf(reply, 1);
  if (typeof count !== 'number') return count;
  return count === 0 ? 'absent' : EVERYTHING;
}

/**
 * Queries with a key of their own, and where each of the given ones has its answer among them;
 * undefined: in its own place. A user's tokens, issued at several times, have one key.
 */
function distinct(queries: readonly RevocationQuery[]): {
  readonly asked: readonly RevocationQuery[];
  readonly positions: readonly number[] | undefined;
} {
  if (!queries.some(({ scope }) => scope === 'sub'))
    return { asked: queries, positions: undefined };
  const asked: RevocationQuery[] = [];
  const users = new Map<string, number>();
  const positions = queries.map((query) => {
    const known = query.scope === 'sub' ? users.get(query.id) : undefined;
    if (known !== undefined) return known;
    const position = asked.push(query) - 1;
    if (query.scope === 'sub') users.set(query.id, position);
    return position;
  });
  return { asked, positions };
}
