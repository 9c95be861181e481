import { describe, expect, it } from 'vitest';
import { parsePolicyText } from '../../src/config/policy/load.ts';
import type { Requirement } from '../../src/domain/claims.ts';
import { TokenCache } from '../../src/jwt/token-cache.ts';
import { KeySets } from '../../src/key-sets.ts';
import { createPolicy } from '../../src/policies.ts';
import { type FakeCallOptions, fakeCheck } from '../support/calls.ts';
import { RecordingLogger } from '../support/logger.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { claims, SECRET, signed } from '../support/tokens.ts';
import { verified } from '../support/verified.ts';

const ISSUER = 'https://issuer.example';

async function policyOf(more: string, issuer = '', revocationMarginSec = 0) {
  const clock = new ManualClock();
  const text = `version: 1
issuers:
  - issuer: ${ISSUER}
    keys: { secret_env: TOKEN_SECRET }
    algorithms: [HS256]
    audiences: [api]
${issuer}
${more}`;
  const file = await parsePolicyText(text, '/policy.yaml', { TOKEN_SECRET: SECRET });
  const tokens = new TokenCache({ maxEntries: 100, maxBytes: 1 << 20 });
  const keySets = new KeySets(clock, new RecordingLogger());
  const policy = await createPolicy(file, { keySets, tokens, clock, revocationMarginSec });
  const requirementOf = (request: FakeCallOptions) =>
    policy.resolve(fakeCheck(request)) as Requirement;
  const verify = (override: object, header: object = { alg: 'HS256' }) =>
    verified(
      requirementOf({}).verifier,
      signed(claims(clock.epochSeconds(), { ...override }), { header: { ...header } }),
    );
  return { policy, requirementOf, verify, clock };
}

const ROUTES = `defaults:
  headers: { x-user-id: sub }
  required_scopes: [read]
policies:
  admins: { required_scopes: [admin], headers: { x-admin: sub, x-user-id: email } }
routes:
  - { path_prefix: /admin, policy: admins, methods: [GET] }
  - { path: /open, anonymous: allow, outage: stale, metadata: [sub, jti_hash] }
  - { path_prefix: /tenant, host: "*.example.com", audiences: [tenant], headers: { x-tenant: org.id } }
`;

describe('what a policy demands', () => {
  it('is what its rule says, and says where that stands', async () => {
    const { requirementOf } = await policyOf(ROUTES);
    expect(requirementOf({ path: '/other' })).toMatchObject({
      ...{ name: 'defaults', scopes: ['read'], audiences: [], anonymous: false, outage: 'deny' },
      places: [{ kind: 'header', remove: false }],
    });
    expect(requirementOf({ path: '/admin/x' })).toMatchObject({
      ...{ name: 'routes[0]', scopes: ['admin'] },
    });
    expect(requirementOf({ path: '/admin', method: 'POST' }).name).toBe('defaults');
    expect(requirementOf({ path: '/open' })).toMatchObject({
      ...{ name: 'routes[1]', anonymous: true, outage: 'stale', scopes: ['read'] },
    });
    expect(requirementOf({ path: '/tenant', host: 'a.example.com:8080' }).name).toBe('routes[2]');
    expect(requirementOf({ path: '/tenant', host: 'example.com' }).name).toBe('defaults');
    const extensions = { 'sluice.policy': 'admins' };
    expect(requirementOf({ path: '/other', extensions })).toMatchObject({
      ...{ name: 'policies.admins', scopes: ['admin'] },
    });
  });

  it('is one object for a rule, so that allows are kept', async () => {
    const { requirementOf } = await policyOf(ROUTES);
    expect(requirementOf({ path: '/admin/a' })).toBe(requirementOf({ path: '/admin/b' }));
  });

  it('removes the headers that other rules set', async () => {
    const { requirementOf } = await policyOf(ROUTES);
    const headers = (path: string) =>
      requirementOf({ path, host: 'a.example.com' }).identityHeaders;
    const names = ['x-admin', 'x-tenant', 'x-user-id'];
    for (const path of ['/other', '/admin', '/tenant']) {
      expect(headers(path).map(({ name }) => name)).toEqual(names);
    }
    const set = (path: string) =>
      headers(path).flatMap(({ name, told }) => (told < 0 ? [] : [name]));
    expect(set('/other')).toEqual(['x-user-id']);
    expect(set('/admin')).toEqual(['x-admin', 'x-user-id']);
    expect(set('/tenant')).toEqual(['x-tenant']);
  });

  it('reads a claim once, however many rules tell it', async () => {
    const { requirementOf, verify } = await policyOf(ROUTES);
    const identity = await verify({ sub: 'alice', email: 'a@b.c', org: { id: 7 }, jti: 'a' });
    if (identity.kind !== 'identity') throw new Error(identity.detail);
    const { told } = identity.claims;
    const toldAt = (path: string, name: string) => {
      const { identityHeaders, metadata } = requirementOf({ path, host: 'a.example.com' });
      return told[[...identityHeaders, ...metadata].find((it) => it.name === name)?.told ?? -1];
    };
    expect(toldAt('/other', 'x-user-id')).toBe('alice');
    expect(toldAt('/admin', 'x-admin')).toBe('alice');
    expect(toldAt('/admin', 'x-user-id')).toBe('a@b.c');
    expect(toldAt('/tenant', 'x-tenant')).toBe('7');
    expect(toldAt('/open', 'sub')).toBe('alice');
    expect(toldAt('/open', 'jti_hash')).toBe('ypeBEsobvcr6wjGzmiPcTaeG7_gUfE5yuYB3ha_uSLs');
    expect(told).toHaveLength(5);
  });
});

