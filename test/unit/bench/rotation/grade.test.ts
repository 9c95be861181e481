import { describe, expect, it } from 'vitest';
import { type Answer, LOST } from '../../../../bench/chaos/grade.ts';
import { grade, type Token } from '../../../../bench/rotation/grade.ts';
import type { SigningKey } from '../../../../bench/rotation/keys.ts';

const NEVER = Number.POSITIVE_INFINITY;

/** Of an answer at 110 to what was asked at 100. */
const answer = (status: number, reason = ''): Answer => ({ at: 110, status, reason });
const allowed = answer(200, 'success');
const revoked = answer(403, 'blacklisted');
const invalid = answer(401, 'invalid_token');
const unavailable = answer(503, 'keys_unavailable');

function token(kind: Token['kind'], publishedAt: number, withdrawnAt = NEVER): Token {
  const key = { kid: 'a', publishedAt, withdrawnAt } as SigningKey;
  return { kind, key, request: Buffer.alloc(0) };
}

const good = token('good', 50);
const revokedOne = token('revoked', 50);
const forged = token('forged', 50);
const withdrawn = token('good', 50, 90);
const beingWithdrawn = token('good', 50, 105);

describe('grade of an answer about a key', () => {
  it.each([
    ['an allow of a good token', good, allowed, 'right'],
    ['401 for it', good, invalid, 'wrong_denial'],
    ['403 for it', good, revoked, 'wrong_denial'],
    ['503 for it', good, unavailable, 'error'],
    ['no answer in time', good, answer(0, LOST), 'lost'],
    ['a call that failed', good, answer(0, 'UNAVAILABLE'), 'broken'],
    ['an allow of a revoked token', revokedOne, allowed, 'wrong_allow'],
    ['403 for it', revokedOne, revoked, 'right'],
    ['another 403 for it', revokedOne, answer(403, 'insufficient_scope'), 'wrong_denial'],
    ['401 for it', revokedOne, invalid, 'wrong_denial'],
    ['503 for it', revokedOne, unavailable, 'error'],
    ['an allow of a forged token', forged, allowed, 'wrong_allow'],
    ['401 for it', forged, invalid, 'right'],
    ['503 for it', forged, unavailable, 'undecided'],
    ['an allow after its key has left the set', withdrawn, allowed, 'late'],
    ['401 then', withdrawn, invalid, 'right'],
    ['503 then', withdrawn, unavailable, 'undecided'],
    ['an allow while its key leaves', beingWithdrawn, allowed, 'right'],
    ['401 while its key leaves', beingWithdrawn, invalid, 'right'],
    ['401 by a key of which nobody knows', { ...forged, key: undefined }, invalid, 'right'],
    ['an allow by a key that is not published', token('good', NEVER), allowed, 'late'],
  ] as const)('%s', (_, asked, given, expected) => {
    expect(grade(asked, 100, given)).toBe(expected);
  });
});
