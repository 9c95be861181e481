import type { Decision } from './decision.ts';

/** Claims of a token that verified (RFC 7519, section 4.1), types and bounds already checked. */
export interface Claims {
  /** 1 to 255 bytes of printable ASCII without outer space: safe as a header value. */
  readonly sub: string;
  /** Identifies the token; the denylist is keyed by it. */
  readonly jti: string;
  readonly iss: string;
  readonly aud: readonly string[];
  /** Seconds since the epoch, a safe integer. */
  readonly exp: number;
  readonly nbf: number | undefined;
  readonly iat: number | undefined;
  /** Names in the space-separated claim `scope` (RFC 8693, section 4.2). */
  readonly scopes: ReadonlySet<string>;
  /** Claim `provider`, if it is safe as a header value. */
  readonly provider: string | undefined;
}

/** One question to the denylist. */
export interface RevocationQuery {
  readonly scope: 'jti';
  readonly id: string;
}

/** Who the caller proved to be. One object per verified token, kept while the token is cached. */
export interface Identity {
  readonly kind: 'identity';
  readonly claims: Claims;
  /** Seconds since the epoch from which on the token passes no more: `exp`, and what is tolerated. */
  readonly endsAt: number;
  /** What has to be asked before this identity may pass: never empty. */
  readonly revocation: readonly RevocationQuery[];
  /**
   * Allows already built for this identity, one per requirement met so far. They live here, and
   * not in a map of their own, so that they leave memory with the cached token.
   */
  allowed: KnownAllow | undefined;
  /** Clock.now() of the last verdict that it is not revoked, whole ms; -Infinity = never, or not kept. */
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

/** `unknown`: the store could not say; it is an error, never an allow. */
export interface Verdict {
  readonly state: 'revoked' | 'not-revoked' | 'unknown';
  /** Clock.now() when the store answered. */
  readonly asOf: number;
  /** For `unknown`: a code for the log, fixed words. */
  readonly detail?: string;
}

/** What becomes of a verified token while the denylist cannot be asked (OUTAGE_POLICY). */
export type OutagePolicy = (typeof outagePolicies)[number];
export const outagePolicies = ['deny', 'stale', 'allow'] as const;

/** What a route demands. Interned: one object per distinct requirement. */
export interface Requirement {
  readonly outage: OutagePolicy;
  /** Every name must be among the token's scopes. */
  readonly scopes: readonly string[];
  /** Headers that tell the upstream who called, and the claim each one carries. */
  readonly identityHeaders: readonly {
    readonly name: string;
    readonly claim: 'sub' | 'provider';
  }[];
}
