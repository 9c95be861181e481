import type { webcrypto } from 'node:crypto';
import type { Algorithm, CryptoKey } from './keys.ts';

/** HMAC: the hash's length; ECDSA: r and s; EdDSA: that of Ed25519 (RFC 7518, 3.2 and 3.4; RFC 8037). */
const LENGTHS: Readonly<Partial<Record<Algorithm, number>>> = {
  HS256: 32,
  HS384: 48,
  HS512: 64,
  ES256: 64,
  ES384: 96,
  ES512: 132,
  EdDSA: 64,
};

/**
 * The one length that a signature has; for RSA that of the modulus (RFC 8017, 8.1.2 and 8.2.2).
 *
 * To be checked before the signature: OpenSSL takes one of RSA-PSS without its leading zeros, which
 * would give one token in 256 a second spelling.
 */
export function signatureBytes(algorithm: Algorithm, key: CryptoKey): number {
  const length = LENGTHS[algorithm];
  if (length !== undefined) return length;
  return Math.ceil((key.algorithm as webcrypto.RsaHashedKeyAlgorithm).modulusLength / 8);
}
