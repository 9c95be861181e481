import { createHash, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { importSPKI } from 'jose';
import { LRUCache } from 'lru-cache';
import { type Algorithm, isHmac } from './algorithms.ts';
import { VerificationKey } from './signature.ts';

/** RFC 7518, section 3.3. */
const MIN_RSA_BITS = 2048;
const MAX_KEYS = 256;

/** What a key is made of. An HMAC key is bytes, any other one a PEM: neither is taken for the other. */
export type KeyMaterial =
  | { readonly kind: 'secret'; readonly bytes: Uint8Array }
  | { readonly kind: 'public'; readonly pem: string };

/** Imported keys. Importing costs more than verifying, so each key is imported once. */
export class ImportedKeys {
  readonly #keys = new LRUCache<string, Promise<VerificationKey>>({ max: MAX_KEYS });

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
  const content = material.kind === 'secret' ? material.bytes : material.pem;
  return createHash('sha256').update(content).digest('base64url');
}

async function importKey(algorithm: Algorithm, material: KeyMaterial): Promise<VerificationKey> {
  if (material.kind === 'secret') {
    if (!isHmac(algorithm)) throw new Error(`${algorithm} needs a public key, not a secret`);
    return new VerificationKey(algorithm, readSecret(algorithm, material.bytes));
  }
  if (isHmac(algorithm)) throw new Error(`${algorithm} needs a secret, not a public key`);
  const key = readPublicKey(material.pem);
  try {
    // Sees to it that the key is one for the algorithm.
    await importSPKI(key.export({ type: 'spki', format: 'pem' }) as string, algorithm);
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
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    throw new Error('not one PEM public key: the PEM PUBLIC KEY cannot be read');
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? MIN_RSA_BITS;
  if (bits < MIN_RSA_BITS) {
    throw new Error(`an RSA key of ${MIN_RSA_BITS} bits or more is needed, got ${bits}`);
  }
  return key;
}

function labelsOf(text: string): readonly string[] {
  return Array.from(text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----/g), ([, label]) => label ?? '');
}

function kindOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  const curve = asymmetricKeyDetails?.namedCurve;
  return curve === undefined ? `${asymmetricKeyType}` : `${asymmetricKeyType} on ${curve}`;
}
