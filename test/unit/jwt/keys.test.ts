import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  ALGORITHMS,
  type Algorithm,
  HMAC_ALGORITHMS,
  isHmac,
  PUBLIC_KEY_ALGORITHMS,
} from '../../../src/jwt/algorithms.ts';
import { ImportedKeys, type KeyMaterial } from '../../../src/jwt/keys.ts';
import { keyPair, SECRET, signature } from '../../support/tokens.ts';

const secret = (bytes: Uint8Array | string) => ({
  kind: 'secret' as const,
  bytes: Buffer.from(bytes as string),
});
const publicKey = (pem: string) => ({ kind: 'public' as const, pem });

/** Why it is refused; undefined when it is not. */
async function refusal(algorithm: Algorithm, material: KeyMaterial): Promise<string | undefined> {
  return new ImportedKeys().import(algorithm, material).then(
    () => undefined,
    (error: Error) => error.message,
  );
}

const spki = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }) as string;
const pkcs8 = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }) as string;

const rsa = keyPair('RS256');
const p256 = keyPair('ES256');
const ed25519 = keyPair('EdDSA');

/** Of a self-signed certificate nothing but the label is looked at. */
const CERTIFICATE = rsa.pem.replaceAll('PUBLIC KEY', 'CERTIFICATE');

it('knows every algorithm once, none is not one', () => {
  expect(new Set(ALGORITHMS).size).toBe(14);
  expect(ALGORITHMS.filter(isHmac)).toEqual(HMAC_ALGORITHMS);
  expect(ALGORITHMS).not.toContain('none');
});

describe('secrets', () => {
  it.each<[Algorithm, number]>([
    ['HS256', 32],
    ['HS384', 48],
    ['HS512', 64],
  ])('%s needs %i bytes', async (algorithm, bytes) => {
    const message = `${algorithm} needs a secret of ${bytes} bytes or more, got ${bytes - 1}`;

    expect(await refusal(algorithm, secret(new Uint8Array(bytes - 1)))).toBe(message);
    expect(await refusal(algorithm, secret(new Uint8Array(bytes)))).toBeUndefined();
    expect(await refusal(algorithm, secret(new Uint8Array(bytes + 1)))).toBeUndefined();
    expect(await refusal(algorithm, secret(new Uint8Array(0)))).toContain('got 0');
  });

  it('are counted in bytes, not in characters', async () => {
    expect(await refusal('HS256', secret('é'.repeat(16)))).toBeUndefined();
    expect(await refusal('HS256', secret('é'.repeat(15)))).toContain('got 30');
  });

  it('are copied: what becomes of the bytes afterwards changes nothing', async () => {
    const bytes = Buffer.from(SECRET);
    const key = await new ImportedKeys().import('HS256', { kind: 'secret', bytes });
    bytes.fill(0);

    const mac = createHmac('sha256', SECRET).update('data').digest();
    expect(key.verifies('data', mac)).toBe(true);
  });

  it.each<[string, string, string]>([
    ['a public key', rsa.pem, 'PUBLIC KEY'],
    ['a short public key', ed25519.pem, 'PUBLIC KEY'],
    ['a private key', pkcs8(p256.privateKey), 'PRIVATE KEY'],
    ['a certificate', CERTIFICATE, 'CERTIFICATE'],
    ['a public key on one line', rsa.pem.replaceAll('\n', '\\n'), 'PUBLIC KEY'],
    ['a public key after a comment', `# ours\n${rsa.pem}`, 'PUBLIC KEY'],
  ])('are not %s, which others know', async (_, pem, label) => {
    for (const algorithm of HMAC_ALGORITHMS) {
      const message = `${algorithm} needs a secret, not a PEM ${label}`;
      expect(await refusal(algorithm, secret(pem))).toBe(message);
      expect(await refusal(algorithm, publicKey(pem))).toContain('needs a secret');
    }
  });

  it.each(PUBLIC_KEY_ALGORITHMS)('are nothing for %s', async (algorithm) => {
    const message = `${algorithm} needs a public key, not a secret`;
    expect(await refusal(algorithm, secret(SECRET))).toBe(message);
    expect(await refusal(algorithm, secret(rsa.pem))).toBe(message);
  });

  it('stay what they are although a public key reads the same', async () => {
    const keys = new ImportedKeys();
    await keys.import('HS256', secret(SECRET));

    await expect(keys.import('HS256', publicKey(SECRET))).rejects.toThrow('not a public key');
  });
});

