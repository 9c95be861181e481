import { createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fault, Identity } from '../../../src/domain/claims.ts';
import type { ClaimRules } from '../../../src/jwt/claims.ts';
import { USUAL_TYPES } from '../../../src/jwt/header.ts';
import { TOO_MANY } from '../../../src/jwt/key-set.ts';
import { VerificationKey } from '../../../src/jwt/signature.ts';
import { TokenCache } from '../../../src/jwt/token-cache.ts';
import { JwtVerifier } from '../../../src/jwt/verifier.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { base64url, claims, ISSUER, SECRET, signed } from '../../support/tokens.ts';
import { BAD_SIGNATURE, build, NOW, pairOf, RULES, verdict } from './verifier-setup.ts';

const SECOND = 1000;

const { key } = await pairOf('HS256');
const key512 = createSecretKey(Buffer.alloc(64, 1));

describe('a token that was read and has to wait for its turn', () => {
  const waiting = (override: Parameters<typeof claims>[1]) => {
    const built = build('HS256', key);
    const token = signed(claims(NOW, override));
    const read = built.verifier.peek(token, false);
    if (read?.kind !== 'unverified') throw new Error(`${read?.kind}`);
    return { ...built, verify: () => built.verifier.verify(token, read) };
  };

  it('is verified by what was read', async () => {
    const { verify } = waiting({ sub: 'somebody' });
    expect(await verify()).toMatchObject({ kind: 'identity', claims: { sub: 'somebody' } });
  });

  it('passes no more when it ends meanwhile', async () => {
    const { clock, cache, verify } = waiting({ exp: NOW + 1 });
    clock.advance(SECOND);
    expect(verdict(await verify())).toBe('ERR_JWT_EXPIRED');
    expect(cache.size).toBe(0);
  });
});

describe('a cached token', () => {
  const cached = async (override: object, rules: Partial<ClaimRules> = {}) => {
    const built = build('HS256', key, rules);
    const token = signed(claims(NOW, { ...override }));
    expect(verdict(await built.verifier.verify(token))).toBe('identity');
    expect(verdict(built.verifier.peek(token, false))).toBe('identity');
    return { ...built, token };
  };

  it.each([0, 5])(
    'holds to the last second before exp, with a tolerance of %i',
    async (tolerance) => {
      const { verifier, clock, cache, token } = await cached(
        { exp: NOW + 60 },
        { expToleranceSec: tolerance },
      );
      clock.advance((60 + tolerance) * SECOND - 1);
      expect(verdict(verifier.peek(token, false))).toBe('identity');

      clock.advance(1);
      expect(verifier.peek(token, false)).toEqual({
        kind: 'fault',
        reason: 'invalid_token',
        detail: 'ERR_JWT_EXPIRED',
      });
      expect(cache.size).toBe(0);
      expect(verdict(await verifier.verify(token))).toBe('ERR_JWT_EXPIRED');
      expect(cache.size).toBe(0);
    },
  );

  it('does not live again when the clock is set back', async () => {
    const { verifier, clock, token } = await cached({ exp: NOW + 60 });
    clock.advance(60 * SECOND);
    expect(verdict(verifier.peek(token, false))).toBe('ERR_JWT_EXPIRED');

    clock.setWall(-60 * SECOND);
    expect(verdict(verifier.peek(token, false))).toBe('unverified');
  });

  it('is held to nbf, when the clock is set back', async () => {
    const { verifier, clock, cache, token } = await cached({ nbf: NOW });
    clock.setWall(-5 * SECOND);
    expect(verdict(verifier.peek(token, false))).toBe('identity');

    clock.setWall(-1);
    expect(verdict(verifier.peek(token, false))).toBe('claim_nbf');
    expect(cache.size).toBe(0);
  });

  it('is not looked up again by anything but itself', async () => {
    const { verifier, token } = await cached({});
    for (const other of [
      `${token}A`,
      token.slice(0, -1),
      ` ${token}`,
      `${token}=`,
      token.toLowerCase(),
    ]) {
      expect(verifier.peek(other, false)?.kind).toBe('fault');
    }
  });

  it('gives the same identity to all, so that allows are built once', async () => {
    const { verifier, token } = await cached({});
    expect(verifier.peek(token, false)).toBe(verifier.peek(token, false));
  });
});

