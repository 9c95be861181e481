import { createSecretKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  ALGORITHMS,
  type Algorithm,
  isHmac,
  PUBLIC_KEY_ALGORITHMS,
} from '../../../src/jwt/algorithms.ts';
import {
  AUDIENCE,
  base64url,
  claims,
  ISSUER,
  keyPair,
  SECRET,
  signature,
  signedBy,
} from '../../support/tokens.ts';
import {
  BAD_SIGNATURE,
  build,
  keys,
  makePair,
  NOW,
  type Pair,
  pairOf,
  verdict,
} from './verifier-setup.ts';

/** Algorithms that can share a key. */
function family(algorithm: Algorithm): string {
  if (isHmac(algorithm)) return 'HMAC';
  return /^[RP]S/.test(algorithm) ? 'RSA' : algorithm;
}

describe.each(ALGORITHMS)('%s', async (algorithm) => {
  const { signing, key } = await pairOf(algorithm);

  it('proves who a token belongs to', async () => {
    const { verifier, cache } = build(algorithm, key);
    const token = signedBy(algorithm, signing, claims(NOW, { jti: 'id', scope: 'a b' }));

    expect(verdict(verifier.peek(token, false))).toBe('unverified');
    const identity = await verifier.verify(token);
    expect(identity).toEqual({
      kind: 'identity',
      claims: {
        sub: 'user-1',
        jti: 'id',
        iss: ISSUER,
        aud: [AUDIENCE],
        exp: NOW + 3600,
        nbf: undefined,
        iat: NOW,
        scopes: new Set(['a', 'b']),
        boundTo: undefined,
        told: ['user-1', undefined],
      },
      endsAt: NOW + 3600,
      revocation: [{ scope: 'jti', id: 'id' }],
      irrevocable: false,
      allowed: undefined,
      notRevokedAt: Number.NEGATIVE_INFINITY,
    });
    expect(verifier.peek(token, false)).toBe(identity);
    expect(cache.size).toBe(1);
  });

  it('refuses what another key has signed', async () => {
    const { verifier, cache } = build(algorithm, key);
    const other = isHmac(algorithm)
      ? createSecretKey(Buffer.from(SECRET.toUpperCase()))
      : keyPair(algorithm).privateKey;
    const token = signedBy(algorithm, other, claims(NOW));

    expect(verdict(verifier.peek(token, false))).toBe('unverified');
    expect(await verifier.verify(token)).toEqual({
      kind: 'fault',
      reason: 'invalid_token',
      detail: BAD_SIGNATURE,
    });
    expect(cache.size).toBe(0);
  });

  it('refuses a signature moved to other claims, or to another header', async () => {
    const { verifier } = build(algorithm, key);
    const [header, , made] = signedBy(algorithm, signing, claims(NOW)).split('.');
    const payload = base64url(claims(NOW, { sub: 'admin' }));
    const typed = base64url({ alg: algorithm, typ: 'JWT' });

    expect(verdict(await verifier.verify(`${header}.${payload}.${made}`))).toBe(BAD_SIGNATURE);
    expect(verdict(await verifier.verify(`${typed}.${payload}.${made}`))).toBe(BAD_SIGNATURE);
  });

  it.each(ALGORITHMS.filter((other) => other !== algorithm))(
    'refuses a token by %s, whichever of them the header names',
    async (other) => {
      const { verifier, cache } = build(algorithm, key);
      const shared = family(other) === family(algorithm);
      const signer = shared ? signing : (await pairOf(other)).signing;
      const honest = signedBy(other, signer, claims(NOW));
      const lying = signedBy(other, signer, claims(NOW), { alg: algorithm });

      expect(verdict(verifier.peek(honest, false))).toBe('header_alg');
      expect(verdict(await verifier.verify(honest))).toBe('header_alg');
      expect([BAD_SIGNATURE, 'signature_length']).toContain(verdict(await verifier.verify(lying)));
      expect(cache.size).toBe(0);
    },
  );

  it.each([0, 1, 2, 3])('refuses a signature that is all zeros, or cut by %i', async (cut) => {
    const { verifier, cache } = build(algorithm, key);
    const input = `${base64url({ alg: algorithm })}.${base64url(claims(NOW))}`;
    const made = signature(algorithm, signing, input);

    expect(verdict(await verifier.verify(`${input}.${base64url(made.fill(0))}`))).toBe(
      BAD_SIGNATURE,
    );
    for (const length of [1, made.length - 1 - cut, made.length + 1 + cut]) {
      const token = `${input}.${base64url(Buffer.concat([made, made]).subarray(0, length))}`;
      expect(verdict(verifier.peek(token, false))).toBe('signature_length');
      expect(verdict(await verifier.verify(token))).toBe('signature_length');
    }
    expect(cache.size).toBe(0);
  });
});

