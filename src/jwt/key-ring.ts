import type { Algorithm } from './algorithms.ts';
import type { SetKey } from './jwks.ts';
import {
  type KeySet,
  MAX_CANDIDATES,
  type Search,
  TOO_MANY,
  type TrustedKey,
  type Verdict,
} from './key-set.ts';

/** The keys for one algorithm. */
interface Shelf {
  readonly byKid: ReadonlyMap<string | undefined, readonly TrustedKey[]>;
  readonly all: readonly TrustedKey[];
}

const NONE: readonly TrustedKey[] = [];

/** The keys that an issuer has at the moment. A ring knows of no place to look for others. */
export class KeyRing implements KeySet {
  #keys: readonly TrustedKey[] = [];
  #shelves: ReadonlyMap<Algorithm, Shelf> = new Map();

  constructor(keys: readonly SetKey[] = []) {
    this.replace(keys);
  }

  get size(): number {
    return this.#keys.length;
  }

  /**
   * From now on these are the keys. One that was there, under the same kid, stays the very same
   * TrustedKey; of the others none is `current` any more. Returns whether anything has changed.
   */
  replace(keys: readonly SetKey[]): boolean {
    const before = this.#keys;
    this.#keys = keys.map(
      ({ kid, key }) =>
        before.find((old) => old.kid === kid && old.key === key) ?? { key, kid, current: true },
    );
    const kept = new Set(this.#keys);
    for (const old of before) if (!kept.has(old)) old.current = false;
    const byAlgorithm = Map.groupBy(this.#keys, ({ key }) => key.algorithm);
    this.#shelves = new Map(
      Array.from(byAlgorithm, ([algorithm, all]) => [
        algorithm,
        { all: tolerable(all), byKid: byKid(all) },
      ]),
    );
    return before.some((old) => !kept.has(old)) || before.length !== keys.length;
  }

  /**
   * A key without kid may have made any token's signature, but not one whose kid another key has. Of
   * a token without kid every key may be the one.
   */
  candidates(kid: string | undefined, algorithm: Algorithm): readonly TrustedKey[] {
    const shelf = this.#shelves.get(algorithm);
    if (shelf === undefined) return NONE;
    if (kid === undefined) return shelf.all;
    return shelf.byKid.get(kid) ?? shelf.byKid.get(undefined) ?? NONE;
  }

  search(): Search {
    return 'absent';
  }

  verdict(): Verdict {
    return 'absent';
  }
}

function byKid(keys: readonly TrustedKey[]): Shelf['byKid'] {
  const groups = Map.groupBy(keys, ({ kid }) => kid);
  return new Map(Array.from(groups, ([kid, group]) => [kid, tolerable(group)]));
}

function tolerable(keys: readonly TrustedKey[]): readonly TrustedKey[] {
  return keys.length <= MAX_CANDIDATES ? keys : TOO_MANY;
}
