import { createHash, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { importJWK, importSPKI, type JWK } from 'jose';
import { LRUCache } from 'lru-cache';
import { type Algorithm, isHmac } from './algorithms.ts';
import { VerificationKey } from './signature.ts';

/** RFC 7518, section 3.3. */
const MIN_RSA_BITS = 2048;
/** With 1, whatever is sent as the signature is what was signed. */
const MIN_RSA_EXPONENT = 3n;
const MAX_KEYS = 256;

/** The members of a JWK that make a key, and no others (RFC 7638, section 3.2). */
export interface JwkMaterial extends Readonly<Record<string, string>> {
  readonly kty: string;
}

/**
 * What a key is made of. An HMAC key is bytes, any other one a PEM or a JWK: neither is taken for the
 * other.
 */
export type KeyMaterial =
  | { readonly kind: 'secret'; readonly bytes: Uint8Array }
  | { readonly kind: 'public'; readonly pem: string }
  /** `thumbprint`: of RFC 7638, by SHA-256. */
  | { readonly kind: 'jwk'; readonly jwk: JwkMaterial; readonly thumbprint: string };

/** Imported keys. Importing costs more than verifying, so each key is imported once. */
export class ImportedKeys {
  readonly #keys: LRUCache<string, Promise<VerificationKey>>;

  constructor(maxKeys = MAX_KEYS) {
    this.#keys = new LRUCache({ max: maxKeys });
  }

  /** Rejects, with a message fit for the operator, when the material is no key for the algorithm. */
  import(algorithm: Algorithm, material: KeyMaterial): Promise<VerificationKey> {
    const id = `${algorithm}:${material.kind}:${fingerprint(material)}`;
    let key = this.#keys.get(id);
    if (key === undefined) {
      key = importKey(algorithm, material);
      key.catch(() => this.#keys.delete(id));
      this.#keys.set(id, key);
    }
    return key;
  }
}

function fingerprint(material: KeyMaterial): string {
  if (material.kind === 'jwk') return material.thumbprint;
  const content = material.kind === 'secret' ? material.bytes : material.pem;
  return createHash('sha256').update(content).digest('base64url');
}

async function importKey(algorithm: Algorithm, material: KeyMaterial): Promise<VerificationKey> {
  if (material.kind === 'secret') {
    if (!isHmac(algorithm)) throw new Error(`${algorithm} needs a public key, not a secret`);
    return new VerificationKey(algorithm, readSecret(algorithm, material.bytes));
  }
  if (isHmac(algorithm)) throw new Error(`${algorithm} needs a secret, not a public key`);
  const key = material.kind === 'jwk' ? readJwk(material.jwk) : readPublicKey(material.pem);
  checkStrength(key);
  try {
    // Sees to it that the key is one for the algorithm.
    if (material.kind === 'jwk') await importJWK(material.jwk as JWK, algorithm);
    else await importSPKI(key.export({ type: 'spki', format: 'pem' }) as string, algorithm);
    return new VerificationKey(algorithm, key);
  } catch {
    throw new Error(`the public key is not one for ${algorithm}: it is ${kindOf(key)}`);
  }
}

/**
 * A secret shorter than the hash weakens it (RFC 7518, section 3.2). One that is a PEM is a key pair's
 * and known to others: with it as the secret, whoever has the public key could sign.
 */
function readSecret(algorithm: Algorithm, bytes: Uint8Array): KeyObject {
  const [label] = labelsOf(Buffer.from(bytes).toString('latin1'));
  if (label !== undefined) throw new Error(`${algorithm} needs a secret, not a PEM ${label}`);
  const bits = Number(algorithm.slice(2));
  if (bytes.length < bits / 8) {
    throw new Error(
      `${algorithm} needs a secret of ${bits / 8} bytes or more, got ${bytes.length}`,
    );
  }
  return createSecretKey(bytes);
}

function readPublicKey(pem: string): KeyObject {
  const labels = labelsOf(pem);
  if (labels.length !== 1 || labels[0] !== 'PUBLIC KEY') {
    const found = labels.map((label) => `a PEM ${label}`).join(' and ');
    throw new Error(`not one PEM public key: ${found || 'no PEM'}`);
  }
  try {
    return createPublicKey(pem);
  } catch {
    throw new Error('not one PEM public key: the PEM PUBLIC KEY cannot be read');
  }
}

function readJwk(jwk: JwkMaterial): KeyObject {
  try {
    return createPublicKey({ key: { ...jwk }, format: 'jwk' });
  } catch {
    throw new Error('cannot be read');
  }
}

function checkStrength({ asymmetricKeyDetails }: KeyObject): void {
  const { modulusLength: bits = MIN_RSA_BITS, publicExponent: exponent = MIN_RSA_EXPONENT } =
    asymmetricKeyDetails ?? {};
  if (bits < MIN_RSA_BITS) {
    throw new Error(`an RSA key of ${MIN_RSA_BITS} bits or more is needed, got ${bits}`);
  }
  if (exponent < MIN_RSA_EXPONENT) {
    throw new Error(
      `an RSA key with an exponent of ${MIN_RSA_EXPONENT} or more is needed, got ${exponent}`,
    );
  }
}

function labelsOf(text: string): readonly string[] {
  return Array.from(text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----/g), ([, label]) => label ?? '');
}

function kindOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  const curve = asymmetricKeyDetails?.namedCurve;
  return curve === undefined ? `${asymmetricKeyType}` : `${asymmetricKeyType} on ${curve}`;
}
