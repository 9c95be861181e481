import { describe, expect, it } from 'vitest';
import { readRevocable, untilText } from '../../../src/dev/revocable.ts';
import { base64url, signed } from '../../support/tokens.ts';

const JTI = { jti: 'id-1', exp: 2_000_000_000 };

describe('readRevocable', () => {
  it('reads jti and exp, whoever signed, with space around it', () => {
    expect(readRevocable(signed({ ...JTI, sub: 'x' }, { secret: 'unknown' }))).toEqual(JTI);
    expect(readRevocable(` ${signed(JTI)}\n`)).toEqual(JTI);
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
