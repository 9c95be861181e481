import { calculateJwkThumbprint } from 'jose';
import type { Algorithm } from './algorithms.ts';
import { parseJsonObject } from './json.ts';
import { KeySetError } from './key-set-error.ts';
import { ImportedKeys, type JwkMaterial, type KeyMaterial } from './keys.ts';
import type { VerificationKey } from './signature.ts';

/** Keys that a set may have: importing them takes time, and every set is read over and over. */
export const MAX_KEYS = 100;

export interface JwksRules {
  /** What keys may be used for: a key that fits none of them is skipped. */
  readonly algorithms: readonly Algorithm[];
  /** Whether secrets (`oct`) are taken: never from a set that others can read. */
  readonly allowSecrets: boolean;
}

/** A key, and under which name its issuer has it (RFC 7517, section 4.5). */
export interface SetKey {
  readonly kid: string | undefined;
  readonly key: VerificationKey;
}

export interface SkippedKey {
  /** Left out where there is none that could stand in a log. */
  readonly kid?: string;
  /** Fixed words and numbers. */
  readonly reason: string;
}

export interface ParsedJwks {
  /** At least one. A JWK without `alg` gives one key for each algorithm that it fits. */
  readonly keys: readonly SetKey[];
  /** The JWKs of `keys`, with no member that was not looked at. */
  readonly jwks: readonly Jwk[];
  readonly skipped: readonly SkippedKey[];
}

type Jwk = Readonly<Record<string, unknown>>;

/** A JWK that may be used, with what it gave. */
interface Usable {
  readonly jwk: Jwk;
  readonly kid: string | undefined;
  readonly keys: readonly VerificationKey[];
}

const UNREADABLE = 'cannot be read';
const LOGGABLE = /^[\x21-\x7e]{1,64}$/;
/** RFC 7518, sections 6.2.2 and 6.3.2. */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'priv'];
/** What makes the key, by `kty` (RFC 7638, section 3.2; RFC 8037, section 2). */
const MEMBERS: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['RSA', ['n', 'e']],
  ['EC', ['crv', 'x', 'y']],
  ['OKP', ['crv', 'x']],
  ['oct', ['k']],
]);
const RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const;
/** By `kty`, and `crv` where there is one (RFC 7518, section 3.1; RFC 8037, section 3.1). */
const FITTING: ReadonlyMap<string, readonly Algorithm[]> = new Map<string, readonly Algorithm[]>([
  ['RSA', RSA],
  ['EC P-256', ['ES256']],
  ['EC P-384', ['ES384']],
  ['EC P-521', ['ES512']],
  ['OKP Ed25519', ['EdDSA', 'Ed25519']],
  ['oct', ['HS256', 'HS384', 'HS512']],
]);

/**
 * Reads a JWK Set (RFC 7517, section 5) again and again. A key that has not changed gives the same
 * VerificationKey each time.
 */
export class JwksReader {
  readonly #rules: JwksRules;
  readonly #imported: ImportedKeys;

  constructor(rules: JwksRules) {
    this.#rules = rules;
    this.#imported = new ImportedKeys(MAX_KEYS * rules.algorithms.length);
  }

  /**
   * Skips keys that cannot be used. Rejects with a KeySetError when there is no other, or when `body`
   * is no JWK Set.
   */
  async read(body: Uint8Array): Promise<ParsedJwks> {
    const read: (Usable | SkippedKey)[] = [];
    // One after the other: 100 keys for six algorithms at once would hold up everybody for 0.4 s.
    for (const jwk of listOf(body)) read.push(await readJwk(jwk, this.#rules, this.#imported));
    const usable = read.filter((each) => 'keys' in each);
    const skipped = read.filter((each) => 'reason' in each);
    if (usable.length === 0) throw new KeySetError(`no usable key${why(skipped)}`);
    return { keys: keysOf(usable), jwks: usable.map(({ jwk }) => jwk), skipped };
  }
}

function listOf(body: Uint8Array): readonly unknown[] {
  const set = parseJsonObject(body);
  if (set === undefined) throw new KeySetError('not JSON');
  const { keys } = set;
  if (!Array.isArray(keys)) throw new KeySetError('no array of keys');
  if (keys.length > MAX_KEYS) throw new KeySetError(`more than ${MAX_KEYS} keys`);
  return keys;
}

async function readJwk(
  value: unknown,
  { algorithms, allowSecrets }: JwksRules,
  imported: ImportedKeys,
): Promise<Usable | SkippedKey> {
  if (typeof value !== 'object' || value === null) return { reason: 'not an object' };
  const jwk = value as Jwk;
  const { kid, kty, crv, use, key_ops: ops, alg } = jwk;
  if (kid !== undefined && typeof kid !== 'string') return { reason: 'kid is no string' };
  const members = MEMBERS.get(kty);
  if (members === undefined) return skip(kid, 'unknown kty');
  if (PRIVATE.some((name) => jwk[name] !== undefined)) return skip(kid, 'private key');
  if (kty === 'oct' && !allowSecrets) return skip(kid, 'secret key');
  if (use !== undefined && use !== 'sig') return skip(kid, 'use is not sig');
  if (ops !== undefined && !(Array.isArray(ops) && ops.includes('verify'))) {
    return skip(kid, 'key_ops without verify');
  }
  const fitting = FITTING.get(members.includes('crv') ? `${kty} ${crv}` : `${kty}`) ?? [];
  const taken = fitting.filter(
    (each) => algorithms.includes(each) && (alg === undefined || alg === each),
  );
  if (taken.length === 0) return skip(kid, 'no algorithm of ours');
  const material = Object.fromEntries(members.map((name) => [name, jwk[name]]));
  const named = { ...(kid !== undefined && { kid }), ...(alg !== undefined && { alg }) };
  try {
    const thumbprint = await calculateJwkThumbprint({ ...material, kty: kty as string });
    const given = materialOf({ kty, ...material } as JwkMaterial, thumbprint);
    const made = await Promise.allSettled(taken.map((each) => imported.import(each, given)));
    const keys = made.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
    if (keys.length > 0) return { jwk: { kty, ...named, ...material }, kid, keys };
    const [first] = made as [PromiseRejectedResult];
    return skip(kid, (first.reason as Error).message);
  } catch {
    return skip(kid, UNREADABLE);
  }
}

function materialOf(jwk: JwkMaterial, thumbprint: string): KeyMaterial {
  if (jwk.kty !== 'oct') return { kind: 'jwk', jwk, thumbprint };
  const bytes = Buffer.from(`${jwk.k}`, 'base64url');
  if (bytes.toString('base64url') !== jwk.k) throw new Error(UNREADABLE);
  return { kind: 'secret', bytes };
}

/** Each once: a set may repeat a key. */
function keysOf(usable: readonly Usable[]): readonly SetKey[] {
  const keys = usable.flatMap((each) => each.keys.map((key) => ({ kid: each.kid, key })));
  return keys.filter(
    ({ kid, key }, i) => keys.findIndex((other) => other.kid === kid && other.key === key) === i,
  );
}

function skip(kid: string | undefined, reason: string): SkippedKey {
  return { ...(kid !== undefined && LOGGABLE.test(kid) && { kid }), reason };
}

function why(skipped: readonly SkippedKey[]): string {
  const reasons = new Set(skipped.map(({ reason }) => reason));
  return reasons.size === 0 ? '' : `: ${[...reasons].join(', ')}`;
}
