import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { all, swap } from '../support/envoy-edits.ts';
import { type HttpQuestion, http } from '../support/http.ts';
import { runSluice } from '../support/sluice.ts';
import { bearer, type Stack, startStack } from '../support/stack.ts';
import { claims, SECRET, signed, signedBy } from '../support/tokens.ts';
import { missing } from '../support/tools.ts';
import { until } from '../support/until.ts';

/* A policy file, through a real Envoy: what the downstream and the upstream see of it. */

const NOW = Math.floor(Date.now() / 1000);
const OLD = 'https://old.example';
const NEW = 'https://new.example';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const policy = (more = '') => `version: 1
issuers:
  - issuer: ${OLD}
    keys: { secret_env: OLD_SECRET }
    algorithms: [HS256]
    audiences: [api]
    revoke_by: [sub]
  - issuer: ${NEW}
    keys:
      jwks:
        keys:
          - ${JSON.stringify({ ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES256' })}
    algorithms: [ES256]
    audiences: [api, admin]
    revocation: none
tokens:
  - header: authorization
  - cookie: session
  - query: access_token
defaults:
  headers: { x-user-id: sub, x-tenant: org.tenant, x-roles: { claim: roles, encode: percent } }
policies:
  admins: { required_scopes: [admin], audiences: [admin] }
routes:
  - { path_prefix: /public, anonymous: allow }
  - { path_prefix: /admin, policy: admins }
  - { path_template: "/users/{id}", methods: [DELETE], policy: admins }
${more}`;

const old = (override: object = {}) =>
  signed(claims(NOW, { iss: OLD, ...override }), { secret: SECRET });
const fresh = (override: object = {}, key: KeyObject = privateKey, kid = 'k1') =>
  signedBy('ES256', key, claims(NOW, { iss: NEW, jti: undefined, ...override }), {
    alg: 'ES256',
    kid,
  });

/** Paths arrive as they are sent: what Envoy would have mended or refused is ours to refuse. */
const unnormalised = all(
  swap('normalize_path: true', 'normalize_path: false'),
  swap('merge_slashes: true', 'merge_slashes: false'),
  swap('escaped_slashes_action: REJECT_REQUEST', 'escaped_slashes_action: KEEP_UNCHANGED'),
);

let stack: Stack;
let folder: string;

beforeAll(async () => {
  if (missing('envoy', 'valkey')) return;
  folder = await mkdtemp(join(tmpdir(), 'sluice-policy-'));
  await writeFile(join(folder, 'policy.yaml'), policy());
  stack = await startStack({
    settings: {
      ...{ AUTH_ISSUER: '', AUTH_AUDIENCE: '', AUTH_SECRET_KEY: '', OLD_SECRET: SECRET },
      AUTH_POLICY_FILE: join(folder, 'policy.yaml'),
    },
    edit: unnormalised,
  });
});
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

const ask = (path: string, question: HttpQuestion = {}) =>
  http(`${stack.envoy.url()}${path}`, question);

async function reasonOf(path: string, question: HttpQuestion = {}): Promise<string> {
  const answer = await ask(path, question);
  if (answer.status === 200) return 'allow';
  return `${answer.status} ${JSON.parse(answer.body).error}`;
}

/** What the upstream was sent, if it was. */
async function upstream(path: string, question: HttpQuestion) {
  const answer = await ask(path, question);
  expect(answer.status).toBe(200);
  return JSON.parse(answer.body) as { path: string; headers: Record<string, string> };
}

