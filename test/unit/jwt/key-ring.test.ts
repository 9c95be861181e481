import { describe, expect, it } from 'vitest';
import type { Algorithm } from '../../../src/jwt/algorithms.ts';
import { JwksReader, type SetKey } from '../../../src/jwt/jwks.ts';
import { KeyRing } from '../../../src/jwt/key-ring.ts';
import { TOO_MANY } from '../../../src/jwt/key-set.ts';
import { issuerKey, jwks } from '../../support/jwks.ts';

const reader = new JwksReader({ algorithms: ['ES256', 'EdDSA'], allowSecrets: false });

async function keyOf(kid: string | undefined): Promise<SetKey> {
  const [key] = (await reader.read(jwks(issuerKey(kid).jwk))).keys;
  return key as SetKey;
}

const [a, b, c] = await Promise.all([keyOf('a'), keyOf('b'), keyOf('c')]);
const nameless = await Promise.all(Array.from({ length: 5 }, () => keyOf(undefined)));

const kids = (ring: KeyRing, kid: string | undefined, algorithm: Algorithm = 'ES256') =>
  ring.candidates(kid, algorithm).map((key) => key.kid);

describe('candidates', () => {
  it('of a token with a kid are the key of that name', () => {
    const ring = new KeyRing([a, b, nameless[0] as SetKey]);
    expect(kids(ring, 'a')).toEqual(['a']);
    expect(ring.candidates('a', 'ES256')[0]?.key).toBe(a.key);
  });

  it('of a kid that no key has are those without one', () => {
    expect(kids(new KeyRing([a, b]), 'x')).toEqual([]);
    expect(kids(new KeyRing([a, ...nameless.slice(0, 2)]), 'x')).toEqual([undefined, undefined]);
  });

  it('of a token without kid are all', () => {
    expect(kids(new KeyRing([a, b, nameless[0] as SetKey]), undefined)).toEqual([
      'a',
      'b',
      undefined,
    ]);
  });

  it('are too many when they are more than four', () => {
    const [d, ...more] = nameless as [SetKey, ...SetKey[]];
    expect(kids(new KeyRing([a, b, c, d]), undefined)).toHaveLength(4);
    const ring = new KeyRing([a, b, c, d, ...more]);
    expect(ring.candidates(undefined, 'ES256')).toBe(TOO_MANY);
    expect(ring.candidates('x', 'ES256')).toBe(TOO_MANY);
    expect(kids(ring, 'a')).toEqual(['a']);
    expect(TOO_MANY).toHaveLength(0);
  });

  it('are of the algorithm', () => {
    expect(kids(new KeyRing([a]), 'a', 'EdDSA')).toEqual([]);
    expect(kids(new KeyRing([a]), undefined, 'EdDSA')).toEqual([]);
  });
});

describe('replacing', () => {
  it('keeps what stays, ends what leaves', () => {
    const ring = new KeyRing([a, b]);
    const [oldA] = ring.candidates('a', 'ES256');
    const [oldB] = ring.candidates('b', 'ES256');
    expect(ring.replace([b, c])).toBe(true);

    expect(oldA?.current).toBe(false);
    expect(kids(ring, 'a')).toEqual([]);
    expect(ring.candidates('b', 'ES256')[0]).toBe(oldB);
    expect(oldB?.current).toBe(true);
    expect(kids(ring, 'c')).toEqual(['c']);
    expect(ring.size).toBe(2);
  });

  it('ends a key whose kid is another key’s now', () => {
    const ring = new KeyRing([a]);
    const [old] = ring.candidates('a', 'ES256');
    ring.replace([{ kid: 'a', key: b.key }]);
    expect(old?.current).toBe(false);
    expect(ring.candidates('a', 'ES256')).toEqual([{ kid: 'a', key: b.key, current: true }]);
  });

  it('ends a key that has another kid now', () => {
    const ring = new KeyRing([a]);
    const [old] = ring.candidates('a', 'ES256');
    ring.replace([{ kid: 'z', key: a.key }]);
    expect(old?.current).toBe(false);
  });

  it('does not bring back what had left', () => {
    const ring = new KeyRing([a]);
    const [old] = ring.candidates('a', 'ES256');
    ring.replace([]);
    ring.replace([a]);
    expect(old?.current).toBe(false);
    expect(ring.candidates('a', 'ES256')[0]?.current).toBe(true);
  });

  it('says when nothing has changed', () => {
    const ring = new KeyRing([a, b]);
    expect(ring.replace([b, a])).toBe(false);
    expect(ring.replace([a])).toBe(true);
    expect(ring.replace([a, c])).toBe(true);
  });
});

it('knows of no other place to look', () => {
  expect(new KeyRing([a]).search()).toBe('absent');
});
