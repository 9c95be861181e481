import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALGORITHMS, type Algorithm } from '../../../src/jwt/algorithms.ts';
import { JwksReader, type ParsedJwks } from '../../../src/jwt/jwks.ts';
import { type Jwk, jwks } from '../../support/jwks.ts';
import { keyPair, SECRET, signature } from '../../support/tokens.ts';

const remote = (algorithms: readonly Algorithm[] = ALGORITHMS) =>
  new JwksReader({ algorithms, allowSecrets: false });
const local = () => new JwksReader({ algorithms: ALGORITHMS, allowSecrets: true });

const jwkOf = (key: KeyObject): Jwk => ({ ...key.export({ format: 'jwk' }) });
const generated = (type: string, options: object): Jwk =>
  jwkOf(generateKeyPairSync(type as 'ec', options as { namedCurve: string }).publicKey);

const rsaPair = keyPair('RS256');
const rsa = jwkOf(rsaPair.publicKey);
const p256 = jwkOf(keyPair('ES256').publicKey);
const p384 = jwkOf(keyPair('ES384').publicKey);
const p521 = jwkOf(keyPair('ES512').publicKey);
const ed25519 = jwkOf(keyPair('EdDSA').publicKey);
const other = jwkOf(keyPair('ES256').publicKey);
const oct = { kty: 'oct', k: Buffer.from(SECRET).toString('base64url') };

const algorithmsOf = ({ keys }: ParsedJwks) => keys.map(({ key }) => key.algorithm);

/** Why a key is skipped that stands beside a good one. */
async function reason(reader: JwksReader, jwk: unknown): Promise<string | undefined> {
  const { keys, skipped } = await reader.read(jwks({ ...p256, kid: 'good' }, jwk));
  expect(keys.filter(({ kid }) => kid !== 'good')).toHaveLength(
    skipped.length === 0 ? keys.length - 1 : 0,
  );
  return skipped[0]?.reason;
}

