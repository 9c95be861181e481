import { describe, expect, it } from 'vitest';
import type { Claims } from '../../../src/domain/claims.ts';
import { textReader } from '../../../src/jwt/claim-reader.ts';
import { type ClaimRules, checkTime, readClaims } from '../../../src/jwt/claims.ts';

const NOW = 1_700_000_000;

const RULES: ClaimRules = {
  issuer: 'https://issuer.example',
  audiences: ['api', 'other'],
  audienceClaim: 'aud',
  clockSkewSec: 5,
  expToleranceSec: 0,
  maxLifetimeSec: 0,
  revocation: 'jti',
  revokeBy: [],
  certificateBound: 'off',
  told: [textReader('sub'), textReader('provider')],
};

const BASE = { iss: RULES.issuer, aud: 'api', sub: 'user', jti: 'id', exp: NOW + 60 };

function read(override: object, rules: Partial<ClaimRules> = {}) {
  const payload = { ...BASE, ...override };
  return readClaims({ payload }, { ...RULES, ...rules }, NOW);
}

/** What is said of it: a fault's detail, or nothing. */
function faultOf(override: object, rules: Partial<ClaimRules> = {}): string | undefined {
  const result = read(override, rules);
  return 'kind' in result ? result.detail : undefined;
}

const claimsOf = (override: object) => read(override) as Claims;

it('takes over what it knows, and nothing else', () => {
  const all = { nbf: NOW, iat: NOW, scope: 'a b', provider: 'google', role: 'admin' };

  expect(read(all)).toEqual({
    iss: RULES.issuer,
    aud: ['api'],
    sub: 'user',
    jti: 'id',
    exp: NOW + 60,
    nbf: NOW,
    iat: NOW,
    scopes: new Set(['a', 'b']),
    boundTo: undefined,
    told: ['user', 'google'],
  });
});

it.each(['sub', 'iss', 'aud', 'exp'])('requires %s', (name) => {
  const { [name as 'sub']: _, ...rest } = BASE;

  expect(readClaims({ payload: rest }, RULES, NOW)).toMatchObject({ detail: `claim_${name}` });
  expect(faultOf({ [name]: null })).toBe(`claim_${name}`);
  expect(faultOf({ [name]: {} })).toBe(`claim_${name}`);
});

it('requires claims of the token itself, not of what it inherits', () => {
  const payload = JSON.parse(`{"__proto__":${JSON.stringify(BASE)}}`);

  expect(readClaims({ payload }, RULES, NOW)).toMatchObject({ kind: 'fault' });
});

const HEADER_SAFE = ['a', 'a b', '~', '!', 'auth0|42', 'a,b;c="d"', 'x'.repeat(255), 'a  b'];
const HEADER_UNSAFE = [
  ...[
    '',
    ' ',
    ' a',
    'a ',
    '\ta',
    'a\t',
    'a\tb',
    'a\nb',
    'a\r\nx-admin: 1',
    '\na',
    'a\n',
    'a\0',
    '\0',
  ],
  ...[
    '\x1f',
    '\x7f',
    'a\x7fb',
    '\x80',
    'é',
    'a\u00a0b',
    '\u2028',
    '用户',
    '\ud800',
    'a\udc00',
    '😀',
  ],
  ...['x'.repeat(256), 'é'.repeat(100), ' '.repeat(255)],
];
const NO_STRINGS: readonly unknown[] = [
  null,
  0,
  1,
  1e21,
  true,
  false,
  [],
  ['user'],
  {},
  { toString: 'user' },
];

describe('sub', () => {
  it.each(HEADER_SAFE)('%j passes', (sub) => {
    expect(claimsOf({ sub }).sub).toBe(sub);
  });

  it.each([...HEADER_UNSAFE, ...NO_STRINGS])('%j does not', (sub) => {
    expect(faultOf({ sub })).toBe('claim_sub');
  });

  it('takes all of printable ASCII and nothing else', () => {
    for (let code = 0; code <= 0xffff; code++) {
      const isPrintable = code >= 0x20 && code <= 0x7e;
      const detail = faultOf({ sub: `a${String.fromCharCode(code)}b` });
      if ((detail === undefined) !== isPrintable) expect.fail(`U+${code.toString(16)}: ${detail}`);
    }
  });
});

describe('provider', () => {
  it.each(HEADER_SAFE)('%j is passed on', (provider) => {
    expect(claimsOf({ provider }).told[1]).toBe(provider);
  });

  it.each([...HEADER_UNSAFE, ...NO_STRINGS, undefined])('%j is left out', (provider) => {
    expect(claimsOf({ provider }).told[1]).toBeUndefined();
    expect(faultOf({ provider })).toBeUndefined();
  });
});

