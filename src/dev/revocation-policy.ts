import type { PolicyIssuer } from '../config/policy/policy-file.ts';
import type { RevocationScope } from '../domain/claims.ts';

/** What the policy says of how the tokens of one issuer are revoked. */
export type RevocationPolicy = Pick<
  PolicyIssuer,
  'issuer' | 'revocation' | 'revokeBy' | 'clockSkewSec' | 'maxLifetimeSec'
>;

/** Whether its tokens are asked about by this scope: if not, they pass whatever is revoked by it. */
export function isAskedBy(
  { revocation, revokeBy }: RevocationPolicy,
  scope: RevocationScope,
): boolean {
  if (scope === 'jti') return revocation === 'jti';
  if (scope === 'sid' && revocation === 'sid') return true;
  return revokeBy.includes(scope === 'iss' ? 'issuer' : scope);
}
