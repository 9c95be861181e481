import type { Token } from './population.ts';

/** What came back, and when; performance.now(). */
export interface Answer {
  readonly at: number;
  /** The reason that Sluice gave; or that there is none: lost, or a failed call. */
  readonly reason: string;
  /** What the downstream sees: 200 is an allow, and 0 no answer at all. */
  readonly status: number;
}

export const LOST = 'lost';

/**
 * What an answer is worth:
 *
 *     right        an allow of a good token, a denial of a revoked one; either, while it is revoked
 *     excused      an allow without a verdict, where OUTAGE_POLICY lets it pass
 *     error        503: nobody is let in and nobody is logged out
 *     false_allow  of a token whose revocation had been acknowledged before it was asked about
 *     wronged      401 or 403 for a good token, or a revoked one that is told something else
 *     lost         no answer in time
 *     broken       the call failed
 */
export type Grade =
  | 'right'
  | 'excused'
  | 'error'
  | 'false_allow'
  | 'wronged'
  | typeof LOST
  | 'broken';

/** How long after its last verdict a token may pass without one; 0: never, infinite: as long as it lasts. */
export interface Leniency {
  readonly staleMs: number;
}

export const STRICT: Leniency = { staleMs: 0 };

export function grade(token: Token, sentAt: number, answer: Answer, leniency: Leniency): Grade {
  const { at, reason, status } = answer;
  if (reason === LOST) return LOST;
  if (status === 0) return 'broken';
  if (status === 503) return 'error';
  if (status === 200) {
    if (!mustBeDenied(token, sentAt, at)) return 'right';
    return isExcused(token, sentAt, reason, leniency) ? 'excused' : 'false_allow';
  }
  return reason === 'blacklisted' && mayBeDenied(token, sentAt, at) ? 'right' : 'wronged';
}

function mustBeDenied(token: Token, sentAt: number, answeredAt: number): boolean {
  return sentAt >= token.revokedAt && answeredAt < token.forgettingAt;
}

function mayBeDenied(token: Token, sentAt: number, answeredAt: number): boolean {
  return answeredAt >= token.revokingAt && sentAt < token.forgottenAt;
}

/** No policy lets a token pass that Sluice itself has seen revoked. */
function isExcused(token: Token, sentAt: number, reason: string, { staleMs }: Leniency): boolean {
  if (sentAt >= token.seenRevokedAt) return false;
  const isLate = sentAt - token.revokedAt > staleMs;
  return (reason === 'stale_verdict' || reason === 'unchecked') && !isLate;
}
