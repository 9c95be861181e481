import type { Fault, RevocationQuery } from '../domain/claims.ts';
import { invalid, type ParsedToken } from './token.ts';

/** By what the tokens of an issuer can be revoked. */
export interface RevocationRules {
  /** Value of `iss`; without spaces, or ids of two issuers could be the same. */
  readonly issuer: string;
  /** The claim that each token must have, and is revoked by; `none`: there is no such claim. */
  readonly revocation: 'jti' | 'sid' | 'none';
  /** What is asked beside it; `sid` and `kid` of tokens that have one. */
  readonly revokeBy: readonly WiderScope[];
}

/** What stands for several tokens. */
export type WiderScope = Exclude<RevocationQuery['scope'], 'jti'>;

const MAX_BYTES = 255;

const BAD_ID = {
  jti: invalid('claim_jti'),
  sid: invalid('claim_sid'),
  sub: invalid('claim_sub'),
  kid: invalid('header_kid'),
} as const;

/**
 * What the denylist has to be asked about a token, one query for each scope: `jti` (RFC 7519, section
 * 4.1.7), `sid` (OpenID Connect Front-Channel Logout 1.0, section 3), `sub`, `kid` (RFC 7515, section
 * 4.1.4) and `iss`. An id that is there and cannot be asked is a fault, never left out.
 */
export function revocationQueries(
  payload: ParsedToken['payload'],
  header: { readonly kid?: unknown },
  { issuer, revocation, revokeBy }: RevocationRules,
): readonly RevocationQuery[] | Fault {
  const queries: RevocationQuery[] = [];
  if (revocation !== 'none') {
    const id = payload[revocation];
    if (!isIdentifier(id)) return BAD_ID[revocation];
    queries.push({ scope: revocation, id });
  }
  for (const scope of revokeBy) {
    if (scope === revocation) continue;
    if (scope === 'iss') {
      queries.push({ scope, id: issuer });
      continue;
    }
    const id = scope === 'kid' ? header.kid : payload[scope];
    if (id === undefined && scope !== 'sub') continue;
    if (!isIdentifier(id)) return BAD_ID[scope];
    if (scope === 'sid') queries.push({ scope, id });
    else if (scope === 'kid') queries.push({ scope, id: idWithin(issuer, id) });
    else queries.push({ scope, id: idWithin(issuer, id), issuedAt: timeOf(payload.iat) });
  }
  return queries;
}

/** Only then may nothing be asked about a token. */
export function isIrrevocable({ revocation, revokeBy }: RevocationRules): boolean {
  return revocation === 'none' && revokeBy.length === 0;
}

/** Of what only its issuer knows apart from others, a user or a key. */
export function idWithin(issuer: string, id: string): string {
  return `${issuer} ${id}`;
}

/** A lone surrogate would become U+FFFD in Redis, and so share its key with other tokens. */
export function isIdentifier(value: unknown): value is string {
  if (typeof value !== 'string' || value === '' || !value.isWellFormed()) return false;
  return Buffer.byteLength(value) <= MAX_BYTES;
}

function timeOf(iat: unknown): number | undefined {
  return typeof iat === 'number' ? iat : undefined;
}
