import type { Algorithm } from './algorithms.ts';
import type { VerificationKey } from './signature.ts';

/** A key that an issuer has, or had: what it signed is worth nothing once it is not `current`. */
export interface TrustedKey {
  readonly key: VerificationKey;
  /** Key ID (RFC 7517, section 4.5); undefined: it may have made any token's signature. */
  readonly kid: string | undefined;
  current: boolean;
}

/** `found`: look again; `absent`: the issuer has no such key; `unavailable`: that cannot be known now. */
export type Search = 'found' | 'absent' | 'unavailable';

/** What there is to say of a key that is not there, while nobody is asked. */
export type Verdict = Exclude<Search, 'found'>;

/** The keys of an issuer. */
export interface KeySet {
  /** Those that may have made a signature; where they are more than MAX_CANDIDATES, TOO_MANY. */
  candidates(kid: string | undefined, algorithm: Algorithm): readonly TrustedKey[];
  /**
   * What has become of a key that is not there. `issuedAt`: of the token, in epoch seconds; undefined =
   * just now. Asks the issuer, if it may have keys that are newer than the token; never rejects.
   */
  search(
    kid: string | undefined,
    algorithm: Algorithm,
    issuedAt: number | undefined,
  ): Search | Promise<Search>;
  /** The same as far as it can be said at once and for nothing; undefined: it takes a search. */
  verdict(issuedAt: number | undefined): Verdict | undefined;
}

/** Signatures that are tried for a token that does not say by which key it is: each takes its time. */
export const MAX_CANDIDATES = 4;
/** In place of more: trying each would cost whoever sends such a token nothing, and us much. */
export const TOO_MANY: readonly TrustedKey[] = Object.freeze([]);

/** Keys that are told once and for all, such as the two of a rotation. */
export class StaticKeySet implements KeySet {
  readonly #keys: readonly TrustedKey[];

  constructor(keys: readonly VerificationKey[]) {
    this.#keys = keys.map((key) => ({ key, kid: undefined, current: true }));
  }

  candidates(_kid: string | undefined, algorithm: Algorithm): readonly TrustedKey[] {
    return this.#keys.every(({ key }) => key.algorithm === algorithm)
      ? this.#keys
      : this.#keys.filter(({ key }) => key.algorithm === algorithm);
  }

  search(): Search {
    return 'absent';
  }

  verdict(): Verdict {
    return 'absent';
  }
}