describe('public keys', () => {
  it.each(PUBLIC_KEY_ALGORITHMS)('are taken for %s', async (algorithm) => {
    const pair = keyPair(algorithm);
    const key = await new ImportedKeys().import(algorithm, publicKey(pair.pem));

    const made = signature(algorithm, pair.privateKey, 'data');
    expect(made).toHaveLength(key.signatureBytes);
    expect(key.verifies('data', made)).toBe(true);
    expect(key.verifies('date', made)).toBe(false);
  });

  it.each([
    ['CRLF', (pem: string) => pem.replaceAll('\n', '\r\n')],
    ['text around it', (pem: string) => `Public-Key: (2048 bit)\n${pem}\nend`],
    ['no newline at the end', (pem: string) => pem.trim()],
  ])('are taken with %s', async (_, change) => {
    expect(await refusal('RS256', publicKey(change(rsa.pem)))).toBeUndefined();
  });

  const generated = (type: string, options: object): string =>
    spki(generateKeyPairSync(type as 'ec', options as { namedCurve: string }).publicKey);

  it.each<[Algorithm, string, string, string]>([
    ['RS256', 'P-256', p256.pem, 'it is ec on prime256v1'],
    ['PS256', 'P-256', p256.pem, 'it is ec on prime256v1'],
    ['ES256', 'RSA', rsa.pem, 'it is rsa'],
    ['ES256', 'P-384', keyPair('ES384').pem, 'it is ec on secp384r1'],
    ['ES384', 'P-256', p256.pem, 'it is ec on prime256v1'],
    ['ES512', 'P-384', keyPair('ES384').pem, 'it is ec on secp384r1'],
    ['ES256', 'secp256k1', generated('ec', { namedCurve: 'secp256k1' }), 'it is ec on secp256k1'],
    ['ES256', 'Ed25519', ed25519.pem, 'it is ed25519'],
    ['EdDSA', 'P-256', p256.pem, 'it is ec on prime256v1'],
    ['EdDSA', 'Ed448', generated('ed448', {}), 'it is ed448'],
    ['EdDSA', 'X25519', generated('x25519', {}), 'it is x25519'],
    ['PS256', 'RSA-PSS', generated('rsa-pss', { modulusLength: 2048 }), 'it is rsa-pss'],
  ])('for %s are not of the kind %s', async (algorithm, _, pem, found) => {
    const message = `the public key is not one for ${algorithm}: ${found}`;
    expect(await refusal(algorithm, publicKey(pem))).toBe(message);
  });

  it.each<Algorithm>(['RS256', 'RS512', 'PS256'])('for %s have 2,048 bits', async (algorithm) => {
    const message = 'an RSA key of 2048 bits or more is needed, got 1024';
    expect(await refusal(algorithm, publicKey(keyPair(algorithm, 1024).pem))).toBe(message);
  });

  it('come alone: of two, one would go unused', async () => {
    const message = 'not one PEM public key: a PEM PUBLIC KEY and a PEM PUBLIC KEY';
    expect(await refusal('RS256', publicKey(rsa.pem + p256.pem))).toBe(message);
  });

  const body = (pem: string) => pem.split('\n').slice(1, -2).join('\n');
  const labelled = (label: string, content: string) =>
    `-----BEGIN ${label}-----\n${content}\n-----END ${label}-----\n`;

  it.each<[string, string, string]>([
    ['a private key', pkcs8(rsa.privateKey), 'a PEM PRIVATE KEY'],
    [
      'an old private key',
      rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }) as string,
      'a PEM RSA PRIVATE KEY',
    ],
    [
      'an EC private key',
      p256.privateKey.export({ type: 'sec1', format: 'pem' }) as string,
      'a PEM EC PRIVATE KEY',
    ],
    [
      'a private key under a passphrase',
      rsa.privateKey.export({
        type: 'pkcs8',
        format: 'pem',
        cipher: 'aes-256-cbc',
        passphrase: 'x',
      }) as string,
      'a PEM ENCRYPTED PRIVATE KEY',
    ],
    [
      'a public key and its private one',
      rsa.pem + pkcs8(rsa.privateKey),
      'a PEM PUBLIC KEY and a PEM PRIVATE KEY',
    ],
    [
      'a PKCS #1 public key',
      rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }) as string,
      'a PEM RSA PUBLIC KEY',
    ],
    ['a certificate', CERTIFICATE, 'a PEM CERTIFICATE'],
    ['nothing', '', 'no PEM'],
    ['a word', 'secret', 'no PEM'],
    ['a JWK', JSON.stringify(rsa.publicKey.export({ format: 'jwk' })), 'no PEM'],
    ['an SSH key', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE', 'no PEM'],
    ['base64 alone', body(rsa.pem), 'no PEM'],
    ['a PEM cut short', rsa.pem.slice(0, 200), 'the PEM PUBLIC KEY cannot be read'],
    ['an empty PEM', labelled('PUBLIC KEY', ''), 'the PEM PUBLIC KEY cannot be read'],
    [
      'a private key under the wrong label',
      labelled('PUBLIC KEY', body(pkcs8(p256.privateKey))),
      'the PEM PUBLIC KEY cannot be read',
    ],
    ['one line', rsa.pem.replaceAll('\n', '\\n'), 'the PEM PUBLIC KEY cannot be read'],
  ])('are not %s', async (_, pem, found) => {
    for (const algorithm of ['RS256', 'ES256', 'EdDSA'] as const) {
      const message = await refusal(algorithm, publicKey(pem));
      expect(message).toBe(`not one PEM public key: ${found}`);
    }
  });
});

