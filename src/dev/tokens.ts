import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';

export interface SampleTokens {
  readonly valid: string;
  readonly expired: string;
  readonly revoked: string;
  readonly revokedJti: string;
}

export interface Signer {
  readonly secret: string;
  readonly issuer: string;
  readonly audience: string;
}

export const SAMPLE_TTL_SEC = 24 * 60 * 60;

/** Tokens to try the service with, of user `alice` at `example`. */
export async function sampleTokens(signer: Signer): Promise<SampleTokens> {
  const now = Math.floor(Date.now() / 1000);
  const revokedJti = randomUUID();
  return {
    valid: await sign(signer, randomUUID(), now, now + SAMPLE_TTL_SEC),
    expired: await sign(signer, randomUUID(), now - 2 * 60 * 60, now - 60 * 60),
    revoked: await sign(signer, revokedJti, now, now + SAMPLE_TTL_SEC),
    revokedJti,
  };
}

function sign(signer: Signer, jti: string, issuedAt: number, expiresAt: number): Promise<string> {
  return new SignJWT({ provider: 'example', scope: 'read write' })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject('alice')
    .setIssuer(signer.issuer)
    .setAudience(signer.audience)
    .setJti(jti)
    .setIssuedAt(issuedAt)
    .setExpirationTime(expiresAt)
    .sign(new TextEncoder().encode(signer.secret));
}
