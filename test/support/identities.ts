import type { Claims, Identity } from '../../src/domain/claims.ts';

/** An identity with these claims, which passes at any time a test is likely to have. */
export function fakeIdentity(override: Partial<Claims> = {}): Identity {
  const claims: Claims = {
    sub: 'user',
    jti: 'id',
    iss: 'iss',
    aud: ['aud'],
    exp: 4_000_000_000,
    nbf: undefined,
    iat: undefined,
    scopes: new Set(),
    boundTo: undefined,
    told: [override.sub ?? 'user', undefined],
    ...override,
  };
  return {
    kind: 'identity',
    claims,
    endsAt: claims.exp,
    revocation: [{ scope: 'jti', id: claims.jti ?? '' }],
    irrevocable: false,
    allowed: undefined,
    notRevokedAt: Number.NEGATIVE_INFINITY,
  };
}
