import { describe, expect, it } from 'vitest';
import { MAX_TOKEN_BYTES, parseToken } from '../../../src/jwt/token.ts';
import { base64url } from '../../support/tokens.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const HEADER = base64url({ alg: 'HS256' });
const PAYLOAD = base64url({ sub: 'a' });
const SIGNATURE = base64url(new Uint8Array(32).fill(0xff));

const TOKEN = `${HEADER}.${PAYLOAD}.${SIGNATURE}`;

const outcome = (token: string) => {
  const parsed = parseToken(token);
  return parsed.kind === 'fault' ? parsed.detail : parsed.kind;
};

it('gives what the token says, what was signed, and the signature', () => {
  expect(parseToken(TOKEN)).toEqual({
    kind: 'parsed',
    header: { alg: 'HS256' },
    payload: { sub: 'a' },
    signed: `${HEADER}.${PAYLOAD}`,
    signature: Buffer.alloc(32, 0xff),
  });
});

it.each([1, 2, 3, 4, 31, 32, 33, 255, 256, 257])('takes a signature of %i bytes', (length) => {
  const signature = Buffer.alloc(length, 7);
  const parsed = parseToken(`${HEADER}.${PAYLOAD}.${base64url(signature)}`);

  expect(parsed).toMatchObject({ signature });
});

describe('what is no compact JWS', () => {
  it.each([
    ['nothing', ''],
    ['one segment', HEADER],
    ['two segments', `${HEADER}.${PAYLOAD}`],
    ['four segments', `${TOKEN}.${SIGNATURE}`],
    ['five segments, as in a JWE', `${TOKEN}.AAAA.AAAA`],
    ['dots alone', '..'],
    ['one dot', '.'],
    ['an empty header', `.${PAYLOAD}.${SIGNATURE}`],
    ['an empty payload', `${HEADER}..${SIGNATURE}`],
    ['an empty signature', `${HEADER}.${PAYLOAD}.`],
    ['a dot before', `.${TOKEN}`],
    ['a dot after', `${TOKEN}.`],
    ['two dots between', `${HEADER}..${PAYLOAD}.${SIGNATURE}`],
    ['JSON', '{"payload":"","signatures":[]}'],
    ['the scheme', `Bearer ${TOKEN}`],
    ['quotes', `"${TOKEN}"`],
    ['two tokens', `${TOKEN},${TOKEN}`],
  ])('%s', (_, token) => {
    expect(outcome(token)).toBe('token_grammar');
  });
});

/** The token with each segment in turn put through `change`. */
const changed = (change: (segment: string) => string) =>
  [0, 1, 2].map((index) =>
    TOKEN.split('.')
      .map((segment, i) => (i === index ? change(segment) : segment))
      .join('.'),
  );

