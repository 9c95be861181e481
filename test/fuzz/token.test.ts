import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fault, Identity } from '../../src/domain/claims.ts';
import type { Algorithm } from '../../src/jwt/algorithms.ts';
import { MAX_TOKEN_BYTES, parseToken } from '../../src/jwt/token.ts';
import type { JwtVerifier } from '../../src/jwt/verifier.ts';
import { base64url, claims, ISSUER, signed, signedBy } from '../support/tokens.ts';
import { verified } from '../support/verified.ts';
import { build, NOW, pairOf } from '../unit/jwt/verifier-setup.ts';
import { headers, payloads, replace } from './token-arbitraries.ts';
import { judge } from './token-oracle.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

async function signer(algorithm: Algorithm) {
  const { signing, key } = await pairOf(algorithm);
  return { key: signing, verifier: build(algorithm, key).verifier };
}

/** As the pipeline asks: at once if that will do, else with cryptography. */
async function ask(verifier: JwtVerifier, token: string): Promise<Identity | Fault> {
  const known = verifier.peek(token, false);
  if (known?.kind === 'identity' || known?.kind === 'fault') return known;
  return verified(verifier, token, known);
}

const IN_PARALLEL = 512;

/** How many were asked, and those of them that were accepted. */
async function accepted(verifier: JwtVerifier, tokens: Iterable<string>) {
  const passed: string[] = [];
  let asked = 0;
  let batch: string[] = [];
  const flush = async () => {
    const outcomes = await Promise.all(batch.map((token) => ask(verifier, token)));
    asked += batch.length;
    passed.push(...batch.filter((_, i) => outcomes[i]?.kind === 'identity'));
    batch = [];
  };
  for (const token of tokens) if (batch.push(token) === IN_PARALLEL) await flush();
  await flush();
  return { asked, passed };
}

function* substitutions(token: string, chars: Iterable<string>, from = 0) {
  const all = [...chars];
  for (let at = from; at < token.length; at++) {
    for (const char of all) if (char !== token[at]) yield replace(token, at, 1, char);
  }
}

function* insertions(token: string, chars: Iterable<string>) {
  const all = [...chars];
  for (let at = 0; at <= token.length; at++) {
    for (const char of all) yield replace(token, at, 0, char);
  }
}

/** Deletions, doublings, neighbours that change places, another case, and escapes of URLs. */
function* edits(token: string) {
  for (let at = 0; at < token.length; at++) {
    const char = token[at] as string;
    for (let length = 1; length <= 4; length++) yield replace(token, at, length, '');
    yield replace(token, at, 1, char + char);
    yield token.slice(0, at);
    yield token.slice(at + 1);
    const swapped = replace(token, at, 2, (token[at + 1] ?? '') + char);
    if (swapped !== token) yield swapped;
    if (char.toLowerCase() !== char) yield replace(token, at, 1, char.toLowerCase());
    if (char.toUpperCase() !== char) yield replace(token, at, 1, char.toUpperCase());
    yield replace(token, at, 1, `%${char.charCodeAt(0).toString(16)}`);
    yield replace(token, at, 1, `\\u00${char.charCodeAt(0).toString(16)}`);
  }
}

/** Each part decoded, with one bit turned, or a byte more or less at either end. */
function* decodedChanges(token: string) {
  const parts = token.split('.').map((part) => Buffer.from(part, 'base64url'));
  for (const [index, part] of parts.entries()) {
    const withPart = (bytes: Uint8Array) =>
      parts.map((other, i) => base64url(i === index ? bytes : other)).join('.');
    for (let bit = 0; bit < part.length * 8; bit++) {
      const turned = Buffer.from(part);
      turned[bit >> 3] = (turned[bit >> 3] as number) ^ (1 << (bit & 7));
      yield withPart(turned);
    }
    for (const byte of [0, 0x20, 0x0a, 0xff]) {
      yield withPart(Buffer.concat([Buffer.from([byte]), part]));
      yield withPart(Buffer.concat([part, Buffer.from([byte])]));
    }
    yield withPart(part.subarray(1));
    yield withPart(part.subarray(0, -1));
    yield withPart(Buffer.concat([part, part]));
  }
}

/** Other ways to write the same bytes in base64, part by part. */
function* respellings(token: string) {
  const parts = token.split('.');
  for (const [index, part] of parts.entries()) {
    const bytes = Buffer.from(part, 'base64url');
    const base64 = bytes.toString('base64');
    const last = ALPHABET.indexOf(part.at(-1) as string);
    const spellings = [
      ...['=', '==', '===', '%3D', ' ', '\n', '\r\n', '\t', '\0'].map((end) => part + end),
      ...[' ', '\n', '='].map((start) => start + part),
      ...[base64, base64.replace(/=+$/, ''), base64.replace(/(.{20})/g, '$1\n')],
      ...[bytes.toString('hex'), bytes.toString('latin1')],
      ...[1, 2, 3, 5, 15].map((bits) => part.slice(0, -1) + (ALPHABET[last ^ bits] ?? '')),
    ];
    for (const spelling of spellings) {
      if (spelling !== part) yield parts.with(index, spelling).join('.');
    }
  }
}

