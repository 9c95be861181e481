import type { RevocationQuery } from '../domain/claims.ts';

/** Queries with equal keys have the same answer; about a user that depends on when the token is from. */
export function queryKey({ scope, id, issuedAt }: RevocationQuery): string {
  return scope === 'sub' ? `sub:${issuedAt}:${id}` : `${scope}:${id}`;
}