describe('base64url in one spelling only', () => {
  it.each<[string, (segment: string) => string]>([
    ['padding', (segment) => segment.padEnd(segment.length + 1, '=')],
    ['full padding', (segment) => segment.padEnd(Math.ceil(segment.length / 4 + 0.1) * 4, '=')],
    ['escaped padding', (segment) => `${segment}%3D`],
    ['+', (segment) => segment.replace(/^./, '+')],
    ['/', (segment) => segment.replace(/.$/, '/')],
    ['a space before', (segment) => ` ${segment}`],
    ['a space after', (segment) => `${segment} `],
    ['a tab within', (segment) => `${segment.slice(0, 4)}\t${segment.slice(4)}`],
    ['a newline after', (segment) => `${segment}\n`],
    ['CRLF within', (segment) => `${segment.slice(0, 4)}\r\n${segment.slice(4)}`],
    ['NUL after', (segment) => `${segment}\0`],
    ['a no-break space', (segment) => `${segment}\u00a0`],
    ['a zero-width space', (segment) => `${segment.slice(0, 2)}\u200b${segment.slice(2)}`],
    ['a byte order mark', (segment) => `\ufeff${segment}`],
    ['a full-width letter', (segment) => `\uff25${segment.slice(1)}`],
    ['an invalid pair of characters', (segment) => `${segment}\ud800`],
    ['one character over', (segment) => `${segment}${'A'.repeat((5 - (segment.length % 4)) % 4)}`],
  ])('%s', (_, change) => {
    for (const token of changed(change)) expect(outcome(token), token).toBe('token_grammar');
  });

  it('takes, of all characters up to U+FFFF, the 64 of the alphabet', () => {
    const taken: string[] = [];
    for (let code = 0; code <= 0xffff; code++) {
      const char = String.fromCharCode(code);
      if (outcome(`${HEADER}.${PAYLOAD}.A${char}AA`) === 'parsed') taken.push(char);
    }
    expect(taken.sort().join('')).toBe(ALPHABET.split('').sort().join(''));
  });

  it.each([
    ['one byte', 'A'],
    ['two bytes', 'AA'],
    ['four bytes', 'AAAAA'],
    ['five bytes', 'AAAAAA'],
  ])('takes no last character with unused bits set: %s', (_, start) => {
    for (const last of ALPHABET) {
      const signature = start + last;
      const isCanonical = Buffer.from(signature, 'base64url').toString('base64url') === signature;
      const expected = isCanonical ? 'parsed' : 'token_grammar';
      expect(outcome(`${HEADER}.${PAYLOAD}.${signature}`), signature).toBe(expected);
    }
  });

  it.each([
    ['header', 0, '{"alg":"HS256","a":1}'],
    ['header', 0, '{"alg":"HS256"}  '],
    ['payload', 1, '{"sub":"abcd"}'],
    ['payload', 1, '{"sub":"abc"} '],
  ])('nor in the %s, where it decodes to the same JSON', (_, index, json) => {
    const segments = TOKEN.split('.');
    const encoded = base64url(json);
    const same = [...ALPHABET]
      .map((last) => encoded.slice(0, -1) + last)
      .filter((other) => Buffer.from(other, 'base64url').toString() === json);
    expect(same).toHaveLength([1, 0, 16, 4][encoded.length % 4] ?? 0);
    for (const segment of same) {
      const token = segments.with(index, segment).join('.');
      expect(outcome(token)).toBe(segment === encoded ? 'parsed' : 'token_grammar');
    }
  });
});

describe('size', () => {
  const ofLength = (length: number) => {
    const rest = length - HEADER.length - PAYLOAD.length - 2;
    return `${HEADER}.${PAYLOAD}.${'A'.repeat(rest)}`;
  };

  it('looks at 8,192 bytes, not at one more', () => {
    expect(MAX_TOKEN_BYTES).toBe(8192);
    expect(outcome(ofLength(8192))).toBe('parsed');
    expect(outcome(ofLength(8193))).toBe('token_too_large');
  });

  it.each([
    ['nothing but dots', '.'.repeat(8193)],
    ['what is no base64url', ' '.repeat(8193)],
    ['8 MB', 'A'.repeat(8 << 20)],
  ])('judges the size first: %s', (_, token) => {
    expect(outcome(token)).toBe('token_too_large');
  });

  it('leaves what is short in characters and long in bytes to the grammar', () => {
    expect(outcome('\u20ac'.repeat(8192))).toBe('token_grammar');
  });
});

describe('JSON in either segment', () => {
  it.each([
    ['an array', '[]'],
    ['a string', '"eyJ9"'],
    ['null', 'null'],
    ['no JSON', 'sub=a'],
    ['a byte order mark', '\ufeff{}'],
    ['a name twice', '{"sub":"a","sub":"b"}'],
    ['a name twice, spelt differently', '{"sub":"a","\\u0073ub":"b"}'],
    ['a name twice, deep inside', '{"a":[{"b":{"c":1,"c":1}}]}'],
    ['text after it', '{}{}'],
  ])('%s', (_, json) => {
    expect(outcome(`${base64url(json)}.${PAYLOAD}.${SIGNATURE}`)).toBe('token_json');
    expect(outcome(`${HEADER}.${base64url(json)}.${SIGNATURE}`)).toBe('token_json');
  });

  it('bytes that are no UTF-8', () => {
    const bytes = Buffer.from('{"sub":"\xff"}', 'latin1');
    expect(outcome(`${base64url(bytes)}.${PAYLOAD}.${SIGNATURE}`)).toBe('token_json');
    expect(outcome(`${HEADER}.${base64url(bytes)}.${SIGNATURE}`)).toBe('token_json');
  });
});
