import { errors, type JWTVerifyOptions, jwtVerify } from 'jose';
import type { Claims, Fault, Identity } from '../domain/claims.ts';
import type { Clock } from '../domain/clock.ts';
import type { TokenVerifier } from '../domain/ports.ts';
import { type ClaimRules, checkTime, endOf, readClaims } from './claims.ts';
import { checkHeader } from './header.ts';
import type { Algorithm, CryptoKey } from './keys.ts';
import { SharedClaims } from './shared-claims.ts';
import { signatureBytes } from './signature.ts';
import { invalid, parseToken } from './token.ts';
import type { TokenCache } from './token-cache.ts';

/** Codes of jose that say something about the token; any other failure is ours. */
const TOKEN_FAULTS: ReadonlySet<string> = new Set([
  errors.JWTExpired.code,
  errors.JWTClaimValidationFailed.code,
  errors.JWTInvalid.code,
  errors.JWSInvalid.code,
  errors.JWSSignatureVerificationFailed.code,
  errors.JOSEAlgNotAllowed.code,
  errors.JOSENotSupported.code,
]);

const WRONG_LENGTH = invalid('signature_length');

/**
 * Verifies tokens of one issuer, signed with one key.
 *
 *     peek     cache ─▶ exp and nbf once more ─▶ identity
 *              else grammar, header, claims: what fails here costs no cryptography
 *     verify   the same checks ─▶ jose: signature, and its own view of the claims
 *              ─▶ exp and nbf once more, for it takes time ─▶ cache
 */
export class JwtVerifier implements TokenVerifier {
  readonly #algorithm: Algorithm;
  readonly #key: CryptoKey;
  readonly #signatureBytes: number;
  readonly #rules: ClaimRules;
  readonly #cache: TokenCache;
  readonly #clock: Clock;
  readonly #options: JWTVerifyOptions;
  readonly #shared = new SharedClaims();

  constructor(
    algorithm: Algorithm,
    key: CryptoKey,
    rules: ClaimRules,
    cache: TokenCache,
    clock: Clock,
  ) {
    this.#algorithm = algorithm;
    this.#key = key;
    this.#signatureBytes = signatureBytes(algorithm, key);
    this.#rules = rules;
    this.#cache = cache;
    this.#clock = clock;
    this.#options = {
      algorithms: [algorithm],
      issuer: rules.issuer,
      audience: [...rules.audiences],
      clockTolerance: Math.max(rules.clockSkewSec, rules.expToleranceSec),
      requiredClaims: ['exp', 'sub', 'jti'],
    };
  }

  peek(token: string, cacheOnly: boolean): Identity | Fault | undefined {
    const now = this.#clock.epochSeconds();
    const cached = this.#cache.get(token);
    if (cached === undefined) {
      if (cacheOnly) return undefined;
      const read = this.#read(token, now);
      return 'kind' in read ? read : undefined;
    }
    const fault = checkTime(cached.claims, this.#rules, now);
    if (fault === undefined) return cached;
    this.#cache.delete(token);
    return fault;
  }

  async verify(token: string): Promise<Identity | Fault> {
    const now = this.#clock.epochSeconds();
    const claims = this.#read(token, now);
    if ('kind' in claims) return claims;
    try {
      const currentDate = new Date(now * 1000);
      await jwtVerify(token, this.#key, { ...this.#options, currentDate });
    } catch (error) {
      return faultOf(error);
    }
    const fault = checkTime(claims, this.#rules, this.#clock.epochSeconds());
    if (fault !== undefined) return fault;
    const identity: Identity = {
      kind: 'identity',
      claims: this.#shared.share(claims),
      endsAt: endOf(claims, this.#rules),
      revocation: [{ scope: 'jti', id: claims.jti }],
      allowed: undefined,
      notRevokedAt: Number.NEGATIVE_INFINITY,
    };
    this.#cache.set(token, identity);
    return identity;
  }

  #read(token: string, now: number): Claims | Fault {
    const parsed = parseToken(token);
    if (parsed.kind === 'fault') return parsed;
    const fault = checkHeader(parsed, this.#algorithm);
    if (fault !== undefined) return fault;
    if (parsed.signatureBytes !== this.#signatureBytes) return WRONG_LENGTH;
    return readClaims(parsed, this.#rules, now);
  }
}

/** jose's errors carry the payload: only their code goes on. */
function faultOf(error: unknown): Fault {
  if (!(error instanceof errors.JOSEError)) {
    return { kind: 'fault', reason: 'internal', detail: 'verify_threw' };
  }
  const reason = TOKEN_FAULTS.has(error.code) ? 'invalid_token' : 'internal';
  return { kind: 'fault', reason, detail: error.code };
}
