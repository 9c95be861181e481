import { describe, expect, it } from 'vitest';
import { type Answer, grade, LOST, STRICT } from '../../../../bench/chaos/grade.ts';
import type { Token } from '../../../../bench/chaos/population.ts';

const NEVER = Number.POSITIVE_INFINITY;

function token(override: Partial<Token> = {}): Token {
  const never = { revokingAt: NEVER, revokedAt: NEVER, forgettingAt: NEVER, forgottenAt: NEVER };
  return { jti: 'a', request: Buffer.alloc(0), ...never, seenRevokedAt: NEVER, ...override };
}

/** Of an answer at 110 to what was asked at 100. */
const answer = (status: number, reason: string): Answer => ({ at: 110, status, reason });
const allowed = answer(200, 'success');
const revoked = answer(403, 'blacklisted');

const good = token();
const revokedBefore = token({ revokingAt: 80, revokedAt: 90 });
const revokedMeanwhile = token({ revokingAt: 90, revokedAt: 105 });
const forgotten = token({ revokingAt: 10, revokedAt: 20, forgettingAt: 50, forgottenAt: 60 });
const beingForgotten = token({ revokingAt: 10, revokedAt: 20, forgettingAt: 90, forgottenAt: 105 });

describe('grade', () => {
  it.each([
    ['an allow of a good token', good, allowed, 'right'],
    ['an allow of a revoked one', revokedBefore, allowed, 'false_allow'],
    ['an allow of one that is revoked meanwhile', revokedMeanwhile, allowed, 'right'],
    ['an allow of one that is forgotten', forgotten, allowed, 'right'],
    ['an allow of one that is forgotten meanwhile', beingForgotten, allowed, 'right'],
    ['a denial of a good one', good, revoked, 'wronged'],
    ['a denial of a revoked one', revokedBefore, revoked, 'right'],
    ['a denial of one that is revoked meanwhile', revokedMeanwhile, revoked, 'right'],
    ['a denial of one that is forgotten', forgotten, revoked, 'wronged'],
    ['a denial of one that is forgotten meanwhile', beingForgotten, revoked, 'right'],
    ['401 for a good one', good, answer(401, 'invalid_token'), 'wronged'],
    ['401 for a revoked one', revokedBefore, answer(401, 'invalid_token'), 'wronged'],
    ['503', good, answer(503, 'redis_error'), 'error'],
    ['a call that failed', good, answer(0, 'UNAVAILABLE'), 'broken'],
    ['no answer in time', good, answer(0, LOST), 'lost'],
    ['a pass without a verdict', revokedBefore, answer(200, 'unchecked'), 'false_allow'],
  ])('%s', (_, asked, given, expected) => {
    expect(grade(asked, 100, given, STRICT)).toBe(expected);
  });

  it.each([
    ['while the verdict is young', {}, 10, 'stale_verdict', 'excused'],
    ['after that', {}, 9, 'stale_verdict', 'false_allow'],
    ['whatever its age', {}, NEVER, 'unchecked', 'excused'],
    ['but not with a verdict', {}, NEVER, 'success', 'false_allow'],
    ['but not once seen revoked', { seenRevokedAt: 95 }, NEVER, 'unchecked', 'false_allow'],
  ])('OUTAGE_POLICY lets pass %s', (_, seen, staleMs, reason, expected) => {
    const asked = { ...revokedBefore, ...seen };
    expect(grade(asked, 100, answer(200, reason), { staleMs })).toBe(expected);
  });
});
