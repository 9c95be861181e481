import { describe, expect, it } from 'vitest';
import type { Claims, RevocationQuery } from '../../../src/domain/claims.ts';
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

describe('shareQueries', () => {
  const queries = (): RevocationQuery[] => [
    { scope: 'jti', id: 'a' },
    { scope: 'sub', id: 'issuer alice', issuedAt: 1 },
    { scope: 'kid', id: 'issuer k' },
    { scope: 'iss', id: 'issuer' },
  ];

  it('leaves queries as they are, and shares those about keys and issuers', () => {
    const shared = new SharedClaims();
    const [first, second] = [shared.shareQueries(queries()), shared.shareQueries(queries())];
    expect([first, second]).toEqual([queries(), queries()]);
    expect(second[2]).toBe(first[2]);
    expect(second[3]).toBe(first[3]);
    expect(second[0]).not.toBe(first[0]); // nobody else has it: the memory would be for nothing
  });

  it('shares the list where nothing in it is of one token alone', () => {
    const shared = new SharedClaims();
    const first = shared.shareQueries(queries().slice(2));
    expect(shared.shareQueries(queries().slice(2))).toBe(first);
    expect(shared.shareQueries(queries().slice(3))).toEqual(queries().slice(3));
    expect(shared.shareQueries([])).toBe(shared.shareQueries([]));
  });

  it('keeps apart what differs in the scope alone, or in where a list is cut', () => {
    const shared = new SharedClaims();
    const lists: RevocationQuery[][] = [
      [{ scope: 'iss', id: 'a' }],
      [{ scope: 'kid', id: 'a' }],
      [
        { scope: 'kid', id: 'a' },
        { scope: 'iss', id: 'a' },
      ],
      [{ scope: 'kid', id: 'a","iss a' }],
    ];
    for (const list of lists) expect(shared.shareQueries(list)).toEqual(list);
  });
});
