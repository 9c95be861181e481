import type { RevocationQuery, RevocationScope } from '../../domain/claims.ts';
import type { Question } from './question.ts';

/**
 * The key that says that something is revoked. With the prefix `blacklist:` that of a token is
 * `blacklist:` and its jti, that of a session `blacklist-sid:` and its sid, and so on: no jti, whatever
 * it holds, has a key that begins so. Throws where the prefix leaves no room for that.
 */
export function keyOf(
  { scope, id }: Pick<RevocationQuery, 'scope' | 'id'>,
  prefix: string,
): string {
  if (scope === 'jti') return prefix + id;
  if (!takesScopes(prefix)) {
    throw new Error(
      `REVOCATION_KEY_PREFIX cannot be ${JSON.stringify(prefix)} where more is revoked than single ` +
        'tokens; it must end in ":"',
    );
  }
  return `${prefix.slice(0, -1)}-${scope}:${id}`;
}

/** Whether keys of other scopes than `jti` can be told from its own under this prefix. */
export function takesScopes(prefix: string): boolean {
  return prefix.endsWith(':');
}

/** Whether there is a key; of a user, whose key has a cut-off, what it holds. */
export function questionOf(query: Pick<RevocationQuery, 'scope' | 'id'>, prefix: string): Question {
  const key = keyOf(query, prefix);
  return query.scope === 'sub' ? { get: key } : { exists: [key] };
}

/** What shows that whoever asks has the rights that it takes to ask about these scopes. */
export function probesOf(scopes: readonly RevocationScope[], prefix: string): readonly Question[] {
  return scopes.map((scope) => questionOf({ scope, id: 'sluice-probe' }, prefix));
}
