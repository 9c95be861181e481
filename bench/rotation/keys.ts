import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

export const ALGORITHM = 'RS256';

/** A key of a provider, and when others could see it; performance.now(). */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  /** Infinite: not yet. */
  publishedAt: number;
  withdrawnAt: number;
}

const generate = promisify(generateKeyPair);

/** Made beforehand: it takes a moment, in which much else could have been done. */
export async function makeKey(kid: string): Promise<SigningKey> {
  const { privateKey } = await generate('rsa', { modulusLength: 2048 });
  const never = { publishedAt: Number.POSITIVE_INFINITY, withdrawnAt: Number.POSITIVE_INFINITY };
  return { kid, privateKey, ...never };
}

export const privateJwk = ({ kid, privateKey }: SigningKey): object => ({
  ...privateKey.export({ format: 'jwk' }),
  ...{ kid, use: 'sig', alg: ALGORITHM },
});

export const isPublished = ({ publishedAt, withdrawnAt }: SigningKey, at: number): boolean =>
  at >= publishedAt && at < withdrawnAt;
