import { expect, it } from 'vitest';
import { type RevocationQuery, revocationScopes } from '../../../src/domain/claims.ts';
import { queryKey } from '../../../src/pipeline/query-key.ts';

const user = (id: string, issuedAt?: number): RevocationQuery => ({ scope: 'sub', id, issuedAt });

it('keeps scopes, ids, and for users the time of issue apart', () => {
  const queries = [
    ...revocationScopes.map((scope): RevocationQuery => ({ scope, id: 'a' })),
    ...[user('a', 0), user('a', 1), user('1:a'), user('a', 11), user('1:a', 1), user('b')],
  ];
  expect(new Set(queries.map(queryKey)).size).toBe(queries.length);
});

it('is the same for the same question, whatever else the token says', () => {
  expect(queryKey(user('a', 1))).toBe(queryKey(user('a', 1)));
  const session = { scope: 'sid', id: 'a' } as const;
  expect(queryKey({ ...session, issuedAt: 1 })).toBe(queryKey(session));
});
