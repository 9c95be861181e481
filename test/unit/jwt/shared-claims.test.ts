import { expect, it } from 'vitest';
import type { Claims } from '../../../src/domain/claims.ts';
import { SharedClaims } from '../../../src/jwt/shared-claims.ts';

const CLAIMS: Claims = {
  sub: 'alice',
  jti: '1',
  iss: 'issuer',
  aud: ['api'],
  exp: 2,
  nbf: undefined,
  iat: 1,
  scopes: new Set(['read', 'write']),
  boundTo: undefined,
  told: ['alice', 'corporate'],
};

const like = (override: Partial<Claims>): Claims => ({
  ...CLAIMS,
  aud: [...CLAIMS.aud],
  scopes: new Set(CLAIMS.scopes),
  ...override,
});

it('leaves claims as they are', () => {
  const shared = new SharedClaims();
  for (const claims of [CLAIMS, like({ scopes: new Set() }), like({ aud: ['a', 'b'] })]) {
    expect(shared.share(claims)).toEqual(claims);
  }
});

it('gives tokens that say the same the same objects, and nothing else of one another', () => {
  const shared = new SharedClaims();
  const first = shared.share(CLAIMS);
  const second = shared.share(like({ sub: 'bob', jti: '2' }));
  expect(second.scopes).toBe(first.scopes);
  expect(second.aud).toBe(first.aud);
  expect(second).toMatchObject({ sub: 'bob', jti: '2' });
});

it.each<[name: string, first: Partial<Claims>, second: Partial<Claims>]>([
  ['scopes', { scopes: new Set(['read']) }, { scopes: new Set(['read', 'write']) }],
  ['no scopes and some', { scopes: new Set() }, { scopes: new Set(['read']) }],
  ['audiences', { aud: ['a', 'b'] }, { aud: ['a,b'] }],
  ['audiences with quotes', { aud: ['a","b'] }, { aud: ['a', 'b'] }],
])('keeps different %s apart', (_, first, second) => {
  const shared = new SharedClaims();
  shared.share(like(first));
  expect(shared.share(like(second))).toEqual(like(second));
});
