import { createSecretKey, type KeyObject } from 'node:crypto';
import type { Fault, Identity, Unverified } from '../../../src/domain/claims.ts';
import { type Algorithm, isHmac } from '../../../src/jwt/algorithms.ts';
import { textReader } from '../../../src/jwt/claim-reader.ts';
import type { ClaimRules } from '../../../src/jwt/claims.ts';
import { USUAL_TYPES } from '../../../src/jwt/header.ts';
import { type KeySet, StaticKeySet } from '../../../src/jwt/key-set.ts';
import { ImportedKeys } from '../../../src/jwt/keys.ts';
import type { VerificationKey } from '../../../src/jwt/signature.ts';
import { TokenCache } from '../../../src/jwt/token-cache.ts';
import { JwtVerifier } from '../../../src/jwt/verifier.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { AUDIENCE, ISSUER, keyPair, SECRET } from '../../support/tokens.ts';

/** Epoch seconds at which a ManualClock starts. */
export const NOW = new ManualClock().epochSeconds();

export const BAD_SIGNATURE = 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED';

export const RULES: ClaimRules = {
  issuer: ISSUER,
  audiences: [AUDIENCE],
  audienceClaim: 'aud',
  clockSkewSec: 5,
  expToleranceSec: 0,
  maxLifetimeSec: 0,
  revocation: 'jti',
  revokeBy: [],
  certificateBound: 'off',
  told: [textReader('sub'), textReader('provider')],
};

export const keys = new ImportedKeys();

export interface Pair {
  readonly signing: KeyObject;
  readonly key: VerificationKey;
  /** Of a key pair. */
  readonly pem?: string;
}

const pairs = new Map<Algorithm, Promise<Pair>>();

/** What signs, and what the verifier is given: the same for all tests of a file. */
export function pairOf(algorithm: Algorithm): Promise<Pair> {
  const pair = pairs.get(algorithm) ?? makePair(algorithm);
  pairs.set(algorithm, pair);
  return pair;
}

export async function makePair(algorithm: Algorithm): Promise<Pair> {
  if (isHmac(algorithm)) {
    const bytes = Buffer.from(SECRET);
    const key = await keys.import(algorithm, { kind: 'secret', bytes });
    return { signing: createSecretKey(bytes), key };
  }
  const { privateKey, pem } = keyPair(algorithm);
  return { signing: privateKey, key: await keys.import(algorithm, { kind: 'public', pem }), pem };
}

/** `kid`: of the key, if that is known of it. */
export function build(
  algorithm: Algorithm,
  key: VerificationKey,
  rules: Partial<ClaimRules> = {},
  kid?: string,
) {
  const clock = new ManualClock();
  const cache = new TokenCache({ maxEntries: 100, maxBytes: 1 << 20 });
  const issuer = {
    ...{ ...RULES, ...rules },
    ...{ algorithms: [algorithm], types: USUAL_TYPES, keys: keySet(key, kid) },
  };
  const verifier = new JwtVerifier([issuer], cache, clock);
  return { clock, cache, verifier };
}

function keySet(key: VerificationKey, kid: string | undefined): KeySet {
  const known = new StaticKeySet([key]);
  if (kid === undefined) return known;
  const absent = () => 'absent' as const;
  return { candidates: () => [{ key, kid, current: true }], search: absent, verdict: absent };
}

/** An outcome in short: 'identity', or what is said of the fault. */
export function verdict(outcome: Identity | Fault | Unverified | undefined): string | undefined {
  return outcome?.kind === 'fault' ? outcome.detail : outcome?.kind;
}
