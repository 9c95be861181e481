import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { AUDIENCE } from '../../test/support/openid-provider.ts';
import { claims, signedBy } from '../../test/support/tokens.ts';
import type { Denylist } from '../chaos/denylist.ts';
import type { Questions } from '../chaos/load.ts';
import { messageFor } from '../corpus/corpus.ts';
import type { Token } from './grade.ts';
import { ALGORITHM, makeKey, type SigningKey } from './keys.ts';
import type { KeyProvider } from './provider.ts';

/**
 * `fresh`: issued just now, as far as they say, so that only the provider could tell whether their key
 * is a new one; `old`: issued long before its keys were last fetched.
 */
export type Forged = 'fresh' | 'old' | 'none';

/** Every so many checks one asks about a revoked token. */
const REVOKED_EVERY = 10;
/** The same of forged ones, of which every other one names the key that signs, as if it were by that. */
const FORGED_EVERY = 20;
const OLD_SEC = 1_800;
/** Issued when a key is first used, and of those the revoked ones. */
const FIRST = 10;
const FIRST_REVOKED = 2;
const ISSUE_EVERY_MS = 100;
const KEPT = 50;

interface Pool {
  readonly key: SigningKey;
  readonly good: Token[];
  readonly revoked: Token[];
}

/** Tokens by the key in use, and by the one before it until it is dropped, in equal parts. */
export class Tokens implements Questions<Token>, AsyncDisposable {
  readonly #provider: KeyProvider;
  readonly #denylist: Denylist;
  readonly #forged: Forged;
  readonly #never: SigningKey;
  readonly #forgeries = new Map<string, Token>();
  #pools: readonly Pool[] = [];
  #issued = 0;
  #turn = 0;
  #isOver = false;
  #issuing: Promise<void> = Promise.resolve();
  #renewing: Promise<void> | undefined;

  static async start(provider: KeyProvider, denylist: Denylist, forged: Forged): Promise<Tokens> {
    const tokens = new Tokens(provider, denylist, forged, await makeKey(randomUUID()));
    await tokens.use(provider.current);
    tokens.#renewing = tokens.#renew();
    return tokens;
  }

  private constructor(
    provider: KeyProvider,
    denylist: Denylist,
    forged: Forged,
    never: SigningKey,
  ) {
    this.#provider = provider;
    this.#denylist = denylist;
    this.#forged = forged;
    this.#never = never;
  }

  /** The provider signs by this key from now on, and its tokens are asked about at once. */
  async use(key: SigningKey): Promise<void> {
    const pool: Pool = { key, good: [], revoked: [] };
    await this.#exclusively(async () => {
      this.#provider.use(key);
      const all = Array.from({ length: FIRST }, (_, i) => this.#issue(pool, i < FIRST_REVOKED));
      await Promise.all(all);
      this.#pools = [pool, ...this.#pools];
    });
  }

  /** Tokens by this key are no longer asked about. */
  drop(key: SigningKey): void {
    this.#pools = this.#pools.filter((pool) => pool.key !== key);
  }

  next(): Token {
    const turn = this.#turn++;
    if (turn % FORGED_EVERY === 1 && this.#forged !== 'none') {
      return this.#forge(turn % (2 * FORGED_EVERY) === 1);
    }
    const pool = this.#pools[turn % this.#pools.length] as Pool;
    // Not by the turn: the pools take turns too.
    const isRevoked = Math.floor(turn / this.#pools.length) % REVOKED_EVERY === 0;
    const from = isRevoked ? pool.revoked : pool.good;
    return from[Math.floor(turn / 7) % from.length] as Token;
  }

  /** As clients do, which come for a new one before theirs has run out. */
  async #renew(): Promise<void> {
    while (!this.#isOver) {
      await sleep(ISSUE_EVERY_MS);
      await this.#exclusively(async () => {
        const [pool] = this.#pools;
        if (pool !== undefined) await this.#issue(pool, this.#issued % REVOKED_EVERY === 0);
      });
    }
  }

  async #issue(pool: Pool, isRevoked: boolean): Promise<void> {
    this.#issued++;
    const token = await this.#provider.issue();
    const [header, payload] = token.split('.').slice(0, 2).map(parse);
    if (header?.kid !== pool.key.kid) throw new Error('the provider signs by another key');
    if (isRevoked) await this.#denylist.revoke(String(payload?.jti));
    const kind = isRevoked ? 'revoked' : 'good';
    const list = isRevoked ? pool.revoked : pool.good;
    list.push({ kind, key: pool.key, request: messageFor(token) });
    if (list.length > KEPT) list.shift();
  }

  /** By a key of ours; says that it is by one that nobody has, or by the key that signs. */
  #forge(namesCurrent: boolean): Token {
    const key = namesCurrent ? this.#pools[0]?.key : undefined;
    const now = Math.floor(Date.now() / 1000);
    const { kid } = key ?? this.#never;
    const name = `${kid} ${now}`;
    const known = this.#forgeries.get(name);
    if (known !== undefined) return known;
    if (this.#forgeries.size > KEPT) this.#forgeries.clear();
    const iat = this.#forged === 'fresh' ? now : now - OLD_SEC;
    const payload = claims(now, { iss: this.#provider.issuer, aud: AUDIENCE, iat });
    const header = { alg: ALGORITHM, typ: 'at+jwt', kid };
    const token = signedBy(ALGORITHM, this.#never.privateKey, payload, header);
    const forged: Token = { kind: 'forged', key, request: messageFor(token) };
    this.#forgeries.set(name, forged);
    return forged;
  }

  /** No token is under way at the provider while the key that signs is exchanged. */
  #exclusively(task: () => Promise<void>): Promise<void> {
    const done = this.#issuing.then(task);
    this.#issuing = done.catch(() => undefined);
    return done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#renewing;
  }
}

function parse(part: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(part, 'base64url').toString());
}