describe('cnf', () => {
  const thumbprint = 'A'.repeat(43);
  const bound = { cnf: { 'x5t#S256': thumbprint } };
  const boundTo = (override: object, certificateBound: ClaimRules['certificateBound']) => {
    const outcome = read(override, { certificateBound });
    return 'kind' in outcome ? outcome.detail : outcome.boundTo;
  };

  it('is looked at where the rules say so', () => {
    expect(boundTo(bound, 'off')).toBeUndefined();
    expect(boundTo(bound, 'if_present')).toBe(thumbprint);
    expect(boundTo(bound, 'required')).toBe(thumbprint);
    expect(boundTo({}, 'if_present')).toBeUndefined();
    expect(boundTo({}, 'required')).toBe('claim_cnf');
    expect(boundTo({ cnf: { jkt: 'x' } }, 'if_present')).toBeUndefined();
    expect(boundTo({ cnf: { jkt: 'x' } }, 'required')).toBe('claim_cnf');
  });

  it.each<[unknown]>([
    [null],
    ['x'],
    [1],
    [[]],
    [{ 'x5t#S256': 1 }],
    [{ 'x5t#S256': '' }],
    [{ 'x5t#S256': 'A'.repeat(44) }],
  ])('%j is refused, not passed over', (cnf) => {
    expect(boundTo({ cnf }, 'if_present')).toBe('claim_cnf');
  });
});

describe('jti', () => {
  it.each([
    ...['a', ' ', '*', 'a b', '\0', '\n', 'é', '😀', '{slot}', '0', '__proto__'],
    ...['x'.repeat(255), 'é'.repeat(127), `${'😀'.repeat(63)}abc`],
  ])('%j passes, as it is', (jti) => {
    expect(claimsOf({ jti }).jti).toBe(jti);
  });

  it.each([
    ...['', '\ud800', '\udc00', 'a\ud83d', '\ude00\ud83d'],
    ...['x'.repeat(256), 'é'.repeat(128), '😀'.repeat(64)],
    ...[...NO_STRINGS, 1.5],
  ])('%j does not', (jti) => {
    expect(faultOf({ jti })).toBe('claim_jti');
    expect(faultOf({ jti }, { revocation: 'none' })).toBe('claim_jti');
  });

  it('may be left out: whether it has to be there depends on how tokens are revoked', () => {
    expect(claimsOf({ jti: undefined }).jti).toBeUndefined();
  });
});

it.each([
  ...['', 'https://issuer.example/', 'https://issuer.exampl', 'HTTPS://ISSUER.EXAMPLE'],
  ...['https://issuer.example ', 'https://issuer.example\0', 'http://issuer.example'],
  ...[['https://issuer.example'], { iss: 'https://issuer.example' }, 1, true],
])('iss %j is not ours', (iss) => {
  expect(faultOf({ iss })).toBe('claim_iss');
});

describe('aud', () => {
  it.each<[unknown, readonly string[]]>([
    ['api', ['api']],
    ['other', ['other']],
    [['api'], ['api']],
    [
      ['x', 'api'],
      ['x', 'api'],
    ],
    [
      ['api', 'other', 'api'],
      ['api', 'other', 'api'],
    ],
    [
      ['', 'api'],
      ['', 'api'],
    ],
  ])('%j passes', (aud, list) => {
    expect(claimsOf({ aud }).aud).toEqual(list);
  });

  it.each([
    ...['', 'API', 'api ', ' api', 'api,other', 'api other', 'ap', 'apiapi', 'a', 'x'],
    ...[[], [[]], [['api']], ['x'], ['api', 1], ['api', null], ['api', ['api']], [null]],
    ...[{ api: 1 }, { 0: 'api', length: 1 }, { includes: 'api' }, 0, true],
  ])('%j does not', (aud) => {
    expect(faultOf({ aud })).toBe('claim_aud');
  });
});

describe('numbers', () => {
  const NO_TIMES = [
    ...['1700000060', '', null, true, [], [NOW + 60], {}],
    ...[-1, -0.5, 0.5, NOW + 0.5, 2 ** 53, 1e300, Number.POSITIVE_INFINITY, Number.NaN],
  ];

  it.each(NO_TIMES)('%j is no time', (time) => {
    expect(faultOf({ exp: time })).toBe('claim_exp');
    expect(faultOf({ nbf: time })).toBe('claim_nbf');
    expect(faultOf({ iat: time })).toBe('claim_iat');
  });

  it.each([
    '1e999',
    '9007199254740992',
    '9007199254740993',
    '17000000000000000000',
    '1700000060.5',
  ])('exp: %s is none either, read from JSON', (text) => {
    expect(faultOf(JSON.parse(`{"exp":${text}}`))).toBe('claim_exp');
  });

  it.each(['1700000060.0', '1.70000006e9', '17000000600e-1'])('exp: %s is one', (text) => {
    expect(claimsOf(JSON.parse(`{"exp":${text}}`)).exp).toBe(1_700_000_060);
  });

  it('takes the largest and the smallest', () => {
    expect(claimsOf({ exp: Number.MAX_SAFE_INTEGER }).exp).toBe(Number.MAX_SAFE_INTEGER);
    expect(claimsOf({ nbf: 0, iat: 0 })).toMatchObject({ nbf: 0, iat: 0 });
    expect(faultOf({ exp: 0 })).toBe('ERR_JWT_EXPIRED');
    expect(faultOf(JSON.parse('{"exp":-0}'))).toBe('ERR_JWT_EXPIRED');
  });
});

