import { describe, expect, it } from 'vitest';
import type { Identity } from '../../../src/domain/claims.ts';
import type { ClaimRules } from '../../../src/jwt/claims.ts';
import type { TrustedKey } from '../../../src/jwt/key-set.ts';
import type { VerificationKey } from '../../../src/jwt/signature.ts';
import {
  ENTRY_OVERHEAD_BYTES,
  NAME_OVERHEAD_BYTES,
  QUERY_OVERHEAD_BYTES,
  TokenCache,
  type TokenCacheOptions,
} from '../../../src/jwt/token-cache.ts';
import { fakeIdentity } from '../../support/identities.ts';

const MIB = 1 << 20;

function identity(names: { scopes?: number; audiences?: number } = {}): Identity {
  const list = (length: number) => Array.from({ length }, (_, n) => `n${n}`);
  return fakeIdentity({
    aud: list(names.audiences ?? 1),
    scopes: new Set(list(names.scopes ?? 0)),
  });
}

function build(options: Partial<TokenCacheOptions> = {}) {
  const cache = new TokenCache({ maxEntries: 100, maxBytes: MIB, ...options });
  const read = (name: string, outcome?: string) => {
    const found = cache.instruments.find(
      ({ about }) => about.name.endsWith(name) && about.labels?.outcome === outcome,
    );
    return found?.type === 'gauge' ? found.read() : found?.type === 'counter' ? found.value : NaN;
  };
  const counts = () => ({
    hits: read('lookups_total', 'hit'),
    misses: read('lookups_total', 'miss'),
    evictions: read('evictions_total'),
    entries: read('entries'),
    bytes: read('bytes'),
  });
  return { cache, counts };
}

const rules = {} as ClaimRules;
const verifier = {};
const signedBy: TrustedKey = { key: {} as VerificationKey, kid: undefined, current: true };

const set = (cache: TokenCache, token: string, kept: Identity): void =>
  cache.set({ token, identity: kept, rules, signedBy, verifier });

const EMPTY = { hits: 0, misses: 0, evictions: 0, entries: 0, bytes: 0 };

it('keeps what one verifier has found from another', () => {
  const { cache, counts } = build();
  set(cache, 'a', identity());

  expect(cache.get('a', {})).toBeUndefined();
  expect(counts()).toMatchObject({ hits: 0, misses: 1 });
});

it('gives back the identity itself, until it is deleted', () => {
  const { cache, counts } = build();
  const [a, b] = [identity(), identity()];
  set(cache, 'a', a);
  set(cache, 'b', b);

  expect(cache.get('a', verifier)?.identity).toBe(a);
  expect(cache.get('b', verifier)?.identity).toBe(b);
  expect(cache.get('c', verifier)).toBeUndefined();
  cache.delete('a');
  expect(cache.get('a', verifier)).toBeUndefined();
  expect(counts()).toMatchObject({ hits: 2, misses: 2, evictions: 0, entries: 1 });
});

it('finds a token that came as a slice of something longer', () => {
  const { cache } = build();
  const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl-_';
  const kept = identity();
  set(cache, `Bearer   ${token}`.slice(9), kept);

  expect(cache.get(token, verifier)?.identity).toBe(kept);
  expect(cache.get(`x${token}y`.slice(1, -1), verifier)?.identity).toBe(kept);
});

it('has no names of its own', () => {
  const { cache } = build();
  for (const name of ['__proto__', 'constructor', 'toString', '']) {
    expect(cache.get(name, verifier)).toBeUndefined();
  }
});

it('takes a second identity for the same token, which is no eviction', () => {
  const { cache, counts } = build();
  const second = identity();
  set(cache, 'a', identity());
  set(cache, 'a', second);

  expect(cache.get('a', verifier)?.identity).toBe(second);
  expect(counts()).toMatchObject({ entries: 1, evictions: 0, bytes: ENTRY_OVERHEAD_BYTES + 81 });
});