describe('a JWK Set', () => {
  it.each<[string, string | Buffer, string]>([
    ['no JSON', '{"keys":[', 'not JSON'],
    ['a page', '<html>', 'not JSON'],
    ['a list', '[]', 'not JSON'],
    ['not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'not JSON'],
    ['a name twice', '{"keys":[],"keys":[]}', 'not JSON'],
    ['no keys', '{}', 'no array of keys'],
    ['keys by name', '{"keys":{}}', 'no array of keys'],
    ['an empty array', '{"keys":[]}', 'no usable key'],
    ['101 keys', jwks(...Array.from({ length: 101 }, () => p256)), 'more than 100 keys'],
    [
      'no key of use',
      jwks({ ...p256, use: 'enc' }, { ...rsa, use: 'enc' }, { kty: 'PQ' }),
      'no usable key: use is not sig, unknown kty',
    ],
  ])('is refused with %s', async (_, body, message) => {
    await expect(remote().read(Buffer.from(body as string))).rejects.toThrow(
      expect.objectContaining({ name: 'KeySetError', message }),
    );
  });

  it('may have 100 keys', async () => {
    const all = Array.from({ length: 100 }, (_, i) => ({ ...p256, kid: `k${i}` }));
    expect((await remote().read(jwks(...all))).keys).toHaveLength(100);
  });

  it('may say more than is asked of it', async () => {
    const body = Buffer.from(
      JSON.stringify({ issued: 1, keys: [{ ...p256, x5c: ['MIIB/x=='], x5t: 'a', note: {} }] }),
    );
    const { keys, jwks: kept } = await remote().read(body);
    expect(keys).toHaveLength(1);
    expect(kept).toEqual([p256]);
  });
});

describe('a key', () => {
  it.each<[string, Jwk, readonly Algorithm[]]>([
    ['RSA', rsa, ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']],
    ['RSA for RS512', { ...rsa, alg: 'RS512' }, ['RS512']],
    ['P-256', p256, ['ES256']],
    ['P-384', p384, ['ES384']],
    ['P-521', p521, ['ES512']],
    ['Ed25519', ed25519, ['EdDSA', 'Ed25519']],
    ['for signatures', { ...p256, use: 'sig' }, ['ES256']],
    ['to verify', { ...p256, key_ops: ['verify'] }, ['ES256']],
    ['to sign and verify', { ...p256, key_ops: ['sign', 'verify'] }, ['ES256']],
  ])('%s is there for each algorithm that it fits', async (_, jwk, algorithms) => {
    const parsed = await remote().read(jwks({ ...jwk, kid: 'a' }));
    expect(algorithmsOf(parsed)).toEqual(algorithms);
    expect(parsed.keys.every(({ kid }) => kid === 'a')).toBe(true);
    expect(parsed.skipped).toEqual([]);
  });

  it('is there for no algorithm that is not allowed', async () => {
    expect(algorithmsOf(await remote(['PS256', 'ES256']).read(jwks(rsa)))).toEqual(['PS256']);
  });

  it.each<[Algorithm]>([['RS256'], ['PS384'], ['ES256'], ['ES512'], ['EdDSA'], ['Ed25519']])(
    'verifies what was signed by %s',
    async (algorithm) => {
      const pair = keyPair(algorithm);
      const { keys } = await remote([algorithm]).read(jwks(jwkOf(pair.publicKey)));
      const made = signature(algorithm, pair.privateKey, 'data');
      expect(keys[0]?.key.verifies('data', made)).toBe(true);
      expect(keys[0]?.key.verifies('date', made)).toBe(false);
    },
  );

  it.each<[string, unknown, string]>([
    ['no object', 'key', 'not an object'],
    ['null', null, 'not an object'],
    ['a number as kid', { ...p256, kid: 1 }, 'kid is no string'],
    ['no kty', { ...p256, kty: undefined }, 'unknown kty'],
    ['a kty of its own', { ...p256, kty: 'AKP' }, 'unknown kty'],
    ['a kty that objects have', { ...p256, kty: 'constructor' }, 'unknown kty'],
    ['use enc', { ...p256, use: 'enc' }, 'use is not sig'],
    ['use of a number', { ...p256, use: 1 }, 'use is not sig'],
    ['key_ops to encrypt', { ...p256, key_ops: ['encrypt'] }, 'key_ops without verify'],
    ['key_ops as text', { ...p256, key_ops: 'verify' }, 'key_ops without verify'],
    ['an alg for encryption', { ...rsa, alg: 'RSA-OAEP' }, 'no algorithm of ours'],
    ['alg none', { ...rsa, alg: 'none' }, 'no algorithm of ours'],
    ['the alg of another kty', { ...rsa, alg: 'ES256' }, 'no algorithm of ours'],
    ['HS256 for a public key', { ...rsa, alg: 'HS256' }, 'no algorithm of ours'],
    ['a curve of Koblitz', generated('ec', { namedCurve: 'secp256k1' }), 'no algorithm of ours'],
    ['Ed448', generated('ed448', {}), 'no algorithm of ours'],
    ['X25519', generated('x25519', {}), 'no algorithm of ours'],
    ['a private key', jwkOf(keyPair('ES256').privateKey), 'private key'],
    ['a private RSA key', jwkOf(rsaPair.privateKey), 'private key'],
    ['a secret', oct, 'secret key'],
    ['no x', { ...p256, x: undefined }, 'cannot be read'],
    ['a number as x', { ...p256, x: 1 }, 'cannot be read'],
    ['a point off the curve', { ...p256, y: other.y }, 'cannot be read'],
    ['the point of another curve', { ...p256, crv: 'P-384' }, 'cannot be read'],
    ['no modulus', { ...rsa, n: '' }, 'cannot be read'],
    [
      '1,024 bits',
      generated('rsa', { modulusLength: 1024 }),
      'an RSA key of 2048 bits or more is needed, got 1024',
    ],
    [
      'the exponent 1',
      { ...rsa, e: 'AQ' },
      'an RSA key with an exponent of 3 or more is needed, got 1',
    ],
  ])('is skipped with %s', async (_, jwk, why) => {
    expect(await reason(remote(), jwk)).toBe(why);
  });

  it('that is private is none in a file either', async () => {
    expect(await reason(local(), jwkOf(rsaPair.privateKey))).toBe('private key');
  });

  it('is named when its kid is short and printable', async () => {
    const bad = (kid: string) => ({ ...p256, kid, use: 'enc' });
    const kids = ['a-1', 'x'.repeat(64), 'x'.repeat(65), 'a b', 'a\nb', 'é', ''];
    const { skipped } = await remote().read(jwks(p256, ...kids.map(bad)));
    expect(skipped.map(({ kid }) => kid)).toEqual([
      ...kids.slice(0, 2),
      ...[undefined, undefined, undefined, undefined, undefined],
    ]);
  });

  it('never shows in what is said of it', async () => {
    const secrets = [jwkOf(rsaPair.privateKey), oct, { ...p256, y: other.y }];
    const { skipped } = await remote().read(jwks(p256, ...secrets));
    const said = JSON.stringify(skipped);
    for (const value of secrets.flatMap((jwk) => Object.values(jwk)).map(String)) {
      if (value.length > 10) expect(said).not.toContain(value);
    }
  });
});

describe('secrets', () => {
  it('are taken from a file, for each hash that they are long enough for', async () => {
    const short = { kty: 'oct', k: Buffer.alloc(48, 7).toString('base64url') };
    expect(algorithmsOf(await local().read(jwks(oct)))).toEqual(['HS256', 'HS384', 'HS512']);
    expect(algorithmsOf(await local().read(jwks(short)))).toEqual(['HS256', 'HS384']);
  });

  it.each<[string, Jwk, string]>([
    ['short', { k: 'c2hvcnQ' }, 'HS256 needs a secret of 32 bytes or more, got 5'],
    ['padded', { k: `${oct.k}==` }, 'cannot be read'],
    ['not base64url', { k: 'a secret, as it is, of more than enough bytes' }, 'cannot be read'],
    ['absent', {}, 'cannot be read'],
    [
      'a public key',
      { k: Buffer.from(rsaPair.pem).toString('base64url') },
      'HS256 needs a secret, not a PEM PUBLIC KEY',
    ],
  ])('are skipped when %s', async (_, members, why) => {
    expect(await reason(local(), { kty: 'oct', ...members })).toBe(why);
  });
});

describe('kids', () => {
  it('that two keys have are those of both: either may have signed', async () => {
    const { keys, skipped } = await remote().read(
      jwks({ ...p256, kid: 'a' }, { ...other, kid: 'a' }, { ...p256, kid: 'b' }),
    );
    expect(keys.map(({ kid }) => kid)).toEqual(['a', 'a', 'b']);
    expect(skipped).toEqual([]);
  });

  it('may be shared by keys that no token could mean both of', async () => {
    const { keys, skipped } = await remote(['RS256', 'ES256']).read(
      jwks({ ...p256, kid: 'a' }, { ...rsa, kid: 'a' }),
    );
    expect(keys).toHaveLength(2);
    expect(skipped).toEqual([]);
  });

  it('need not be there', async () => {
    const { keys, skipped } = await remote().read(jwks(p256, other));
    expect(keys.map(({ kid }) => kid)).toEqual([undefined, undefined]);
    expect(skipped).toEqual([]);
  });

  it('of a key that stands there twice name one key', async () => {
    const { keys } = await remote().read(
      jwks({ ...p256, kid: 'a' }, { ...p256, kid: 'a', alg: 'ES256' }),
    );
    expect(keys).toHaveLength(1);
  });
});

describe('reading again', () => {
  it('gives the same keys, whatever else has changed', async () => {
    const reader = remote();
    const first = await reader.read(jwks({ ...rsa, kid: 'a' }, { ...p256, kid: 'b' }));
    const second = await reader.read(jwks({ ...p256, kid: 'c', use: 'sig' }, { ...rsa, kid: 'a' }));
    const keysOf = ({ keys }: ParsedJwks) => new Set(keys.map(({ key }) => key));
    expect(keysOf(second)).toEqual(keysOf(first));
    expect([...keysOf(second)].every((key) => keysOf(first).has(key))).toBe(true);
  });

  it('gives the same keys of the largest set for every algorithm', async () => {
    const { n, e } = rsa as { n: string; e: string };
    // Distinct moduli that were never worth two primes: nothing is verified with them.
    const moduli = Array.from({ length: 100 }, (_, i) => {
      const bytes = Buffer.from(n, 'base64url');
      bytes.writeUInt16BE(i, 100);
      return { kty: 'RSA', kid: `k${i}`, n: bytes.toString('base64url'), e };
    });
    const reader = remote();
    const first = await reader.read(jwks(...moduli));
    const second = await reader.read(jwks(...moduli));
    expect(first.keys).toHaveLength(600);
    expect(second.keys.every(({ key }, i) => key === first.keys[i]?.key)).toBe(true);
  });

  it('takes what it kept', async () => {
    const reader = remote();
    const first = await reader.read(jwks({ ...rsa, kid: 'a', x5c: ['AAAA'], alg: 'RS256' }));
    const second = await reader.read(jwks(...first.jwks));
    expect(second).toEqual({ ...first, skipped: [] });
    expect(
      createPublicKey({ key: first.jwks[0] as Jwk, format: 'jwk' }).equals(rsaPair.publicKey),
    ).toBe(true);
  });
});

it('whatever a key is made of, it is skipped or taken, and keeps no other from being taken', async () => {
  const good = [rsa, p256, ed25519, oct];
  const names = [...new Set(good.flatMap((jwk) => Object.keys(jwk)))];
  const values = good.flatMap((jwk) => Object.values(jwk));
  const simple = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constantFrom(null, {}));
  const member = fc.oneof(fc.constantFrom(...values), simple, fc.array(simple));
  const changes = fc.dictionary(
    fc.constantFrom(...names, 'kid', 'use', 'alg', 'key_ops', 'ext', 'd', '__proto__'),
    member,
    { maxKeys: 3 },
  );
  const jwk = fc.oneof(
    fc.tuple(fc.constantFrom(...good), changes).map(([base, change]) => ({ ...base, ...change })),
    member,
  );
  const reader = local();
  await fc.assert(
    fc.asyncProperty(fc.array(jwk, { maxLength: 5 }), async (others) => {
      const { keys } = await reader.read(jwks({ ...p384, kid: 'the good one' }, ...others));
      expect(keys.filter(({ kid }) => kid === 'the good one')).toHaveLength(1);
    }),
    { numRuns: 300 },
  );
});
