import { decodeJwt } from 'jose';
import type { RevocationPolicy } from './revocation-policy.ts';

/** What revoking a token takes. */
export interface Revocable {
  readonly scope: 'jti' | 'sid';
  readonly id: string;
  /** Seconds since the epoch. */
  readonly exp: number;
}

/** `Date`'s last instant, in milliseconds. */
const LAST_MS = 8.64e15;

/**
 * Reads by what a token is revoked, and its exp, without verifying it: whoever may write to the denylist
 * may revoke anything. `policies`: undefined where there is no policy file, and tokens have a jti. Throws
 * an error for the operator, which does not quote the token.
 */
export function readRevocable(token: string, policies?: readonly RevocationPolicy[]): Revocable {
  const payload = decode(token.trim());
  const scope = policies === undefined ? 'jti' : scopeOf(payload.iss, policies);
  const { [scope]: id, exp } = payload;
  if (typeof id !== 'string' || id === '') {
    throw new Error(`the token has no ${scope} to revoke it by`);
  }
  // No other is a token that passes.
  if (typeof exp !== 'number' || !Number.isSafeInteger(exp)) {
    throw new Error('the token has no exp in whole seconds, so no end to its revocation');
  }
  return { scope, id, exp };
}

function scopeOf(iss: unknown, policies: readonly RevocationPolicy[]): Revocable['scope'] {
  const policy = policies.find(({ issuer }) => issuer === iss);
  if (policy === undefined)
    throw new Error('the policy file does not have the issuer of this token');
  const { revocation, revokeBy } = policy;
  if (revocation !== 'none') return revocation;
  const others = revokeBy.length > 0 ? `, but only by ${revokeBy.join(', ')}` : '';
  throw new Error(`by the policy file no single token of this issuer is revoked${others}`);
}

/** What the operator is told. */
export function untilText(exp: number): string {
  return new Date(Math.min(exp * 1000, LAST_MS)).toISOString();
}

function decode(token: string) {
  try {
    return decodeJwt(token);
  } catch {
    throw new Error('that is not a token: a JWT has three parts, separated by dots');
  }
}
