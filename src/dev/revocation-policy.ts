import type { PolicyIssuer } from '../config/policy/policy-file.ts';
import type { RevocationScope } from '../domain/claims.ts';

/** What the policy says of how the tokens of one issuer are revoked. */
export type RevocationPolicy = Pick<
  PolicyIssuer,
  'issuer' | 'revocation' | 'revokeBy' | 'clockSkewSec' | 'maxLifetimeSec'
>;

/** Those whose tokens are asked about by this scope: whatever else is revoked by it passes. */
export function askedBy(
  policies: readonly RevocationPolicy[],
  scope: RevocationScope,
): readonly RevocationPolicy[] {
  return policies.filter(({ revocation, revokeBy }) => {
    if (scope === 'jti') return revocation === 'jti';
    if (scope === 'sid' && revocation === 'sid') return true;
    return revokeBy.includes(scope === 'iss' ? 'issuer' : scope);
  });
}
