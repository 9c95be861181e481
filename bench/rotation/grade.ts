import { type Answer, LOST } from '../chaos/grade.ts';
import { isPublished, type SigningKey } from './keys.ts';

/** What is asked about. */
export interface Token {
  /** `forged`: by a key that was never published. */
  readonly kind: 'good' | 'revoked' | 'forged';
  /** That it names; undefined: one that nobody has. */
  readonly key: SigningKey | undefined;
  /** The CheckRequest that Envoy would send with it. */
  readonly request: Buffer;
}

/**
 * What an answer is worth:
 *
 *     right         an allow of a good token, 403 for a revoked one, 401 for a forged one, or for any
 *                   whose key has left the set
 *     error         503 for a good or a revoked token: nobody is logged out
 *     undecided     503 for a forged one, or one whose key has left the set: as good as a denial
 *     late          an allow of a token whose key had left the set before it was sent
 *     wrong_allow   of a forged or a revoked one
 *     wrong_denial  401 or 403 for a good one, or a revoked one that is told something else
 *     lost          no answer in time
 *     broken        the call failed
 */
export type Grade =
  | 'right'
  | 'error'
  | 'undecided'
  | 'late'
  | 'wrong_allow'
  | 'wrong_denial'
  | typeof LOST
  | 'broken';

export function grade({ kind, key }: Token, sentAt: number, answer: Answer): Grade {
  const { at, reason, status } = answer;
  if (reason === LOST) return LOST;
  if (status === 0) return 'broken';
  if (kind === 'forged') {
    if (status === 503) return 'undecided';
    return status === 401 ? 'right' : 'wrong_allow';
  }
  const [published, stays] =
    key === undefined ? [false, false] : [isPublished(key, sentAt), isPublished(key, at)];
  if (status === 503) return published ? 'error' : 'undecided';
  if (status === 200) {
    if (kind === 'revoked') return 'wrong_allow';
    return published ? 'right' : 'late';
  }
  if (status === 401) return stays ? 'wrong_denial' : 'right';
  return kind === 'revoked' && reason === 'blacklisted' ? 'right' : 'wrong_denial';
}
