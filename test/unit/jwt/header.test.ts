import { describe, expect, it } from 'vitest';
import type { Algorithm } from '../../../src/jwt/algorithms.ts';
import { checkHeader, USUAL_TYPES } from '../../../src/jwt/header.ts';

const check = (header: Record<string, unknown>, algorithm: Algorithm = 'HS256') =>
  checkHeader({ header }, { algorithms: [algorithm], types: USUAL_TYPES })?.detail;

const passing = (more: Record<string, unknown>) => check({ alg: 'HS256', ...more });

describe('alg', () => {
  it.each([
    undefined,
    null,
    '',
    'none',
    'None',
    'NONE',
    'nOnE',
    'hs256',
    'HS256 ',
    'HS256\0',
    'HS384',
    'RS256',
    256,
    true,
    ['HS256'],
    { HS256: 1 },
  ])('%j is not HS256', (alg) => {
    expect(check({ alg })).toBe('header_alg');
  });

  it.each(['HS256', 'HS512', 'none', 'PS256', 'RS384', 'EdDSA', 'Ed25519'])(
    '%s is not RS256',
    (alg) => {
      expect(check({ alg }, 'RS256')).toBe('header_alg');
    },
  );

  it('is not inherited', () => {
    expect(check(JSON.parse('{"__proto__":{"alg":"HS256"}}'))).toBe('header_alg');
  });

  it('is the one accepted', () => {
    expect(check({ alg: 'HS256' })).toBeUndefined();
    expect(check({ alg: 'EdDSA' }, 'EdDSA')).toBeUndefined();
  });
});

describe('parameters that no token may have', () => {
  it.each(['jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64', 'zip', 'enc'])('%s', (name) => {
    for (const value of [undefined, null, false, true, '', 'DEF', [], ['exp'], {}]) {
      expect(passing({ [name]: value })).toBe('header_parameter');
    }
  });

  it('says so of alg first: what is not ours need not be understood', () => {
    expect(check({ alg: 'none', crit: ['exp'] })).toBe('header_alg');
  });

  it.each(['x5t', 'x5t#S256', 'cty', 'nonce', 'JWK', 'Crit', 'toString', 'constructor'])(
    '%s is none of them',
    (name) => {
      expect(passing({ [name]: 'x' })).toBeUndefined();
    },
  );
});

describe('typ', () => {
  it.each(['JWT', 'jwt', 'Jwt', 'at+jwt', 'AT+JWT', 'application/jwt', 'application/at+JWT'])(
    '%s passes',
    (typ) => {
      expect(passing({ typ })).toBeUndefined();
    },
  );

  it.each([
    ...[
      '',
      ' ',
      'JWS',
      'JOSE',
      'JWE',
      'jwt ',
      ' jwt',
      'jwt\0',
      'text/jwt',
      'application/',
      'at jwt',
    ],
    ...[
      'dpop+jwt',
      'logout+jwt',
      'secevent+jwt',
      'id+jwt',
      'id_token+jwt',
      'token-introspection+jwt',
    ],
    ...['application/application/jwt', 'application/jwt; charset=utf-8', 'jwt,at+jwt', 'ＪＷＴ'],
    ...[null, true, 0, ['JWT'], { typ: 'JWT' }],
  ])('%j does not', (typ) => {
    expect(passing({ typ })).toBe('header_typ');
  });
});

describe('kid', () => {
  it.each(['', 'a', '../../dev/null', "' OR 1=1 --", 'é', '\0', 'k'.repeat(300)])(
    '%j is not looked at',
    (kid) => {
      expect(passing({ kid })).toBeUndefined();
    },
  );

  it.each([null, 0, 1, true, [], ['a'], {}, { $ne: 1 }])('%j is no string', (kid) => {
    expect(passing({ kid })).toBe('header_kid');
  });
});
