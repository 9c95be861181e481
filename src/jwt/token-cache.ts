import { LRUCache } from 'lru-cache';
import type { Identity } from '../domain/claims.ts';
import { Counter, Gauge, type Instrument } from '../domain/instrument.ts';
import type { ClaimRules } from './claims.ts';
import type { TrustedKey } from './key-set.ts';

export interface TokenCacheOptions {
  /** TOKEN_CACHE_MAX_ENTRIES; 0 = keep nothing. */
  readonly maxEntries: number;
  /** TOKEN_CACHE_MAX_BYTES: estimated, see ENTRY_OVERHEAD_BYTES; 0 = keep nothing. */
  readonly maxBytes: number;
}

/** What an entry takes beside its token: claims, the encoded allow, the map. Measured, rounded up. */
export const ENTRY_OVERHEAD_BYTES = 2048;
/** What each scope and audience takes on top. Measured: 64, rounded up. */
export const NAME_OVERHEAD_BYTES = 80;
/** What each query to the denylist but one takes on top, beside its id. Measured: 95, rounded up. */
export const QUERY_OVERHEAD_BYTES = 100;

/** The end of the signature, 256 bits of it: hashing a whole token takes a microsecond. */
const KEY_CHARS = 43;

/** A token that verified, and what it goes on to depend on. */
export interface VerifiedToken {
  readonly token: string;
  readonly identity: Identity;
  readonly rules: ClaimRules;
  readonly signedBy: TrustedKey;
  /** Whose it is: what one verifier has found is nothing to another one's policy. */
  readonly verifier: object;
}

/**
 * Tokens that verified. Found by the end of the signature, and then compared whole: the grammar
 * leaves a token one spelling. Holds nothing that failed, and nothing about revocation, which is
 * asked every time.
 */
export class TokenCache {
  readonly instruments: readonly Instrument[];
  readonly #entries: LRUCache<string, VerifiedToken> | undefined;
  readonly #lookups = counters('ext_authz_token_cache_lookups_total', 'Look-ups of tokens.');
  readonly #evicted = new Counter({
    name: 'ext_authz_token_cache_evictions_total',
    help: 'Verified tokens dropped to make room.',
  });

  constructor(options: TokenCacheOptions) {
    if (options.maxEntries > 0 && options.maxBytes > 0) {
      this.#entries = new LRUCache({
        max: options.maxEntries,
        maxSize: options.maxBytes,
        sizeCalculation: sizeOf,
        dispose: (_value, _key, why) => {
          if (why === 'evict') this.#evicted.value++;
        },
      });
    }
    this.instruments = [
      this.#lookups.hit,
      this.#lookups.miss,
      this.#evicted,
      gauge('ext_authz_token_cache_entries', 'Verified tokens kept.', () => this.size),
      gauge('ext_authz_token_cache_bytes', 'Estimated size of the verified tokens kept.', () =>
        this.#entries === undefined ? 0 : this.#entries.calculatedSize,
      ),
    ];
  }

  get size(): number {
    return this.#entries?.size ?? 0;
  }

  get(token: string, verifier: object): VerifiedToken | undefined {
    const entry = this.#entries?.get(keyOf(token));
    if (entry?.token === token && entry.verifier === verifier) {
      this.#lookups.hit.value++;
      return entry;
    }
    this.#lookups.miss.value++;
    return undefined;
  }

  set(verified: VerifiedToken): void {
    const token = copyOf(verified.token);
    this.#entries?.set(keyOf(token), { ...verified, token });
  }

  delete(token: string): void {
    this.#entries?.delete(keyOf(token));
  }
}

function sizeOf({ token, identity: { claims, revocation } }: VerifiedToken): number {
  const names = claims.scopes.size + claims.aud.length;
  let bytes = token.length + ENTRY_OVERHEAD_BYTES + names * NAME_OVERHEAD_BYTES;
  for (let i = 1; i < revocation.length; i++) {
    bytes += QUERY_OVERHEAD_BYTES + (revocation[i]?.id.length ?? 0);
  }
  return bytes;
}

function keyOf(token: string): string {
  return token.slice(-KEY_CHARS);
}

/**
 * A token (ASCII, by its grammar) is mostly a slice of the header it came in, which would stay in
 * memory with it: up to 60 KB of spaces, if the downstream so likes.
 */
function copyOf(token: string): string {
  return Buffer.from(token, 'latin1').toString('latin1');
}

function counters(name: string, help: string): { hit: Counter; miss: Counter } {
  return {
    hit: new Counter({ name, help, labels: { outcome: 'hit' } }),
    miss: new Counter({ name, help, labels: { outcome: 'miss' } }),
  };
}

function gauge(name: string, help: string, read: () => number): Gauge {
  return new Gauge({ name, help, merge: 'sum' }, read);
}