/**
 * ECDSA is the exception that no single change reaches: with (r, s), (r, order - s) is valid too,
 * and half of honest signatures have the larger s. It does no harm: what is asked about is the jti.
 */
describe('a token has one accepted spelling', () => {
  const payload = claims(NOW, { jti: '8e1c', scope: 'read write', provider: 'idp', nbf: NOW });

  it('HS256, over every substitution of one character', async () => {
    const { key, verifier } = await signer('HS256');
    const token = signedBy('HS256', key, payload);
    expect(await accepted(verifier, [token, token])).toEqual({ asked: 2, passed: [token, token] });

    const latin1 = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));
    const others = ['\u0130', '\u017f', '\u212a', '\u2024', '\uff0e', '\uff21', '\ud800', '😀'];
    const { asked, passed } = await accepted(
      verifier,
      substitutions(token, [...latin1, ...others]),
    );
    expect(passed).toEqual([]);
    expect(asked).toBe(token.length * (latin1.length + others.length - 1));
    expect(verifier.peek(token, false)?.kind).toBe('identity');
  });

  it('HS256, over every insertion of one character', async () => {
    const { key, verifier } = await signer('HS256');
    const token = signedBy('HS256', key, payload);
    expect((await accepted(verifier, [token])).passed).toEqual([token]);

    const { passed } = await accepted(verifier, insertions(token, `${ALPHABET}=+/.~ \t\r\n\0,"%é`));
    expect(passed).toEqual([]);
  });

  it.each<Algorithm>(['HS256', 'RS256', 'PS256', 'ES256', 'EdDSA'])(
    '%s, over changes of every part',
    async (algorithm) => {
      const { key, verifier } = await signer(algorithm);
      const token = signedBy(algorithm, key, payload);
      expect((await accepted(verifier, [token])).passed).toEqual([token]);

      for (const changes of [edits, decodedChanges, respellings]) {
        const { asked, passed } = await accepted(verifier, changes(token));
        expect(passed, changes.name).toEqual([]);
        expect(asked).toBeGreaterThan(20);
      }
      const chars = algorithm.endsWith('S256') && algorithm !== 'ES256' ? 'AQ_' : ALPHABET;
      const signatureAt = token.lastIndexOf('.');
      const { passed } = await accepted(verifier, substitutions(token, chars, signatureAt));
      expect(passed).toEqual([]);
    },
  );

  it.each<Algorithm>(['HS256', 'ES256', 'EdDSA'])('%s, over several changes', async (algorithm) => {
    const { key, verifier } = await signer(algorithm);
    const token = signedBy(algorithm, key, payload);
    expect((await accepted(verifier, [token])).passed).toEqual([token]);

    const change = fc.record({
      at: fc.nat(token.length),
      length: fc.nat(3),
      by: fc.oneof(
        fc.string({ unit: fc.constantFrom(...ALPHABET), maxLength: 3 }),
        fc.string({ unit: 'binary', maxLength: 2 }),
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const other = changes.reduce(
          (text, { at, length, by }) => replace(text, at, length, by),
          token,
        );
        const outcome = await ask(verifier, other);
        expect(outcome.kind === 'identity').toBe(other === token);
      }),
      { numRuns: 2000 },
    );
  });

  it('does not take parts of one token for another', async () => {
    const { key, verifier } = await signer('HS256');
    const tokens = ['a', 'b', 'c'].map((sub) => signedBy('HS256', key, claims(NOW, { sub })));
    expect((await accepted(verifier, tokens)).passed).toEqual(tokens);

    const parts = tokens.map((token) => token.split('.'));
    const mixed = parts.flatMap((_, i) =>
      parts.flatMap((__, j) =>
        parts.map((___, k) => [parts[i]?.[0], parts[j]?.[1], parts[k]?.[2]]),
      ),
    );
    const { passed } = await accepted(
      verifier,
      mixed.map((mix) => mix.join('.')),
    );
    expect(new Set(passed)).toEqual(new Set(tokens));
  });
});

