import type { JwkSet } from './key-list.ts';

/*
 * A policy as it holds: checked, with its defaults, and without anything of the file's form. Names
 * end in their unit.
 */

export interface PolicyFile {
  /** At least one, no two with the same name. */
  readonly issuers: readonly PolicyIssuer[];
  /** Where a token may stand, in order; 1 to 4, no two the same. */
  readonly tokens: readonly PolicyTokenPlace[];
  /** What holds for a request that no route matches. */
  readonly defaults: PolicyRules;
  /** Rules by name, complete: what one leaves out is taken from `defaults`. */
  readonly policies: ReadonlyMap<string, PolicyRules>;
  /** The first that matches counts. */
  readonly routes: readonly PolicyRoute[];
  /**
   * Every header that any of the rules set, sorted. On every allow those that are not set have to be
   * removed, or what the downstream sent would reach the upstream.
   */
  readonly headerNames: readonly string[];
}

export interface PolicyIssuer {
  /** The exact `iss` (RFC 7519, section 4.1.1): 1 to 255 bytes of visible ASCII. */
  readonly issuer: string;
  readonly keys: PolicyKeys;
  /** At least one; all HMAC, or all for public keys. */
  readonly algorithms: readonly PolicyAlgorithm[];
  /** One of them must be in `audienceClaim`; `any`: it may say what it likes. */
  readonly audiences: readonly string[] | 'any';
  readonly audienceClaim: string;
  /** In lower case, without `application/` (RFC 7515, section 4.1.9). */
  readonly tokenTypes: readonly string[];
  /** 0 to 300. */
  readonly clockSkewSec: number;
  /** Longest time from `iat` to `exp`; 0 = any. */
  readonly maxLifetimeSec: number;
  /** The claim by which a token is revoked; `none`: it needs neither. */
  readonly revocation: 'jti' | 'sid' | 'none';
  /** What is asked besides. */
  readonly revokeBy: readonly ('sid' | 'sub' | 'kid' | 'issuer')[];
  /** RFC 8705, section 3. */
  readonly certificateBound: 'off' | 'if_present' | 'required';
  /** `FILE:LINE:COLUMN: issuers[N].keys: `, to stand before what is found wrong with the keys later. */
  readonly keysAt: string;
}

export type PolicyAlgorithm =
  | ('HS256' | 'HS384' | 'HS512')
  | ('RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512')
  | ('ES256' | 'ES384' | 'ES512' | 'EdDSA' | 'Ed25519');

/** Paths are absolute. */
export type PolicyKeys =
  | (PolicyFetchedKeys & { readonly kind: 'jwks_url'; readonly url: string })
  /** The issuer is the URL below which the OpenID configuration stands. */
  | (PolicyFetchedKeys & { readonly kind: 'discovery' })
  | { readonly kind: 'jwks_file'; readonly file: string }
  | { readonly kind: 'jwks'; readonly jwks: JwkSet }
  | { readonly kind: 'public_key_file'; readonly file: string }
  /** Never shown, never empty. Its length is not checked here. */
  | {
      readonly kind: 'secret';
      readonly secret: string;
      readonly previousSecret: string | undefined;
    };

export interface PolicyFetchedKeys {
  /** Whether a URL without TLS will do, also one that the OpenID configuration names. */
  readonly allowHttp: boolean;
  /** Where the keys are kept for the next start; its folder may not be there. */
  readonly cacheFile: string | undefined;
  /** How long keys are used that cannot be fetched anew, 60 to 604,800. */
  readonly staleMaxSec: number;
}

export interface PolicyTokenPlace {
  readonly kind: 'header' | 'cookie' | 'query';
  /** `authorization` for the header. */
  readonly name: string;
  /** Whether the upstream is not to see it. */
  readonly remove: boolean;
}

export interface PolicyRules {
  /** All of them must be among the token's (RFC 6749, section 3.3). */
  readonly requiredScopes: readonly string[];
  /** One of them must be among the token's; empty = what its issuer asks will do. */
  readonly audiences: readonly string[];
  /** What becomes of a request without a token. */
  readonly anonymous: 'deny' | 'allow';
  /** What becomes of a verified token while the denylist cannot be asked. */
  readonly outage: 'deny' | 'stale' | 'allow';
  readonly headers: readonly PolicyHeader[];
  readonly metadata: readonly ('sub' | 'iss' | 'scopes' | 'jti_hash')[];
}

export interface PolicyHeader {
  /** In lower case; never one of the connection, nor host, authorization, cookie, x-envoy-*. */
  readonly name: string;
  /** The claim, each name inside the one before; 1 to 8. */
  readonly claim: readonly string[];
  /** What becomes of a value that cannot stand in a header. */
  readonly encode: 'refuse' | 'percent';
  /** Stands between the values of a list; 1 to 4 characters of printable ASCII. */
  readonly separator: string;
}

export interface PolicyRoute {
  /** In capitals; undefined = all. */
  readonly methods: readonly string[] | undefined;
  /** In lower case, without a port; undefined = all. */
  readonly host: PolicyHost | undefined;
  readonly path: PolicyPath;
  /** Complete: the route's own words, else those of the policy it names, else the defaults. */
  readonly rules: PolicyRules;
}

/** `suffix`: with its dot in front, as in `.example.com`. */
export interface PolicyHost {
  readonly kind: 'exact' | 'suffix';
  readonly value: string;
}

/**
 * Normalised: no escapes, parameters, dot segments or double slashes.
 *
 * `prefix`: by whole segments, no slash at the end but in `/` itself. `template`: `{name}` is one
 * segment, a final `/**` all that follow.
 */
export interface PolicyPath {
  readonly kind: 'exact' | 'prefix' | 'template';
  readonly value: string;
}
