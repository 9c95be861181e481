import type { RevocationQuery, RevocationScope } from '../domain/claims.ts';

/** What is put on the denylist: all of an id, or what a user was given up to a cut-off. */
export type Revocation =
  | { readonly scope: Exclude<RevocationScope, 'sub'>; readonly id: string }
  /** `cutOff`: epoch seconds. */
  | { readonly scope: 'sub'; readonly id: string; readonly cutOff: number };

/**
 * Whether a token is revoked by a cut-off, in epoch seconds: one that was issued then or before is,
 * and so is one that does not say when it was.
 */
export function isCutOff({ issuedAt }: RevocationQuery, cutOff: number): boolean {
  return !(issuedAt !== undefined && issuedAt > cutOff);
}
