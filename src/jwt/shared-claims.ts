import { LRUCache } from 'lru-cache';
import type { Claims } from '../domain/claims.ts';

/** Distinct sets of scopes, and of audiences, that are shared. */
const MAX_KNOWN = 1_000;

/**
 * Lets tokens share what is the same in many of them, scopes and audiences: that takes 400 bytes off
 * each cached token. For claims of tokens that verified, lest anybody else fills the memory of it.
 */
export class SharedClaims {
  readonly #scopes = new LRUCache<string, ReadonlySet<string>>({ max: MAX_KNOWN });
  readonly #audiences = new LRUCache<string, readonly string[]>({ max: MAX_KNOWN });

  share(claims: Claims): Claims {
    // No name of a scope holds a space; an audience may hold anything.
    const scopes = known(this.#scopes, [...claims.scopes].join(' '), claims.scopes);
    const aud = known(this.#audiences, JSON.stringify(claims.aud), claims.aud);
    return { ...claims, scopes, aud };
  }
}

function known<T extends object>(values: LRUCache<string, T>, key: string, value: T): T {
  const first = values.get(key) ?? value;
  if (first === value) values.set(key, value);
  return first;
}