describe('time, at the exact second', () => {
  it.each<[string, number, number, string | undefined]>([
    // tolerance, exp
    ['a second to go', 0, NOW + 1, undefined],
    ['on exp (RFC 7519, 4.1.4: on or after)', 0, NOW, 'ERR_JWT_EXPIRED'],
    ['a second late', 0, NOW - 1, 'ERR_JWT_EXPIRED'],
    ['on exp, within tolerance', 5, NOW, undefined],
    ['the last second of tolerance', 5, NOW - 4, undefined],
    ['on exp and tolerance', 5, NOW - 5, 'ERR_JWT_EXPIRED'],
    ['past it', 5, NOW - 6, 'ERR_JWT_EXPIRED'],
  ])('exp: %s', (_, expToleranceSec, exp, detail) => {
    expect(faultOf({ exp }, { expToleranceSec })).toBe(detail);
    expect(faultOf({ exp }, { expToleranceSec, clockSkewSec: 60 })).toBe(detail);
  });

  it.each<[string, number, number, boolean]>([
    ['now', 0, NOW, true],
    ['a second ahead, no skew', 0, NOW + 1, false],
    ['as far ahead as the skew', 5, NOW + 5, true],
    ['a second further', 5, NOW + 6, false],
    ['in the past', 0, NOW - 100, true],
  ])('nbf and iat: %s', (_, clockSkewSec, time, passes) => {
    expect(faultOf({ nbf: time }, { clockSkewSec })).toBe(passes ? undefined : 'claim_nbf');
    expect(faultOf({ iat: time }, { clockSkewSec })).toBe(passes ? undefined : 'claim_iat');
    const tolerant = { clockSkewSec, expToleranceSec: 60 };
    expect(faultOf({ nbf: time }, tolerant)).toBe(passes ? undefined : 'claim_nbf');
  });

  it.each<[string, number, object, string | undefined]>([
    ['any', 0, { iat: 0, exp: NOW + 10 ** 9 }, undefined],
    ['as long as allowed', 3600, { iat: NOW - 10, exp: NOW + 3590 }, undefined],
    ['a second longer', 3600, { iat: NOW - 10, exp: NOW + 3591 }, 'claim_lifetime'],
    ['no iat: from now', 3600, { exp: NOW + 3600 }, undefined],
    ['no iat, a second longer', 3600, { exp: NOW + 3601 }, 'claim_lifetime'],
    ['iat ahead within the skew', 3600, { iat: NOW + 5, exp: NOW + 3605 }, undefined],
    ['iat long ago', 3600, { iat: 0, exp: NOW + 60 }, 'claim_lifetime'],
    ['the largest exp', 3600, { exp: Number.MAX_SAFE_INTEGER }, 'claim_lifetime'],
  ])('lifetime: %s', (_, maxLifetimeSec, times, detail) => {
    expect(faultOf(times, { maxLifetimeSec })).toBe(detail);
  });

  it.each<[number, number | undefined, string | undefined]>([
    [NOW + 1, undefined, undefined],
    [NOW + 1, NOW + 5, undefined],
    [NOW, undefined, 'ERR_JWT_EXPIRED'],
    [NOW + 1, NOW + 6, 'claim_nbf'],
    [NOW, NOW + 6, 'ERR_JWT_EXPIRED'],
  ])('checked again with exp %i and nbf %j', (exp, nbf, detail) => {
    const claims = { ...claimsOf({}), exp, nbf };

    expect(checkTime(claims, RULES, NOW)?.detail).toBe(detail);
  });
});

describe('scope', () => {
  it.each<[unknown, readonly string[]]>([
    [undefined, []],
    ['', []],
    [' ', []],
    ['read', ['read']],
    ['read write', ['read', 'write']],
    ['  read   write  ', ['read', 'write']],
    ['read read', ['read']],
    ['read,write', ['read,write']],
    ['read\twrite', ['read\twrite']],
    ['READ', ['READ']],
    ['__proto__ constructor', ['__proto__', 'constructor']],
    [['read'], []],
    [{ read: true }, []],
    [1, []],
    [null, []],
  ])('%j', (scope, names) => {
    expect([...claimsOf({ scope }).scopes]).toEqual(names);
  });
});