describe('whatever the issuer signs', () => {
  it('is accepted if, and only if, the second opinion accepts it', async () => {
    const { verifier } = await signer('HS256');
    const seen = { accepted: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(headers, payloads, async (header, payload) => {
        const token = signed(payload, { header });
        const opinion = judge(token, NOW);
        const outcome = await ask(verifier, token);
        seen[outcome.kind === 'identity' ? 'accepted' : 'refused']++;
        if (outcome.kind === 'identity') {
          const { sub, jti, iss, aud, exp, scopes, told } = outcome.claims;
          expect({ sub, jti, exp, aud, scopes: [...scopes], provider: told[1] }).toEqual(opinion);
          expect(told[0]).toBe(sub);
          expect(iss).toBe(ISSUER);
          expect(outcome.revocation).toEqual([{ scope: 'jti', id: jti }]);
        } else {
          expect(outcome.reason).toBe('invalid_token');
          expect(opinion).toBeUndefined();
        }
        expect(await verifier.verify(token)).toEqual(outcome);
      }),
      { numRuns: 5000 },
    );
    expect(seen.accepted).toBeGreaterThan(500);
    expect(seen.refused).toBeGreaterThan(500);
  });

  it('never makes it throw or reject, nor does what nobody signed', async () => {
    const { verifier } = await signer('HS256');
    const part = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.uint8Array().map((bytes) => base64url(bytes)),
      fc.jsonValue().map((value) => base64url(JSON.stringify(value))),
      fc.constantFrom('', 'e30', base64url({ alg: 'HS256' }), base64url(claims(NOW))),
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.array(part, { maxLength: 5 }).map((parts) => parts.join('.')),
    );
    await fc.assert(
      fc.asyncProperty(text, async (token) => {
        expect((await ask(verifier, token)).kind).toBe('fault');
        expect((await verifier.verify(token)).kind).toBe('fault');
      }),
      { numRuns: 3000 },
    );
  });
});

describe('the longest tokens cost no more than their length', () => {
  const SIGNATURE = base64url(new Uint8Array(32));
  /** As long as can be; `make` is given about how long the payload's JSON may be. */
  const withPayload = (make: (length: number) => string) => {
    for (let length = 6200; ; length--) {
      const token = `${base64url({ alg: 'HS256' })}.${base64url(make(length))}.${SIGNATURE}`;
      if (token.length <= MAX_TOKEN_BYTES) return token;
    }
  };
  const repeat = (text: string, length: number) => text.repeat(length / text.length);
  const members = (length: number, name: (n: number) => string) =>
    `{${Array.from({ length }, (_, n) => `"${name(n)}":1`).join(',')}}`;
  const A = 'A'.repeat(4000);

  const HOSTILE: readonly (readonly [string, string])[] = [
    ['no dot', 'A'.repeat(MAX_TOKEN_BYTES)],
    ['one dot', `${A}.${A}`],
    ['dots alone', '.'.repeat(MAX_TOKEN_BYTES)],
    ['a wrong last character', `AAAA.AAAA.${A}${A}=`],
    ['a wrong character in the middle', `${A}.${A}=.AAAA`],
    ['set bits in the last of each', `${A}AB.${A}AB.AB`],
    ['non-ASCII', 'é'.repeat(MAX_TOKEN_BYTES)],
    ['one string', withPayload((n) => `{"a":"${'x'.repeat(n)}"}`)],
    ['backslashes', withPayload((n) => `{"a":"${repeat('\\\\', n)}"}`)],
    ['quotes in a string', withPayload((n) => `{"a":"${repeat('\\"', n)}"}`)],
    ['a string without end', withPayload((n) => `{"a":"${repeat('\\"', n)}`)],
    ['quotes alone', withPayload((n) => '"'.repeat(n))],
    ['colons in a string', withPayload((n) => `{"a":"${':'.repeat(n)}"}`)],
    ['white space after a name', withPayload((n) => `{"a"${' '.repeat(n)}:"\\n"}`)],
    ['white space after a string', withPayload((n) => `{"a":"\\n"${' '.repeat(n)}}`)],
    ['strings', withPayload((n) => `{"a":["\\n"${repeat(',""', n)}]}`)],
    ['arrays in arrays', withPayload((n) => `{"a":${repeat('[', n / 2)}${repeat(']', n / 2)}}`)],
    [
      'objects in objects',
      withPayload((n) => `${repeat('{"":', n * 0.8)}1${repeat('}', n * 0.2)}`),
    ],
    ['names', withPayload((n) => members(n / 9, (i) => i.toString(36).padStart(3, '0')))],
    ['the same name', withPayload((n) => members(n / 6, () => 'a'))],
    ['names in escapes', withPayload((n) => members(n / 11, () => '\\u0061'))],
    ['a long number', withPayload((n) => `{"exp":1${'0'.repeat(n)}}`)],
  ];

  /** Least time of several runs: what else the machine does can only add to it. */
  const cost = (token: string) => {
    let least = Number.POSITIVE_INFINITY;
    for (let run = 0; run < 12; run++) {
      const start = performance.now();
      for (let i = 0; i < 10; i++) parseToken(token);
      least = Math.min(least, performance.now() - start);
    }
    return least;
  };

  // Measured: up to 15 times what an ordinary token of the same length costs (deep nesting). Work
  // that grew with the square of the length would be hundreds of times as much.
  it.each(HOSTILE)('%s', (_, token) => {
    const ordinary = withPayload((n) => `{"sub":"user","jti":"id","pad":"${'x'.repeat(n)}"}`);
    expect(parseToken(ordinary).kind).toBe('parsed');
    expect(token.length).toBeGreaterThan(MAX_TOKEN_BYTES * 0.9);

    expect(cost(token)).toBeLessThan(100 * cost(ordinary));
  });
});