describe('the issuer of a policy', () => {
  it.each<[string, object, object, string]>([
    ['', {}, { alg: 'HS256', typ: 'at+jwt' }, 'identity'],
    ['', {}, { alg: 'HS256', typ: 'application/AT+JWT' }, 'identity'],
    ['', {}, { alg: 'HS256', typ: 'dpop+jwt' }, 'header_typ'],
    ['    token_types: [secevent+jwt]', {}, { alg: 'HS256', typ: 'secevent+jwt' }, 'identity'],
    ['    token_types: [secevent+jwt]', {}, { alg: 'HS256', typ: 'JWT' }, 'header_typ'],
    ['', { aud: 'web' }, { alg: 'HS256' }, 'claim_aud'],
    ['    audience_claim: client_id', { client_id: 'api' }, { alg: 'HS256' }, 'identity'],
    ['    audience_claim: client_id', {}, { alg: 'HS256' }, 'claim_aud'],
    ['', { jti: undefined }, { alg: 'HS256' }, 'claim_jti'],
    ['    revocation: none', { jti: undefined }, { alg: 'HS256' }, 'identity'],
    ['    revocation: sid', {}, { alg: 'HS256' }, 'claim_sid'],
    ['    max_lifetime_sec: 60', {}, { alg: 'HS256' }, 'claim_lifetime'],
    ['    certificate_bound: required', {}, { alg: 'HS256' }, 'claim_cnf'],
  ])('%j says what becomes of %j', async (issuer, override, header, expected) => {
    const { verify } = await policyOf('', issuer);
    const outcome = await verify(override, header);
    expect(outcome.kind === 'fault' ? outcome.detail : outcome.kind).toBe(expected);
  });

  it('says by what is asked', async () => {
    const { policy, verify } = await policyOf('', '    revoke_by: [sub, issuer]');
    expect(policy.scopes).toEqual(['sub', 'iss']);
    const identity = await verify({ sub: 'alice', jti: 'a' });
    expect(identity).toMatchObject({
      revocation: [
        { scope: 'jti', id: 'a' },
        { scope: 'sub', id: `${ISSUER} alice` },
        { scope: 'iss', id: ISSUER },
      ],
    });
  });

  it('lets a token outlive exp as far as revocations are kept, and no further', async () => {
    const late = { exp: new ManualClock().epochSeconds() - 3 };
    const [strict, lenient] = await Promise.all([policyOf(''), policyOf('', '', 60)]);
    expect((await strict.verify(late)).kind).toBe('fault');
    expect((await lenient.verify(late)).kind).toBe('identity');
  });
});
