import type { Call } from '../domain/call.ts';
import { type Chained, ChainedTable } from '../domain/chained-table.ts';
import type { TokenVerifier, Unverified } from '../domain/claims.ts';

/** Calls that share one verification. */
export interface Group extends Chained<Group> {
  readonly verifier: TokenVerifier;
  readonly token: string;
  /** What was read of it. */
  readonly read: Unverified | undefined;
  /** When the first of them came. */
  readonly since: number;
  calls: Call[];
  /** Its turn has come: the verifier has it. */
  started: boolean;
}

const PLACES = 1024;
/** Of the signature's end, where tokens differ; the last one of all holds a few bits only. */
const HASHED_CHARS = 6;

/**
 * Groups by token and verifier. In a Map they all outlived the next collection, with their calls: that
 * was a fifth of the CPU of a check with a new token. Who sends tokens that differ, but for the end of
 * the signature, makes a chain as long as calls are open, which costs less than the signatures do.
 */
export class TokenGroups {
  readonly #table = new ChainedTable<Group>(PLACES);

  get size(): number {
    return this.#table.size;
  }

  /** What another verifier, of the policy before, has begun is none of this one's. */
  get(token: string, verifier: TokenVerifier): Group | undefined {
    let group = this.#table.first(hashOf(token));
    while (group !== undefined && (group.token !== token || group.verifier !== verifier)) {
      group = group.next;
    }
    return group;
  }

  add(group: Group): void {
    this.#table.add(hashOf(group.token), group);
  }

  /** Does nothing for a group that is not there. */
  delete(group: Group): void {
    this.#table.delete(hashOf(group.token), group);
  }

  /** `visit` may delete the group that it is given, and no other. */
  forEach(visit: (group: Group) => void): void {
    this.#table.forEach(visit);
  }
}

function hashOf(token: string): number {
  let hash = 0;
  for (let i = token.length - 1 - HASHED_CHARS; i < token.length - 1; i++) {
    hash = (Math.imul(hash, 31) + token.charCodeAt(i)) | 0;
  }
  return hash;
}