describe('bounds', () => {
  it('holds so many entries, and drops the one used longest ago', () => {
    const { cache, counts } = build({ maxEntries: 3 });
    for (const token of ['a', 'b', 'c']) set(cache, token, identity());
    cache.get('a', verifier);
    set(cache, 'd', identity());

    expect(cache.get('b', verifier)).toBeUndefined();
    for (const token of ['a', 'c', 'd']) expect(cache.get(token, verifier)).toBeDefined();
    expect(counts()).toMatchObject({ entries: 3, evictions: 1 });
  });

  it('holds so many bytes', () => {
    const each = 100 + ENTRY_OVERHEAD_BYTES + NAME_OVERHEAD_BYTES;
    const { cache, counts } = build({ maxBytes: 3 * each });
    for (const char of 'abc') set(cache, char.repeat(100), identity());
    expect(counts()).toMatchObject({ entries: 3, evictions: 0, bytes: 3 * each });

    set(cache, 'd'.repeat(101), identity());
    expect(counts()).toMatchObject({ entries: 2, evictions: 2, bytes: 2 * each + 1 - each + each });
  });

  it('counts a byte for a character, and more for each scope and audience', () => {
    const { cache, counts } = build();
    set(cache, 'a'.repeat(800), identity({ scopes: 7, audiences: 3 }));

    expect(counts().bytes).toBe(800 + ENTRY_OVERHEAD_BYTES + 10 * NAME_OVERHEAD_BYTES);
  });

  it('counts what it has to ask of the denylist beside the first', () => {
    const { cache, counts } = build();
    const revocation = ['x', 'y'.repeat(10), 'z'.repeat(100)].map(
      (id) => ({ scope: 'sid', id }) as const,
    );
    set(cache, 'a', { ...identity(), revocation });

    const names = ENTRY_OVERHEAD_BYTES + NAME_OVERHEAD_BYTES;
    expect(counts().bytes).toBe(1 + names + 2 * QUERY_OVERHEAD_BYTES + 110);
  });

  it('does not keep what is larger than the whole', () => {
    const { cache, counts } = build({ maxBytes: 10_000 });
    set(cache, 'a', identity());
    set(cache, 'b', identity({ scopes: 1000 }));

    expect(cache.get('a', verifier)).toBeDefined();
    expect(cache.get('b', verifier)).toBeUndefined();
    expect(counts()).toMatchObject({ entries: 1, evictions: 0 });
  });

  it.each([
    { maxEntries: 0 },
    { maxBytes: 0 },
    { maxEntries: 0, maxBytes: 0 },
    { maxBytes: ENTRY_OVERHEAD_BYTES },
  ])('keeps nothing with %j', (options) => {
    const { cache, counts } = build(options);
    for (let n = 0; n < 100; n++) set(cache, `token-${n}`, identity());

    expect(cache.get('token-99', verifier)).toBeUndefined();
    cache.delete('token-99');
    expect(counts()).toEqual({ ...EMPTY, misses: 1 });
  });

  it.each([
    ['entries', { maxEntries: 1000, maxBytes: 1024 * MIB }],
    ['bytes', { maxEntries: 1_000_000, maxBytes: 3 * MIB }],
  ])('stays as large as it was over 100,000 tokens, bounded by %s', (_, options) => {
    const { cache, counts } = build(options);
    const shared = identity();
    const token = (n: number) => `${n}`.padStart(800, 'x');
    const fill = (from: number, to: number) => {
      for (let n = from; n < to; n++) set(cache, token(n), shared);
      return counts();
    };
    const full = fill(0, 2000);
    expect(full.bytes).toBeLessThanOrEqual(options.maxBytes);
    expect(full.entries).toBeLessThanOrEqual(options.maxEntries);

    const later = fill(2000, 100_000);
    expect(later.entries).toBe(full.entries);
    expect(later.bytes).toBe(full.bytes);
    expect(later.evictions).toBe(100_000 - full.entries);
  });
});

it('starts with nothing counted', () => {
  expect(build().counts()).toEqual(EMPTY);
});
