import {
  constants,
  createHmac,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
} from 'node:crypto';
import type { Algorithm } from '../../src/jwt/algorithms.ts';

/** 66 bytes: long enough for every HMAC algorithm. */
export const SECRET = 'a secret for tests only, sixty-four bytes long, which is for HS512';
export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'api';

type Json = Record<string, unknown>;

/** Claims that pass, but for those given. `now`: epoch seconds. */
export function claims(now: number, override: Json = {}): Json {
  return {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'user-1',
    jti: randomUUID(),
    iat: now,
    exp: now + 3600,
    ...override,
  };
}

export function base64url(value: string | Uint8Array | Json): string {
  const bytes = typeof value === 'string' || value instanceof Uint8Array ? value : toJson(value);
  return Buffer.from(bytes as string).toString('base64url');
}

const toJson = (value: Json): string => JSON.stringify(value);

/** Signs with HMAC whatever it is given: `header` and `payload` as text, bytes or JSON. */
export function signed(
  payload: string | Uint8Array | Json,
  options: { header?: string | Uint8Array | Json; secret?: string; hash?: string } = {},
): string {
  const header = options.header ?? { alg: 'HS256', typ: 'JWT' };
  const input = `${base64url(header)}.${base64url(payload)}`;
  const mac = createHmac(options.hash ?? 'sha256', options.secret ?? SECRET);
  return `${input}.${mac.update(input).digest('base64url')}`;
}

/** Signs by any algorithm; `key`: a private key, for HMAC a secret one. */
export function signedBy(
  algorithm: Algorithm,
  key: KeyObject,
  payload: string | Uint8Array | Json,
  header: string | Json = { alg: algorithm },
): string {
  const input = `${base64url(header)}.${base64url(payload)}`;
  return `${input}.${signature(algorithm, key, input).toString('base64url')}`;
}

export function signature(algorithm: Algorithm, key: KeyObject, input: string): Buffer {
  const data = Buffer.from(input);
  const hash = `sha${algorithm.slice(2)}`;
  switch (algorithm.slice(0, 2)) {
    case 'HS':
      return createHmac(hash, key).update(data).digest();
    case 'RS':
      return sign(hash, data, key);
    case 'PS': {
      const padding = constants.RSA_PKCS1_PSS_PADDING;
      return sign(hash, data, { key, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST });
    }
    case 'ES':
      return sign(hash, data, { key, dsaEncoding: 'ieee-p1363' });
    default:
      return sign(null, data, key);
  }
}

const CURVES = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' } as const;

export interface TestKeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** The public key as AUTH_SECRET_KEY takes it. */
  readonly pem: string;
}

/** A new pair for an algorithm other than HMAC. */
export function keyPair(algorithm: Algorithm, rsaBits = 2048): TestKeyPair {
  const { privateKey, publicKey } = algorithm.startsWith('Ed')
    ? generateKeyPairSync('ed25519')
    : algorithm in CURVES
      ? generateKeyPairSync('ec', { namedCurve: CURVES[algorithm as keyof typeof CURVES] })
      : generateKeyPairSync('rsa', { modulusLength: rsaBits });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
  return { privateKey, publicKey, pem };
}