it('keeps one of several copies', async () => {
  const { verifier, cache } = build('HS256', key);
  const token = signed(claims(NOW));
  const outcomes = await Promise.all(Array.from({ length: 5 }, () => verifier.verify(token)));

  expect(outcomes.map(verdict)).toEqual(Array(5).fill('identity'));
  expect(cache.size).toBe(1);
  expect(outcomes).toContain(verifier.peek(token, false));
});

describe('what fails', () => {
  const badHeader = (header: object) =>
    signed(claims(NOW), { header: { alg: 'HS256', ...header } });
  const good = signed(claims(NOW));

  it.each<[string, string, string]>([
    ['no token', '', 'token_grammar'],
    ['too long', signed(claims(NOW, { pad: 'x'.repeat(6200) })), 'token_too_large'],
    ['padding', `${good}=`, 'token_grammar'],
    ['no JSON', signed('sub=user'), 'token_json'],
    ['a name twice', signed('{"sub":"a","sub":"a"}'), 'token_json'],
    ['no signature', good.slice(0, good.lastIndexOf('.') + 1), 'token_grammar'],
    ['alg none', badHeader({ alg: 'none' }), 'header_alg'],
    ['crit', badHeader({ crit: ['exp'] }), 'header_parameter'],
    ['b64', badHeader({ b64: true }), 'header_parameter'],
    ['jwk', badHeader({ jwk: { kty: 'oct', k: base64url(SECRET) } }), 'header_parameter'],
    ['typ', badHeader({ typ: 'dpop+jwt' }), 'header_typ'],
    ['kid', badHeader({ kid: 1 }), 'header_kid'],
    ['a short signature', good.replace(/[^.]+$/, 'AAAA'), 'signature_length'],
    ['sub', signed(claims(NOW, { sub: 'a\nb' })), 'claim_sub'],
    ['jti', signed(claims(NOW, { jti: 42 })), 'claim_jti'],
    ['iss', signed(claims(NOW, { iss: 'https://evil.example' })), 'claim_iss'],
    ['aud', signed(claims(NOW, { aud: [] })), 'claim_aud'],
    ['exp', signed(claims(NOW, { exp: `${NOW + 60}` })), 'claim_exp'],
    ['expired', signed(claims(NOW, { exp: NOW })), 'ERR_JWT_EXPIRED'],
    ['nbf', signed(claims(NOW, { nbf: NOW + 6 })), 'claim_nbf'],
    ['iat', signed(claims(NOW, { iat: NOW + 6 })), 'claim_iat'],
  ])('at once: %s', async (_, token, detail) => {
    const { verifier, cache } = build('HS256', key);
    const fault = { kind: 'fault', reason: 'invalid_token', detail };

    expect(verifier.peek(token, false)).toEqual(fault);
    expect(await verifier.verify(token)).toEqual(fault);
    expect(cache.size).toBe(0);
  });

  it('stays failed: the next look fails as well', async () => {
    const { verifier } = build('HS256', key);
    const token = signed(claims(NOW), { secret: SECRET.toUpperCase() });
    for (let i = 0; i < 3; i++) {
      expect(verdict(verifier.peek(token, false))).toBe('unverified');
      expect(verdict(await verifier.verify(token))).toBe(BAD_SIGNATURE);
    }
  });
});

it.each([new Error('secret'), new TypeError('secret'), 'secret', undefined, null])(
  'a key that throws %s is our fault, and of that nothing is said',
  (error) => {
    const broken = new VerificationKey('HS256', key512);
    Object.assign(broken, {
      verifies() {
        throw error;
      },
    });
    const { verifier, cache } = build('HS256', broken);

    expect(verifier.verify(signed(claims(NOW)))).toEqual({
      kind: 'fault',
      reason: 'internal',
      detail: 'verify_threw',
    });
    expect(cache.size).toBe(0);
  },
);