it('never says what a key is made of', async () => {
  const materials = [
    ...[rsa.pem, pkcs8(rsa.privateKey), CERTIFICATE, rsa.pem.slice(0, 300), p256.pem].flatMap(
      (pem) => [secret(pem), publicKey(pem)],
    ),
    ...['hunter2', 'Tr0ub4dor&3-'.repeat(4)].flatMap((text) => [secret(text), publicKey(text)]),
  ];
  for (const algorithm of ALGORITHMS) {
    for (const material of materials) {
      const text =
        material.kind === 'secret' ? Buffer.from(material.bytes).toString() : material.pem;
      const message = (await refusal(algorithm, material)) ?? '';
      const inner = text.replace(/-----[^-]+-----/g, '');
      const pieces = Array.from({ length: inner.length - 6 }, (_, i) => inner.slice(i, i + 7));
      expect(pieces.filter((piece) => message.includes(piece))).toEqual([]);
    }
  }
});

describe('importing', () => {
  it('is done once for a key', async () => {
    const keys = new ImportedKeys();
    const first = keys.import('HS256', secret(SECRET));
    const second = keys.import('HS256', secret(SECRET));

    expect(second).toBe(first);
    await first;
    expect(keys.import('HS256', secret(SECRET))).toBe(first);
  });

  it('tells algorithms and keys apart', async () => {
    const keys = new ImportedKeys();
    const made = await Promise.all([
      keys.import('HS256', secret(SECRET)),
      keys.import('HS384', secret(SECRET)),
      keys.import('HS256', secret(`${SECRET}.`)),
      keys.import('RS256', publicKey(rsa.pem)),
      keys.import('PS256', publicKey(rsa.pem)),
    ]);
    expect(new Set(made).size).toBe(made.length);
  });

  it('is tried again after a failure', async () => {
    const keys = new ImportedKeys();
    const first = keys.import('RS256', publicKey('junk'));
    await expect(first).rejects.toThrow();

    const second = keys.import('RS256', publicKey('junk'));
    expect(second).not.toBe(first);
    await expect(second).rejects.toThrow();
  });

  it('forgets the key used longest ago, beyond 256', async () => {
    const keys = new ImportedKeys();
    const numbered = (n: number) => keys.import('HS256', secret(`${SECRET}${n}`));
    const [first, second] = [numbered(0), numbered(1)];
    for (let n = 2; n < 256; n++) numbered(n);
    expect(numbered(0)).toBe(first);

    numbered(256);
    expect(numbered(0)).toBe(first);
    expect(numbered(1)).not.toBe(second);
  });
});
