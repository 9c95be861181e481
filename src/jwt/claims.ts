import type { Claims, Fault } from '../domain/claims.ts';
import { type ClaimReader, isHeaderSafe } from './claim-reader.ts';
import { isIdentifier, type RevocationRules } from './revocation-ids.ts';
import { invalid, type ParsedToken } from './token.ts';

/** `iss` must equal `issuer`. */
export interface ClaimRules extends RevocationRules {
  /** One of them must be among those of the token; `any`: what it says is not looked at. */
  readonly audiences: readonly string[] | 'any';
  /** Where those stand: `aud`, or what an issuer has in its place. */
  readonly audienceClaim: string;
  /** Seconds that the clock of the issuer may be ahead of ours, for `nbf` and `iat`. */
  readonly clockSkewSec: number;
  /**
   * Seconds that a token passes after `exp`: never more than revocations are kept after it, or a
   * revoked token would live again.
   */
  readonly expToleranceSec: number;
  /** Longest time from `iat` to `exp`, in seconds; 0 = any. */
  readonly maxLifetimeSec: number;
  /** What becomes of `cnf` with a certificate's thumbprint: whether it is looked at, and must be there. */
  readonly certificateBound: 'off' | 'if_present' | 'required';
  /** What Claims.told is made of. */
  readonly told: readonly ClaimReader[];
}

const MAX_BYTES = 255;

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
  const { sub, jti, iss, exp, nbf, iat, scope } = payload;
  if (!isHeaderSafe(sub) || sub.length > MAX_BYTES) return invalid('claim_sub');
  if (jti !== undefined && !isIdentifier(jti)) return invalid('claim_jti');
  if (iss !== rules.issuer) return invalid('claim_iss');
  const audiences = audiencesOf(payload, rules);
  if (audiences === undefined) return invalid('claim_aud');
  const boundTo = rules.certificateBound === 'off' ? undefined : thumbprintOf(payload.cnf);
  if (boundTo === 'malformed') return invalid('claim_cnf');
  if (rules.certificateBound === 'required' && boundTo === undefined) return invalid('claim_cnf');
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
    boundTo,
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

/** Undefined: not for us. */
function audiencesOf(
  payload: ParsedToken['payload'],
  { audiences: ours, audienceClaim }: ClaimRules,
): readonly string[] | undefined {
  const value = Object.hasOwn(payload, audienceClaim) ? payload[audienceClaim] : undefined;
  const audiences = typeof value === 'string' ? [value] : value;
  if (ours === 'any') return isStrings(audiences) ? audiences : [];
  if (!isStrings(audiences)) return undefined;
  return ours.some((audience) => audiences.includes(audience)) ? audiences : undefined;
}

/** RFC 8705, section 3.1. Undefined: the token is not bound to a certificate. */
function thumbprintOf(cnf: unknown): string | undefined {
  if (cnf === undefined) return undefined;
  if (typeof cnf !== 'object' || cnf === null || Array.isArray(cnf)) return 'malformed';
  const { 'x5t#S256': value } = cnf as { readonly 'x5t#S256'?: unknown };
  if (value === undefined) return undefined;
  return typeof value === 'string' && /^[\w-]{43}$/.test(value) ? value : 'malformed';
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
