import { describe, expect, it } from 'vitest';
import { ISSUER, issuer, parse } from './policies.ts';

const HEADERS = [
  { name: 'x-user-id', claim: ['sub'], encode: 'refuse', separator: ',' },
  { name: 'x-auth-provider', claim: ['provider'], encode: 'refuse', separator: ',' },
];
const RULES = {
  requiredScopes: [],
  audiences: [],
  anonymous: 'deny',
  outage: 'deny',
  headers: HEADERS,
  metadata: [],
};

describe('a policy', () => {
  it('has its defaults where nothing is said', async () => {
    expect(await parse(ISSUER)).toEqual({
      issuers: [
        {
          issuer: 'https://login.example',
          keys: { kind: 'discovery', allowHttp: false, cacheFile: undefined, staleMaxSec: 86_400 },
          algorithms: ['RS256'],
          audiences: ['api'],
          audienceClaim: 'aud',
          tokenTypes: ['jwt', 'at+jwt'],
          clockSkewSec: 5,
          maxLifetimeSec: 0,
          revocation: 'jti',
          revokeBy: [],
          certificateBound: 'off',
          keysAt: 'p.yaml:4:11: issuers[0].keys: ',
        },
      ],
      tokens: [{ kind: 'header', name: 'authorization', remove: false }],
      defaults: RULES,
      policies: new Map(),
      routes: [],
      headerNames: ['x-auth-provider', 'x-user-id'],
    });
  });

  it('has what is said of an issuer', async () => {
    const text = `${issuer('{ jwks_url: "http://keys.example/a?b", allow_http: true, stale_max_sec: 60 }')}
    audience_claim: client_id
    token_types: [application/AT+JWT, at+jwt, JWT]
    clock_skew_sec: 0
    max_lifetime_sec: 1000000000
    revocation: none
    revoke_by: [sid, sub, kid, issuer]
    certificate_bound: if_present
`;
    expect((await parse(text)).issuers[0]).toMatchObject({
      keys: {
        kind: 'jwks_url',
        url: 'http://keys.example/a?b',
        allowHttp: true,
        staleMaxSec: 60,
      },
      audiences: 'any',
      audienceClaim: 'client_id',
      tokenTypes: ['at+jwt', 'jwt'],
      clockSkewSec: 0,
      maxLifetimeSec: 1_000_000_000,
      revocation: 'none',
      revokeBy: ['sid', 'sub', 'kid', 'issuer'],
      certificateBound: 'if_present',
    });
  });

  it.each([
    [
      '{ jwks: { keys: [{ kty: RSA, n: a, x5c: [b] }], more: 1 } }',
      '[RS256, EdDSA]',
      { kind: 'jwks', jwks: { keys: [{ kty: 'RSA', n: 'a', x5c: ['b'] }], more: 1 } },
    ],
    ['{ jwks_file: /dev/null }', '[HS256, HS512]', { kind: 'jwks_file', file: '/dev/null' }],
    ['{ public_key_file: /dev/null }', '[ES256]', { kind: 'public_key_file', file: '/dev/null' }],
  ])('has keys from %s', async (keys, algorithms, expected) => {
    expect((await parse(issuer(keys, algorithms))).issuers[0]?.keys).toEqual(expected);
  });

  it('takes tokens out of what is sent on, but for the header', async () => {
    const text = `${ISSUER}tokens:
  - { cookie: session }
  - { query: access_token, remove: false }
  - { header: authorization }
`;
    expect((await parse(text)).tokens).toEqual([
      { kind: 'cookie', name: 'session', remove: true },
      { kind: 'query', name: 'access_token', remove: false },
      { kind: 'header', name: 'authorization', remove: false },
    ]);
  });

  it('lets a route say more than its policy, and that more than the defaults, field by field', async () => {
    const text = `${ISSUER}defaults: { required_scopes: [a], outage: stale, metadata: [sub] }
policies:
  p: { required_scopes: [], audiences: [x], anonymous: allow }
  q: { headers: { x-q: q } }
routes:
  - { path: /1 }
  - { path: /2, policy: p }
  - { path: /3, policy: p, anonymous: deny, metadata: [] }
  - { path: /4, policy: q, headers: { x-r: a.b } }
`;
    const { defaults, policies, routes, headerNames } = await parse(text);
    const below = { ...RULES, requiredScopes: ['a'], outage: 'stale', metadata: ['sub'] };
    const p = { ...below, requiredScopes: [], audiences: ['x'], anonymous: 'allow' };
    const header = (name: string, ...claim: string[]) => ({ ...HEADERS[0], name, claim });
    expect(defaults).toEqual(below);
    expect(policies).toEqual(
      new Map<string, unknown>([
        ['p', p],
        ['q', { ...below, headers: [header('x-q', 'q')] }],
      ]),
    );
    expect(routes.map(({ rules }) => rules)).toEqual([
      below,
      p,
      { ...p, anonymous: 'deny', metadata: [] },
      { ...below, headers: [header('x-r', 'a', 'b')] },
    ]);
    expect(headerNames).toEqual(['x-auth-provider', 'x-q', 'x-r', 'x-user-id']);
  });

  it('has headers of one claim or of one in others', async () => {
    const text = `${ISSUER}defaults:
  headers:
    x-a: realm_access.roles
    x-b: { claim: a.b, encode: percent, separator: " " }
    x-c: { claim: [kubernetes.io, pod.name] }
`;
    expect((await parse(text)).defaults.headers).toEqual([
      { name: 'x-a', claim: ['realm_access', 'roles'], encode: 'refuse', separator: ',' },
      { name: 'x-b', claim: ['a', 'b'], encode: 'percent', separator: ' ' },
      { name: 'x-c', claim: ['kubernetes.io', 'pod.name'], encode: 'refuse', separator: ',' },
    ]);
  });

  it('has routes by method, host and path', async () => {
    const text = `${ISSUER}routes:
  - { path: /, methods: [GET, M-SEARCH] }
  - { path: /, host: a.example }
  - { path: /a/, host: 10.0.0.1 }
  - { path_prefix: /, host: "*.b.example" }
  - { path_prefix: "/a/b.c/~d/@e:f" }
  - { path_template: "/users/{id}/posts" }
  - { path_template: "/files/{name}/**" }
  - { path_template: "/**" }
`;
    const { routes } = await parse(text);
    expect(routes.map(({ methods, host, path }) => ({ methods, host, path }))).toEqual([
      { methods: ['GET', 'M-SEARCH'], host: undefined, path: { kind: 'exact', value: '/' } },
      {
        methods: undefined,
        host: { kind: 'exact', value: 'a.example' },
        path: { kind: 'exact', value: '/' },
      },
      {
        methods: undefined,
        host: { kind: 'exact', value: '10.0.0.1' },
        path: { kind: 'exact', value: '/a/' },
      },
      {
        methods: undefined,
        host: { kind: 'suffix', value: '.b.example' },
        path: { kind: 'prefix', value: '/' },
      },
      { methods: undefined, host: undefined, path: { kind: 'prefix', value: '/a/b.c/~d/@e:f' } },
      {
        methods: undefined,
        host: undefined,
        path: { kind: 'template', value: '/users/{id}/posts' },
      },
      {
        methods: undefined,
        host: undefined,
        path: { kind: 'template', value: '/files/{name}/**' },
      },
      { methods: undefined, host: undefined, path: { kind: 'template', value: '/**' } },
    ]);
  });

  it('lets everybody in where that is said twice', async () => {
    const text = `${ISSUER}defaults: { anonymous: allow }\nallow_unverified: true\n`;
    expect((await parse(text)).defaults.anonymous).toBe('allow');
  });

  it('lets routes stand below others that take only some of it', async () => {
    const text = `${ISSUER}routes:
  - { path: /a, methods: [GET] }
  - { path: /a, methods: [GET, PUT] }
  - { path: /a }
  - { path: /a, host: a.example }
  - { path_prefix: /a }
  - { path_template: /a }
`;
    expect((await parse(text)).routes).toHaveLength(6);
  });
});
