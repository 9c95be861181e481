import type { Call } from '../domain/call.ts';
import { type Chained, ChainedTable } from '../domain/chained-table.ts';
import type { TokenVerifier, Unverified } from '../domain/claims.ts';

/** Calls that share one verification. */
export interface Group extends Chained<Group> {
  readonly verifier: TokenVerifier;
  readonly token: string;
  /** What was read of it. */
  read: Unverified | undefined;
  /** When the first of them came, or their key did. */
  since: number;
  calls: Call[];
  /** Its turn has come: the verifier has it. */
  started: boolean;
}

const PLACES = 1024;
/** Odd, and unknown to those who send tokens: they could make one long chain of theirs. */
const FACTOR = (Math.random() * 2 ** 32) | 1;

/**
 * All of the token: whoever forges one can have its signature, or all but its signature, as he likes.
 * What is shifted makes it no polynomial of the factor: of those there are words that meet for every one.
 */
export function hashOf(token: string): number {
  let hash = 0;
  for (let i = 0; i < token.length; i++) {
    hash = Math.imul(hash ^ token.charCodeAt(i), FACTOR);
    hash ^= hash >>> 15;
  }
  return hash;
}

/**
 * Groups by token and verifier. In a Map they all outlived the next collection, with their calls: that
 * was 28 of the 70 us of a check with a new token.
 */
export class TokenGroups extends ChainedTable<Group> {
  constructor() {
    super(PLACES);
  }

  /** What another verifier, of the policy before, has begun is none of this one's. */
  get(hash: number, token: string, verifier: TokenVerifier): Group | undefined {
    let group = this.first(hash);
    while (group !== undefined && (group.token !== token || group.verifier !== verifier)) {
      group = group.next;
    }
    return group;
  }
}
