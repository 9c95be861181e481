import type { Requirement, TokenVerifier } from '../../src/domain/claims.ts';

const knowsNobody: TokenVerifier = {
  peek: () => undefined,
  verify: () => ({ kind: 'fault', reason: 'invalid_token', detail: 'unknown' }),
};

/** What a route demands that demands a token and no more; x-user-id tells who brought it. */
export function fakeRequirement(override: Partial<Requirement> = {}): Requirement {
  return {
    name: 'defaults',
    verifier: knowsNobody,
    places: [{ kind: 'header', remove: false }],
    anonymous: false,
    outage: 'deny',
    scopes: [],
    audiences: [],
    identityHeaders: [
      { name: 'x-user-id', told: 0 },
      { name: 'x-auth-provider', told: 1 },
    ],
    metadata: [],
    ...override,
  };
}
