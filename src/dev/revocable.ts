import { decodeJwt } from 'jose';

/** What revoking a token takes. */
export interface Revocable {
  readonly jti: string;
  /** Seconds since the epoch. */
  readonly exp: number;
}

/** `Date`'s last instant, in milliseconds. */
const LAST_MS = 8.64e15;

/**
 * Reads the jti and exp of a token without verifying it: whoever may write to the denylist may
 * revoke anything. Throws an error for the operator, which does not quote the token.
 */
export function readRevocable(token: string): Revocable {
  const { jti, exp } = decode(token.trim());
  if (typeof jti !== 'string' || jti === '')
    throw new Error('the token has no jti to revoke it by');
  // No other is a token that passes.
  if (typeof exp !== 'number' || !Number.isSafeInteger(exp)) {
    throw new Error('the token has no exp in whole seconds, so no end to its revocation');
  }
  return { jti, exp };
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