it('holds it against no token that there are too many keys to try, unless it is bad in any case', () => {
  const absent = () => 'absent' as const;
  const keys = { candidates: () => TOO_MANY, search: absent, verdict: absent };
  const issuer = { ...RULES, algorithms: ['HS256' as const], types: USUAL_TYPES, keys };
  const cache = new TokenCache({ maxEntries: 1, maxBytes: 1_000 });
  const verifier = new JwtVerifier([issuer], cache, new ManualClock());
  const fault = { kind: 'fault', reason: 'keys_unavailable', detail: 'too_many_keys' };
  const token = signed(claims(NOW));
  expect(verifier.peek(token, false)).toEqual(fault);
  expect(verifier.verify(token)).toEqual(fault);
  expect(verdict(verifier.peek(signed(claims(NOW, { exp: NOW })), false))).toBe('ERR_JWT_EXPIRED');
});

it('says of a fault nothing but fixed words', async () => {
  const DETAILS = new Set([
    ...['token_too_large', 'token_grammar', 'token_json', 'signature_length', BAD_SIGNATURE],
    ...['header_alg', 'header_parameter', 'header_typ', 'header_kid', 'ERR_JWT_EXPIRED'],
    ...['sub', 'jti', 'iss', 'aud', 'exp', 'nbf', 'iat', 'lifetime'].map((name) => `claim_${name}`),
  ]);
  const { verifier } = build('HS256', key, { maxLifetimeSec: 7200 });
  const anything = fc.oneof(fc.jsonValue(), fc.constantFrom(NOW, NOW + 9, NOW + 8000, 'JWT', 'x'));
  const names = [
    ...['iss', 'aud', 'sub', 'jti', 'exp', 'nbf', 'iat', 'scope', 'provider'],
    ...['alg', 'typ', 'kid', 'crit', 'jwk'],
  ];
  const some = fc.dictionary(fc.constantFrom(...names), anything, { maxKeys: 2 });
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(some, some, fc.constantFrom(SECRET, 'other'), async (more, less, secret) => {
      const header = { alg: 'HS256', ...less };
      const token = signed({ ...claims(NOW), ...more }, { header, secret });
      for (const outcome of [verifier.peek(token, false), await verifier.verify(token)]) {
        if (outcome?.kind !== 'fault') continue;
        expect(DETAILS).toContain(outcome.detail);
        expect(Object.keys(outcome)).toEqual(['kind', 'reason', 'detail']);
        seen.add(outcome.detail);
      }
    }),
    { numRuns: 1000 },
  );
  expect(seen.size).toBeGreaterThan(10);
});

describe('what is asked about a token', () => {
  it('is its jti', async () => {
    const { verifier } = build('HS256', key);
    const identity = (await verifier.verify(signed(claims(NOW, { jti: 'é:*' })))) as Identity;

    expect(identity).toMatchObject({
      revocation: [{ scope: 'jti', id: 'é:*' }],
      irrevocable: false,
    });
  });

  it('is nothing where its issuer revokes nothing', async () => {
    const { verifier } = build('HS256', key, { revocation: 'none' });

    expect(await verifier.verify(signed(claims(NOW)))).toMatchObject({
      revocation: [],
      irrevocable: true,
    });
  });

  it('must be in order before any cryptography', () => {
    const { verifier } = build('HS256', key, { revocation: 'sid' });
    const token = signed(claims(NOW), { secret: 'unknown' });

    expect(verdict(verifier.peek(token, false))).toBe('claim_sid');
    expect(verdict(verifier.verify(token) as Fault)).toBe('claim_sid');
  });

  it('must be something where there is anything to revoke it by', async () => {
    const { verifier, cache } = build('HS256', key, { revocation: 'none', revokeBy: ['sid'] });

    expect(await verifier.verify(signed(claims(NOW)))).toEqual({
      ...{ kind: 'fault', reason: 'invalid_token' },
      detail: 'revocation_id',
    });
    expect(cache.size).toBe(0);
    expect(verdict(await verifier.verify(signed(claims(NOW, { sid: 's' }))))).toBe('identity');
  });

  it('is the key that signed it, also where the token keeps silent about it', async () => {
    const { verifier } = build('HS256', key, { revokeBy: ['kid'] }, 'k1');
    for (const header of [{ alg: 'HS256' }, { alg: 'HS256', kid: 'k1' }]) {
      const identity = (await verifier.verify(signed(claims(NOW), { header }))) as Identity;
      expect(identity.revocation).toEqual([
        { scope: 'jti', id: identity.claims.jti },
        { scope: 'kid', id: `${ISSUER} k1` },
      ]);
    }
  });
});