describe('a public key in place of a secret', () => {
  it.each(PUBLIC_KEY_ALGORITHMS)('does not sign for %s', async (algorithm) => {
    const { publicKey, pem } = keyPair(algorithm);
    const key = await keys.import(algorithm, { kind: 'public', pem });
    const { verifier, cache } = build(algorithm, key);
    const der = publicKey.export({ type: 'spki', format: 'der' });
    const jwk = JSON.stringify(publicKey.export({ format: 'jwk' }));
    for (const secret of [pem, pem.trim(), pem.replaceAll('\n', ''), der, jwk]) {
      const bytes = createSecretKey(Buffer.from(secret as string));
      for (const hmac of ['HS256', 'HS384', 'HS512'] as const) {
        const honest = signedBy(hmac, bytes, claims(NOW));
        const lying = signedBy(hmac, bytes, claims(NOW), { alg: algorithm });
        expect(verdict(await verifier.verify(honest))).toBe('header_alg');
        expect(verdict(await verifier.verify(lying))).toMatch(/^(signature_length|ERR_JWS_SIG.*)$/);
      }
    }
    expect(cache.size).toBe(0);
  });
});

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** Big-endian. */
const toNumber = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
const toBytes = (value: bigint, length: number) =>
  Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex');

function modulusOf({ signing }: Pair): bigint {
  return toNumber(Buffer.from(signing.export({ format: 'jwk' }).n ?? '', 'base64url'));
}

describe('a signature has one spelling', () => {
  /** A signature as `wanted`, and what is said of another one in its place. */
  const signedUntil = async (
    algorithm: Algorithm,
    wanted: (made: Buffer) => boolean,
    pair?: Pair,
  ) => {
    const { signing, key } = pair ?? (await pairOf(algorithm));
    const { verifier } = build(algorithm, key);
    for (let n = 0; ; n++) {
      const input = `${base64url({ alg: algorithm })}.${base64url(claims(NOW, { n }))}`;
      const made = signature(algorithm, signing, input);
      const judge = async (bytes: Uint8Array) =>
        verdict(await verifier.verify(`${input}.${base64url(bytes)}`));
      if (wanted(made)) return { made, judge };
    }
  };

  // OpenSSL fills up a short signature of RSA-PSS by itself; one in 256 begins with a zero.
  it.each<Algorithm>(['RS256', 'PS256'])('%s: with its leading zeros', async (algorithm) => {
    const { made, judge } = await signedUntil(algorithm, (bytes) => bytes[0] === 0);

    expect(await judge(made.subarray(1))).toBe('signature_length');
    expect(await judge(Buffer.concat([Buffer.alloc(1), made]))).toBe('signature_length');
    expect(await judge(made)).toBe('identity');
  });

  it.each<Algorithm>(['RS256', 'PS256'])('%s: below the modulus', async (algorithm) => {
    let pair = await pairOf(algorithm);
    // Too close to 2^2048, hardly any signature would leave room for another one.
    while (modulusOf(pair) > (2n ** 2048n / 16n) * 15n) pair = await makePair(algorithm);
    const modulus = modulusOf(pair);
    const fits = (made: Buffer) => toNumber(made) + modulus < 2n ** 2048n;
    const { made, judge } = await signedUntil(algorithm, fits, pair);

    expect(await judge(toBytes(toNumber(made) + modulus, 256))).toBe(BAD_SIGNATURE);
  });

  it('EdDSA: s below the order of the group (RFC 8032, 5.1.7)', async () => {
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const { made, judge } = await signedUntil('EdDSA', () => true);
    const s = toNumber(made.subarray(32).toReversed());

    for (let multiple = 1n; s + multiple * order < 2n ** 256n; multiple++) {
      const other = toBytes(s + multiple * order, 32).toReversed();
      expect(await judge(Buffer.concat([made.subarray(0, 32), other]))).toBe(BAD_SIGNATURE);
    }
  });

  it('ES256: never as DER, and r and s from 1 to below the order', async () => {
    const { made, judge } = await signedUntil('ES256', () => true);
    const [r, s] = [made.subarray(0, 32), made.subarray(32)];
    const integer = (value: Buffer) => Buffer.concat([Buffer.from([2, 33, 0]), value]);
    const der = Buffer.concat([Buffer.from([0x30, 70]), integer(r), integer(s)]);
    expect(await judge(der)).toBe('signature_length');

    const order = toBytes(P256_ORDER, 32);
    const [zero, one] = [toBytes(0n, 32), toBytes(1n, 32)];
    const pairs = [
      [zero, s],
      [r, zero],
      [order, s],
      [r, order],
      [one, one],
      [s, r],
      [order, zero],
    ];
    for (const pair of pairs) expect(await judge(Buffer.concat(pair))).toBe(BAD_SIGNATURE);
  });

  it('but for ECDSA, where (r, s) and (r, order - s) are one as good as the other', async () => {
    const { made, judge } = await signedUntil('ES256', () => true);
    const twin = toBytes(P256_ORDER - toNumber(made.subarray(32)), 32);

    expect(await judge(made)).toBe('identity');
    expect(await judge(Buffer.concat([made.subarray(0, 32), twin]))).toBe('identity');
  });
});
