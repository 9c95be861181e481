import type { Decision } from './decision.ts';

/** Claims of a token that verified (RFC 7519, section 4.1), types and bounds already checked. */
export interface Claims {
  /** 1 to 255 bytes of printable ASCII without outer space: safe as a header value. */
  readonly sub: string;
  /** Identifies the token; undefined where its issuer's tokens need none. */
  readonly jti: string | undefined;
  readonly iss: string;
  readonly aud: readonly string[];
  /** Seconds since the epoch, a safe integer. */
  readonly exp: number;
  readonly nbf: number | undefined;
  readonly iat: number | undefined;
  /** Names in the space-separated claim `scope` (RFC 8693, section 4.2). */
  readonly scopes: ReadonlySet<string>;
  /** Thumbprint of the one certificate with which the token passes (RFC 8705, section 3.1). */
  readonly boundTo: string | undefined;
  /**
   * What upstreams may be told, one value for each claim that the policy names, undefined:
   * the token does not say, or what it says cannot stand in a header.
   */
  readonly told: readonly (string | undefined)[];
}

/** What can be revoked: one token, a session, a user's tokens, what a key signed, all of an issuer. */
export type RevocationScope = (typeof revocationScopes)[number];
export const revocationScopes = ['jti', 'sid', 'sub', 'kid', 'iss'] as const;

/** One question to the denylist. */
export interface RevocationQuery {
  readonly scope: RevocationScope;
  readonly id: string;
  /**
   * Epoch seconds; for `sub`, whose revocation is a cut-off: what was issued then or before is revoked,
   * and so is what does not say.
   */
  readonly issuedAt?: number | undefined;
}

/** Who the caller proved to be. One object per verified token, kept while the token is cached. */
export interface Identity {
  readonly kind: 'identity';
  readonly claims: Claims;
  /** Seconds since the epoch from which on the token passes no more: `exp`, and what is tolerated. */
  readonly endsAt: number;
  /** What has to be asked before this identity may pass. */
  readonly revocation: readonly RevocationQuery[];
  /** The policy says that tokens of this issuer cannot be revoked; only then may nothing be asked. */
  readonly irrevocable: boolean;
  /**
   * Allows already built for this identity, one per requirement met so far. They live here, and
   * not in a map of their own, so that they leave memory with the cached token.
   */
  allowed: KnownAllow | undefined;
  /** Verdict.asOf of the last one, if it said not revoked, whole ms; -Infinity = it did not, or none is kept. */
  notRevokedAt: number;
}

/** A list: in nearly every token it has one member, and takes the space of one. */
export interface KnownAllow extends Decision {
  readonly requirement: Requirement;
  readonly next: KnownAllow | undefined;
}

/** Why no identity could be proved. */
export interface Fault {
  readonly kind: 'fault';
  readonly reason: 'invalid_token' | 'keys_unavailable' | 'internal';
  /** A code for the log, such as ERR_JWT_EXPIRED: fixed words, never input. */
  readonly detail: string;
}

/** A token of which all is in order, if only its signature is; what was read of it. */
export interface Unverified {
  readonly kind: 'unverified';
}

/** Proves who a token belongs to. Neither member throws, and no promise of it rejects. */
export interface TokenVerifier {
  /**
   * What is known at once: a cached identity that still holds, or a fault that needs no crypto.
   * Everything else has to be verified, and need not be read twice then. `cacheOnly`, which costs a
   * tenth: undefined for all that is not cached.
   */
  peek(token: string, cacheOnly: boolean): Identity | Fault | Unverified | undefined;
  /**
   * `read`: what was said of that token before. A promise when the key has to be fetched first: of a
   * fault, or of what is to be verified in its turn now, since many may have waited for one key.
   */
  verify(token: string, read?: Unverified): Identity | Fault | Promise<Fault | Unverified>;
}

/** `unknown`: the store could not say; it is an error, never an allow. */
export interface Verdict {
  readonly state: 'revoked' | 'not-revoked' | 'unknown';
  /** Clock.now(); where it is not revoked: when the store was asked, at the latest. */
  readonly asOf: number;
  /** For `unknown`: a code for the log, fixed words. */
  readonly detail?: string;
}

/** What becomes of a verified token while the denylist cannot be asked (OUTAGE_POLICY). */
export type OutagePolicy = (typeof outagePolicies)[number];
export const outagePolicies = ['deny', 'stale', 'allow'] as const;

/** Where a token may stand in a request. */
export type TokenPlace =
  /** Authorization, with the scheme Bearer (RFC 6750, section 2.1). */
  | { readonly kind: 'header'; readonly remove: boolean }
  /** A cookie, or a query parameter (RFC 6750, section 2.3). */
  | { readonly kind: 'cookie' | 'query'; readonly name: string; readonly remove: boolean };

/** What a route demands. Interned: one object per distinct requirement. */
export interface Requirement {
  /** Where it stands in the policy, for people. */
  readonly name: string;
  /** Judges tokens by the policy that this belongs to. */
  readonly verifier: TokenVerifier;
  /** Where a token is looked for, in this order; `remove`: the upstream does not see it. */
  readonly places: readonly TokenPlace[];
  /** A request without a token passes, as nobody's. */
  readonly anonymous: boolean;
  readonly outage: OutagePolicy;
  /** Every name must be among the token's scopes. */
  readonly scopes: readonly string[];
  /** One of them must be among the token's audiences; empty = those of its issuer will do. */
  readonly audiences: readonly string[];
  /** Headers that tell the upstream who called, and the place in Claims.told of what each carries. */
  readonly identityHeaders: readonly Told[];
  /** The same for fields of dynamic_metadata, which access logs and other filters read. */
  readonly metadata: readonly Told[];
}

/** `told`: place in Claims.told of what `name` carries; below 0 = nothing. */
export interface Told {
  readonly name: string;
  readonly told: number;
}
