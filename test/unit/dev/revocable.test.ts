import { describe, expect, it } from 'vitest';
import { readRevocable, untilText } from '../../../src/dev/revocable.ts';
import type { RevocationPolicy } from '../../../src/dev/revocation-policy.ts';
import { base64url, signed } from '../../support/tokens.ts';

const JTI = { jti: 'id-1', exp: 2_000_000_000 };

const policyOf = (issuer: string, more: Partial<RevocationPolicy>): RevocationPolicy => ({
  ...{ issuer, revocation: 'jti', revokeBy: [], clockSkewSec: 5, maxLifetimeSec: 0 },
  ...more,
});

describe('readRevocable, by a policy', () => {
  const policies = [
    policyOf('plain', {}),
    policyOf('sessions', { revocation: 'sid' }),
    policyOf('none', { revocation: 'none', revokeBy: ['sub', 'kid'] }),
  ];
  const read = (iss: string) => readRevocable(signed({ ...JTI, sid: 's', iss }), policies);

  it('reads what the issuer is asked by', () => {
    expect(read('plain')).toEqual({ scope: 'jti', id: 'id-1', exp: JTI.exp });
    expect(read('sessions')).toEqual({ scope: 'sid', id: 's', exp: JTI.exp });
  });

  it('refuses what nothing would ask for', () => {
    expect(() => read('none')).toThrow(/no single token of this issuer is revoked.*sub, kid/);
    expect(() => read('other')).toThrow('the policy file does not have the issuer of this token');
    expect(() => readRevocable(signed({ ...JTI, iss: 'sessions' }), policies)).toThrow('no sid');
  });
});

describe('readRevocable', () => {
  it('reads jti and exp, whoever signed, with space around it', () => {
    const revocable = { scope: 'jti', id: 'id-1', exp: JTI.exp };
    expect(readRevocable(signed({ ...JTI, sub: 'x' }, { secret: 'unknown' }))).toEqual(revocable);
    expect(readRevocable(` ${signed(JTI)}\n`)).toEqual(revocable);
  });

  it.each([
    ['no jti', { exp: 1 }],
    ['an empty jti', { jti: '', exp: 1 }],
    ['a jti that is a number', { jti: 1, exp: 1 }],
  ])('refuses a token with %s', (_, payload) => {
    expect(() => readRevocable(signed(payload))).toThrow('the token has no jti to revoke it by');
  });

  it.each([
    ['no exp', '{"jti":"a"}'],
    ['an exp that is text', '{"jti":"a","exp":"2000000000"}'],
    ['a broken exp', '{"jti":"a","exp":1.5}'],
    ['an infinite exp', '{"jti":"a","exp":1e999}'],
    ['an exp past all integers', '{"jti":"a","exp":9007199254740992}'],
  ])('refuses a token with %s', (_, payload) => {
    expect(() => readRevocable(signed(payload))).toThrow('the token has no exp in whole seconds');
  });

  it.each([
    '',
    'garbage',
    'Bearer x.y.z',
    'a.b',
    'a.b.c.d.e',
    `${base64url({ alg: 'HS256' })}.${base64url('not json')}.x`,
    `${base64url({ alg: 'HS256' })}.${base64url('null')}.x`,
    `${base64url({ alg: 'HS256' })}.${base64url('[]')}.x`,
  ])('says of %j that it is no token, and does not quote it', (text) => {
    expect(() => readRevocable(text)).toThrow(
      /^that is not a token: a JWT has three parts, separated by dots$/,
    );
  });
});

describe('untilText', () => {
  it.each([
    [0, '1970-01-01T00:00:00.000Z'],
    [2_000_000_000, '2033-05-18T03:33:20.000Z'],
    [Number.MAX_SAFE_INTEGER, '+275760-09-13T00:00:00.000Z'],
  ])('tells %i as %s', (exp, text) => {
    expect(untilText(exp)).toBe(text);
  });
});
