import type { Fault, Identity, TokenVerifier, Unverified } from '../../src/domain/claims.ts';

/** As the pipeline asks: once more, in its turn, about what had to wait for its key. */
export async function verified(
  verifier: TokenVerifier,
  token: string,
  read?: Unverified,
): Promise<Identity | Fault> {
  const outcome = await verifier.verify(token, read);
  return outcome.kind === 'unverified' ? verified(verifier, token, outcome) : outcome;
}
