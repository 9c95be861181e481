import type { Claims, Fault, Identity, TokenVerifier, Unverified } from '../domain/claims.ts';
import type { Clock } from '../domain/clock.ts';
import type { Algorithm } from './algorithms.ts';
import { type ClaimRules, checkTime, endOf, readClaims } from './claims.ts';
import { checkHeader, type HeaderRules } from './header.ts';
import { type KeySet, type Search, TOO_MANY, type TrustedKey } from './key-set.ts';
import { isIrrevocable, revocationQueries } from './revocation-ids.ts';
import { SharedClaims } from './shared-claims.ts';
import { invalid, type ParsedToken, parseToken } from './token.ts';
import type { TokenCache } from './token-cache.ts';

/** Whose tokens are taken, and which of them. */
export interface Issuer extends HeaderRules, ClaimRules {
  readonly keys: KeySet;
}

interface Candidate extends Unverified {
  readonly issuer: Issuer;
  readonly token: ParsedToken;
  readonly claims: Claims;
  readonly keys: readonly TrustedKey[];
  /** Whether another key was looked for already. */
  readonly wasSearched: boolean;
  /** What it is if it turns out that there is no other key. */
  readonly absent: Fault;
}

const WRONG_LENGTH = invalid('signature_length');
const BAD_SIGNATURE = invalid('ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
const UNKNOWN_ISSUER = invalid('claim_iss');
const UNKNOWN_KEY = invalid('key_unknown');
const KEYS_UNAVAILABLE: Fault = {
  kind: 'fault',
  reason: 'keys_unavailable',
  detail: 'keys_unavailable',
};
/** Nothing is said against the token: it is we who do not try so many. */
const TOO_MANY_KEYS: Fault = {
  kind: 'fault',
  reason: 'keys_unavailable',
  detail: 'too_many_keys',
};
/** Its issuer's tokens are revoked by what this one has none of, so that nobody could take it back. */
const NO_ID = invalid('revocation_id');
const BROKEN: Fault = { kind: 'fault', reason: 'internal', detail: 'verify_threw' };

/**
 * Verifies tokens, each by what holds for its own issuer and by nothing else.
 *
 *     peek     cache ─▶ exp, nbf and key once more ─▶ identity
 *              else grammar, header, claims, key: what fails here costs no cryptography
 *     verify   the same checks ─▶ signature ─▶ cache
 *                 │            └─▶ by none of them, and the key that is named is not there ─┐
 *                 └─▶ there is no key ─▶ once it has been fetched, all of that again ◀───────┘
 */
export class JwtVerifier implements TokenVerifier {
  readonly #issuers: ReadonlyMap<unknown, Issuer>;
  readonly #cache: TokenCache;
  readonly #clock: Clock;
  readonly #shared = new SharedClaims();

  constructor(issuers: readonly Issuer[], cache: TokenCache, clock: Clock) {
    this.#issuers = new Map(issuers.map((issuer) => [issuer.issuer, issuer]));
    this.#cache = cache;
    this.#clock = clock;
  }

  peek(token: string, cacheOnly: boolean): Identity | Fault | Unverified | undefined {
    const now = this.#clock.epochSeconds();
    const cached = this.#cache.get(token, this);
    if (cached === undefined) {
      if (cacheOnly) return undefined;
      const read = this.#read(token, now);
      if (read.kind === 'fault') return read;
      return read.keys.length > 0 ? read : withoutKey(read);
    }
    const { identity, rules, signedBy } = cached;
    if (signedBy.current) {
      const fault = checkTime(identity.claims, rules, now);
      if (fault === undefined) return identity;
      this.#cache.delete(token);
      return fault;
    }
    this.#cache.delete(token);
    return undefined;
  }

  verify(token: string, before?: Unverified): Identity | Fault | Promise<Fault | Unverified> {
    const now = this.#clock.epochSeconds();
    const read = this.#readBefore(before, now) ?? this.#read(token, now);
    if (read.kind === 'fault') return read;
    return read.keys.length > 0 ? this.#judge(token, read) : this.#search(token, read);
  }

  /** Sees whether the issuer has another key by now; without that the token is what `absent` says. */
  #search(token: string, { issuer, claims, token: parsed, absent }: Candidate) {
    const { kid, alg } = parsed.header;
    const search = issuer.keys.search(kid as string | undefined, alg as Algorithm, claims.iat);
    if (!(search instanceof Promise)) return faultOf(search, absent);
    return search.then((outcome) => {
      if (outcome !== 'found') return faultOf(outcome, absent);
      const read = this.#read(token, this.#clock.epochSeconds(), true);
      return read.kind === 'fault' || read.keys.length > 0 ? read : absent;
    });
  }

  /** Undefined: it has to be read anew, for a key of it is not in force any more. */
  #readBefore(before: Unverified | undefined, now: number): Candidate | Fault | undefined {
    const read = before as Candidate | undefined;
    if (read?.keys.every(({ current }) => current) !== true) return undefined;
    return checkTime(read.claims, read.issuer, now) ?? read;
  }

  #judge(token: string, candidate: Candidate): Identity | Fault | Promise<Fault | Unverified> {
    const { issuer, keys, token: parsed } = candidate;
    let signedBy: TrustedKey | undefined;
    try {
      signedBy = keys.find(({ key }) => key.verifies(parsed.signed, parsed.signature));
    } catch {
      return BROKEN; // what was thrown may quote what it was given
    }
    if (signedBy === undefined) {
      // It names another key, and those that were tried have no name.
      const isOpen = !candidate.wasSearched && isByName(candidate);
      return isOpen ? this.#search(token, { ...candidate, absent: BAD_SIGNATURE }) : BAD_SIGNATURE;
    }
    // The key that signed says whose it is; the token may keep silent about it.
    const kid = signedBy.kid ?? parsed.header.kid;
    const queries = revocationQueries(parsed.payload, { kid }, issuer);
    if ('kind' in queries) return queries;
    const irrevocable = isIrrevocable(issuer);
    if (queries.length === 0 && !irrevocable) return NO_ID;
    const claims = this.#shared.share(candidate.claims);
    const identity: Identity = {
      kind: 'identity',
      claims,
      endsAt: endOf(claims, issuer),
      revocation: this.#shared.shareQueries(queries),
      irrevocable,
      allowed: undefined,
      notRevokedAt: Number.NEGATIVE_INFINITY,
    };
    this.#cache.set({ token, identity, rules: issuer, signedBy, verifier: this });
    return identity;
  }

  #read(token: string, now: number, wasSearched = false): Candidate | Fault {
    const parsed = parseToken(token);
    if (parsed.kind === 'fault') return parsed;
    const issuer = this.#issuers.get(parsed.payload.iss);
    if (issuer === undefined) return UNKNOWN_ISSUER;
    const fault = checkHeader(parsed, issuer);
    if (fault !== undefined) return fault;
    const { kid, alg } = parsed.header;
    const known = issuer.keys.candidates(kid as string | undefined, alg as Algorithm);
    const keys = known.filter(({ key }) => key.signatureBytes === parsed.signature.length);
    if (known.length > 0 && keys.length === 0) return WRONG_LENGTH;
    const claims = readClaims(parsed, issuer, now);
    if ('kind' in claims) return claims;
    const queries = revocationQueries(parsed.payload, parsed.header, issuer);
    if ('kind' in queries) return queries;
    const absent = known === TOO_MANY ? TOO_MANY_KEYS : UNKNOWN_KEY;
    return { kind: 'unverified', issuer, token: parsed, claims, keys, wasSearched, absent };
  }
}

function isByName({ keys, token: { header } }: Candidate): boolean {
  return header.kid !== undefined && keys.every(({ kid }) => kid === undefined);
}

function faultOf(outcome: Search, absent: Fault): Fault {
  return outcome === 'unavailable' ? KEYS_UNAVAILABLE : absent;
}

/** Anybody can send such tokens, who must not take the turn of one that is to be verified. */
function withoutKey({ issuer, claims, absent }: Candidate): Fault | undefined {
  const verdict = issuer.keys.verdict(claims.iat);
  if (verdict === undefined) return undefined;
  return verdict === 'absent' ? absent : KEYS_UNAVAILABLE;
}