describe.skipIf(missing('envoy', 'valkey'))('a policy', () => {
  it('judges each token by its own issuer', async () => {
    expect(await reasonOf('/x', { headers: bearer(old()) })).toBe('allow');
    expect(await reasonOf('/x', { headers: bearer(fresh()) })).toBe('allow');
    const crossed = signed(claims(NOW, { iss: NEW }), { secret: SECRET });
    const invalid = '401 invalid_token';
    expect(await reasonOf('/x', { headers: bearer(crossed) })).toBe(invalid);
    expect(await reasonOf('/x', { headers: bearer(old({ jti: undefined })) })).toBe(invalid);
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    expect(await reasonOf('/x', { headers: bearer(fresh({}, stranger)) })).toBe(invalid);
    expect(await reasonOf('/x', { headers: bearer(fresh({}, privateKey, 'k2')) })).toBe(invalid);
  });

  it('tells the upstream what it says of claims, and nothing the downstream says', async () => {
    const token = fresh({ org: { tenant: 'acme' }, roles: ['a', 'ä'] });
    const spoofed = { 'x-user-id': 'admin', 'x-tenant': 'evil', 'x-roles': 'root' };
    const { headers } = await upstream('/x', { headers: { ...bearer(token), ...spoofed } });
    expect(headers).toMatchObject({
      'x-user-id': 'user-1',
      'x-tenant': 'acme',
      'x-roles': 'a,%C3%A4',
    });
    const plain = await upstream('/x', { headers: { ...bearer(old()), ...spoofed } });
    expect(plain.headers['x-user-id']).toBe('user-1');
    expect(plain.headers).not.toHaveProperty('x-tenant');
    expect(plain.headers).not.toHaveProperty('x-roles');
  });

  it('takes a token from a cookie, and keeps it from the upstream', async () => {
    const cookie = `a=1; session=${fresh()}; b="2,3"`;
    const { headers } = await upstream('/x', { headers: { cookie } });
    expect(headers.cookie).toBe('a=1; b="2,3"');
    const alone = await upstream('/x', { headers: { cookie: `session=${fresh()}` } });
    expect(alone.headers).not.toHaveProperty('cookie');
  });

  it('takes a token from the query, and keeps it from the upstream', async () => {
    const { path } = await upstream(`/x?a=1&access_token=${fresh()}&b=2`, {});
    expect(path).toBe('/x?a=1&b=2');
  });

  it('refuses two tokens', async () => {
    const headers = { ...bearer(old()), cookie: `session=${fresh()}` };
    expect(await reasonOf('/x', { headers })).toBe('401 invalid_token');
  });

  it.each<[string, HttpQuestion, string]>([
    ['/public', {}, 'allow'],
    ['/public/a', {}, 'allow'],
    ['/public', { headers: bearer('bad') }, '401 invalid_token'],
    ['/publicity', {}, '401 missing_header'],
    ['/admin', { headers: bearer(fresh({ aud: 'admin', scope: 'admin' })) }, 'allow'],
    ['/admin', { headers: bearer(fresh({ aud: 'admin' })) }, '403 insufficient_scope'],
    ['/admin/x', { headers: bearer(fresh({ scope: 'admin' })) }, '403 wrong_audience'],
    ['/users/7', { headers: bearer(fresh()) }, 'allow'],
    ['/users/7', { method: 'DELETE', headers: bearer(fresh()) }, '403 wrong_audience'],
    ['/public/..%2fadmin', {}, '400 ambiguous_path'],
    ['/public/%2e%2e/admin', {}, '400 ambiguous_path'],
    ['/public;/../admin', {}, '400 ambiguous_path'],
    ['//admin', {}, '400 ambiguous_path'],
  ])('judges %s by its rule', async (path, question, expected) => {
    expect(await reasonOf(path, question)).toBe(expected);
  });

  it('has all tokens of a user revoked, up to a time', async () => {
    const tokenOf = (sub: string, iat: number) => ({ headers: bearer(old({ sub, iat })) });
    const now = Math.floor(Date.now() / 1000);
    const before = tokenOf('user-2', now - 60);
    expect(await reasonOf('/x', before)).toBe('allow');
    const { exitCode } = await runSluice(
      ['revoke', '--sub', 'user-2', '--before', String(now - 30), '--ttl', '3600'],
      { env: { AUTH_REDIS_URL: stack.valkey.url, AUTH_ISSUER: OLD } },
    );
    expect(exitCode).toBe(0);
    expect(await reasonOf('/x', before)).toBe('403 blacklisted');
    expect(await reasonOf('/x', tokenOf('user-2', now - 10))).toBe('allow');
    expect(await reasonOf('/x', tokenOf('user-3', now - 60))).toBe('allow');
  });

  it('is replaced when the file is, and stays when that is faulty', async () => {
    const replace = async (text: string) => {
      const next = join(folder, 'next.yaml');
      await writeFile(next, text);
      await rename(next, join(folder, 'policy.yaml'));
    };
    expect(await reasonOf('/closed')).toBe('401 missing_header');
    await replace(policy('  - { path: /closed, anonymous: allow }\n'));
    await until(async () => (await reasonOf('/closed')) === 'allow');
    await replace(policy('  - { path: /closed, anonymus: allow }\n'));
    await until(async () => JSON.stringify((await stack.sluice.ready()).body).includes('anonymus'));
    expect((await stack.sluice.ready()).status).toBe(200);
    expect(await reasonOf('/closed')).toBe('allow');
  });
});
