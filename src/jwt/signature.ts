import { constants, createHmac, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import { type Algorithm, isHmac } from './algorithms.ts';

/** HMAC: the hash's length; ECDSA: r and s; EdDSA: that of Ed25519 (RFC 7518, 3.2 and 3.4; RFC 8037). */
const LENGTHS: Readonly<Partial<Record<Algorithm, number>>> = {
  HS256: 32,
  HS384: 48,
  HS512: 64,
  ES256: 64,
  ES384: 96,
  ES512: 132,
  EdDSA: 64,
  Ed25519: 64,
};

/**
 * A key, and the one algorithm that it is used for (RFC 8725, section 3.1).
 *
 * It verifies at once, on the event loop: handing a signature to another thread and hearing of it
 * costs 16 us, which is three times an HMAC and half an RS256 (docs/tuning.md).
 */
export class VerificationKey {
  readonly algorithm: Algorithm;
  /**
   * The one length that a signature has; for RSA that of the modulus (RFC 8017, 8.1.2 and 8.2.2). To
   * be checked before the signature: OpenSSL takes one of RSA-PSS without its leading zeros, which
   * would give one token in 256 a second spelling.
   */
  readonly signatureBytes: number;
  /** Both take ASCII. */
  readonly verifies: (signed: string, signature: Uint8Array) => boolean;

  constructor(algorithm: Algorithm, key: KeyObject) {
    this.algorithm = algorithm;
    this.signatureBytes =
      LENGTHS[algorithm] ?? Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
    this.verifies = isHmac(algorithm) ? hmac(algorithm, key) : publicKey(algorithm, key);
  }
}

type Verify = VerificationKey['verifies'];

function hmac(algorithm: Algorithm, key: KeyObject): Verify {
  const hash = hashOf(algorithm);
  return (signed, signature) => {
    const mac = createHmac(hash, key).update(signed, 'latin1').digest();
    return mac.length === signature.length && timingSafeEqual(mac, signature);
  };
}

function publicKey(algorithm: Algorithm, key: KeyObject): Verify {
  const hash = algorithm.startsWith('Ed') ? null : hashOf(algorithm);
  const options = { key, ...PARAMETERS[algorithm.slice(0, 2)] };
  return (signed, signature) => verify(hash, Buffer.from(signed, 'latin1'), options, signature);
}

/** RFC 7518, sections 3.4 and 3.5. */
const PARAMETERS: Readonly<Record<string, object>> = {
  ES: { dsaEncoding: 'ieee-p1363' },
  PS: {
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  },
};

const hashOf = (algorithm: Algorithm): string => `sha${algorithm.slice(2)}`;
