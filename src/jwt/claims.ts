import type { Claims, Fault } from '../domain/claims.ts';
import { isIdentifier, type RevocationRules } from './revocation-ids.ts';
import { invalid, type ParsedToken } from './token.ts';

/** `iss` must equal `issuer`. */
export interface ClaimRules extends RevocationRules {
  /** One of them must be in `aud`. */
  readonly audiences: readonly string[];
  /** Seconds that the clock of the issuer may be ahead of ours, for `nbf` and `iat`. */
  readonly clockSkewSec: number;
  /**
   * Seconds that a token passes after `exp`: never more than revocations are kept after it, or a
   * revoked token would live again.
   */
  readonly expToleranceSec: number;
  /** Longest time from `iat` to `exp`, in seconds; 0 = any. */
  readonly maxLifetimeSec: number;
  /** What Claims.told is made of. */
  readonly told: readonly ClaimReader[];
}

/** What upstreams may be told of a token, from one claim or several; undefined: nothing. */
export type ClaimReader = (payload: Readonly<Record<string, unknown>>) => string | undefined;

const MAX_BYTES = 255;
/** Visible ASCII, with spaces only inside: what a header value may hold (RFC 9110, section 5.5). */
const HEADER_SAFE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

const EXPIRED = invalid('ERR_JWT_EXPIRED');
const NOT_YET = invalid('claim_nbf');

/**
 * The claims of a token, checked for presence, type, size and time (RFC 7519, section 4.1). Does not
 * look at the signature, nor say by what the token must be revocable (revocation-ids.ts).
 */
export function readClaims(
  { payload }: Pick<ParsedToken, 'payload'>,
  rules: ClaimRules,
  now: number,
): Claims | Fault {
  const { sub, jti, iss, aud, exp, nbf, iat, scope } = payload;
  if (!isHeaderSafe(sub)) return invalid('claim_sub');
  if (jti !== undefined && !isIdentifier(jti)) return invalid('claim_jti');
  if (iss !== rules.issuer) return invalid('claim_iss');
  const audiences = typeof aud === 'string' ? [aud] : aud;
  if (!isStrings(audiences)) return invalid('claim_aud');
  if (!rules.audiences.some((audience) => audiences.includes(audience))) {
    return invalid('claim_aud');
  }
  if (!isTime(exp)) return invalid('claim_exp');
  if (nbf !== undefined && !isTime(nbf)) return invalid('claim_nbf');
  if (iat !== undefined && !isTime(iat)) return invalid('claim_iat');
  if (iat !== undefined && iat > now + rules.clockSkewSec) return invalid('claim_iat');
  if (rules.maxLifetimeSec > 0 && exp - (iat ?? now) > rules.maxLifetimeSec) {
    return invalid('claim_lifetime');
  }
  const claims: Claims = {
    sub,
    jti,
    iss: rules.issuer,
    aud: audiences,
    exp,
    nbf,
    iat,
    scopes: new Set(typeof scope === 'string' ? scope.split(' ').filter(Boolean) : []),
    told: rules.told.map((read) => read(payload)),
  };
  return checkTime(claims, rules, now) ?? claims;
}

/** Epoch seconds from which on a token passes no more. */
export function endOf({ exp }: Claims, { expToleranceSec }: ClaimRules): number {
  return exp + expToleranceSec;
}

/** What has to hold every time, also for a token that verified before. `now`: epoch seconds. */
export function checkTime(claims: Claims, rules: ClaimRules, now: number): Fault | undefined {
  if (now >= endOf(claims, rules)) return EXPIRED;
  if (claims.nbf !== undefined && claims.nbf > now + rules.clockSkewSec) return NOT_YET;
  return undefined;
}

export function isHeaderSafe(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_BYTES && HEADER_SAFE.test(value);
}

/** Reads one claim, which may stand in others: as it is, if it is safe in a header. */
export function claimReader(path: readonly string[]): ClaimReader {
  const [first = '', ...rest] = path;
  if (rest.length === 0) {
    return ({ [first]: value }) => (isHeaderSafe(value) ? value : undefined);
  }
  return (payload) => {
    let value: unknown = payload;
    for (const name of path) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name))
        return undefined;
      value = (value as Record<string, unknown>)[name];
    }
    return isHeaderSafe(value) ? value : undefined;
  };
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
