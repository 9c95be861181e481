import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { grpc, type HttpQuestion, http } from '../support/http.ts';
import { bearer, type Stack, type StackOptions, startStack, token } from '../support/stack.ts';
import { base64url, claims, signed } from '../support/tokens.ts';
import { missing } from '../support/tools.ts';

/*
 * The table of docs/decisions.md, as far as a downstream's request can cause it: through a real
 * Envoy, with a real Valkey behind.
 */

const NOW = Math.floor(Date.now() / 1000);
const REVOKED_JTI = 'a-revoked-one';
const PREFLIGHT = { origin: 'https://app.example', 'access-control-request-method': 'PUT' };

let stack: Stack;
const start = (options?: StackOptions) =>
  beforeAll(async () => {
    stack = await startStack(options);
    await stack.valkey.command('SET', `blacklist:${REVOKED_JTI}`, '1');
  });
afterAll(() => stack?.[Symbol.asyncDispose]());

const ask = (question: HttpQuestion = {}, path = '/v1/things?q=1') =>
  http(`${stack.envoy.url()}${path}`, question);

/** What the upstream was sent, if it was. */
async function upstreamHeaders(question: HttpQuestion): Promise<Record<string, string>> {
  const answer = await ask(question);
  expect(answer.status).toBe(200);
  return (JSON.parse(answer.body) as { headers: Record<string, string> }).headers;
}

describe.skipIf(missing('envoy', 'valkey'))('by default', () => {
  start();
  afterAll(() => stack?.[Symbol.asyncDispose]());

  it('lets a good token pass, and tells the upstream who called', async () => {
    const headers = await upstreamHeaders({ headers: bearer(token({ provider: 'google' })) });
    expect(headers).toMatchObject({ 'x-user-id': 'user-1', 'x-auth-provider': 'google' });
  });

  it.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])('takes the scheme as %s', async (scheme) => {
    const answer = await ask({ headers: { authorization: `${scheme} ${token()}` } });
    expect(answer.status).toBe(200);
  });

  it('asks for a token where there is none', async () => {
    const answer = await ask();
    expect(answer).toMatchObject({ status: 401, headers: { 'content-type': 'application/json' } });
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="api"');
    expect(JSON.parse(answer.body)).toEqual({
      error: 'missing_header',
      message: 'A bearer token is required.',
    });
  });

  const good = token();
  it.each<[string, HttpQuestion['headers']]>([
    ['an expired token', bearer(token({ exp: NOW - 1 }))],
    ['one not valid yet', bearer(token({ nbf: NOW + 60 }))],
    ['one issued in the future', bearer(token({ iat: NOW + 60 }))],
    ['another issuer', bearer(token({ iss: 'https://evil.example' }))],
    ['another audience', bearer(token({ aud: 'other' }))],
    ['no exp', bearer(token({ exp: undefined }))],
    ['no sub', bearer(token({ sub: undefined }))],
    ['no jti', bearer(token({ jti: undefined }))],
    ['a sub that is no header value', bearer(token({ sub: 'a\nb' }))],
    ['a sub that is not ASCII', bearer(token({ sub: 'Jörg' }))],
    ['a sub that is too long', bearer(token({ sub: 'x'.repeat(256) }))],
    ['another secret', bearer(signed(claims(NOW), { secret: 'x'.repeat(64) }))],
    ['alg none', bearer(`${base64url({ alg: 'none' })}.${base64url(claims(NOW))}.`)],
    ['a changed payload', bearer(good.replace(/\.[^.]+\./, `.${base64url(claims(NOW))}.`))],
    ['a padded token', bearer(`${good}=`)],
    ['more than 8 KiB', bearer(token({ pad: 'x'.repeat(8_192) }))],
    ['no token', { authorization: 'Bearer' }],
    ['rubbish', bearer('rubbish')],
    ['another scheme', { authorization: 'Basic dXNlcjpwYXNz' }],
    ['two tokens', { authorization: [`Bearer ${good}`, `Bearer ${good}`] }],
    ['two in one', { authorization: `Bearer ${good}, Bearer ${good}` }],
  ])('refuses %s as an invalid token', async (_, headers) => {
    const answer = await ask({ ...(headers !== undefined && { headers }) });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="api", error="invalid_token"');
    expect(JSON.parse(answer.body)).toEqual({
      error: 'invalid_token',
      message: 'The token is not valid.',
    });
  });

  it('refuses a revoked token, from the next request on', async () => {
    const jti = 'revoked-while-in-use';
    const headers = bearer(token({ jti }));
    expect((await ask({ headers })).status).toBe(200);
    await stack.valkey.command('SET', `blacklist:${jti}`, '1', 'EX', 60);
    const answer = await ask({ headers });
    expect(answer.status).toBe(403);
    expect(answer.headers['www-authenticate']).toBeUndefined();
    expect(JSON.parse(answer.body)).toMatchObject({ error: 'blacklisted' });
    await stack.valkey.command('DEL', `blacklist:${jti}`);
    expect((await ask({ headers })).status).toBe(200);
  });

  it('replaces or removes what a downstream says of who it is', async () => {
    const spoofed = { 'x-user-id': 'admin', 'x-auth-provider': ['evil', 'worse'] };
    const named = await upstreamHeaders({ headers: { ...bearer(token()), ...spoofed } });
    expect(named).toMatchObject({ 'x-user-id': 'user-1' });
    expect(named).not.toHaveProperty('x-auth-provider');
    const provider = 'with\ttab';
    const unsafe = await upstreamHeaders({
      headers: { ...bearer(token({ provider })), ...spoofed },
    });
    expect(unsafe).not.toHaveProperty('x-auth-provider');
  });

  it('lets a preflight pass without anything it could act with', async () => {
    const headers = await upstreamHeaders({
      method: 'OPTIONS',
      headers: {
        ...PREFLIGHT,
        ...bearer(token()),
        cookie: 'session=1',
        'x-user-id': 'admin',
        'x-auth-provider': 'evil',
        'x-http-method-override': 'DELETE',
        'x-http-method': 'DELETE',
        'x-method-override': 'DELETE',
      },
    });
    expect(Object.keys(headers).join()).not.toMatch(
      /authorization|cookie|user-id|provider|method-o/,
    );
    expect(headers).not.toHaveProperty('x-http-method');
    expect(headers).toMatchObject(PREFLIGHT);
  });

  it.each<[string, HttpQuestion]>([
    ['OPTIONS alone', { method: 'OPTIONS' }],
    ['OPTIONS with an Origin', { method: 'OPTIONS', headers: { origin: PREFLIGHT.origin } }],
    ['a GET that looks like one', { headers: PREFLIGHT }],
  ])('judges %s like any request', async (_, question) => {
    expect((await ask(question)).status).toBe(401);
  });

  it('tells a gRPC downstream by status', async () => {
    const call = (headers: Record<string, string>) =>
      grpc(stack.envoy.url(), '/demo.Echo/Headers', headers);
    const allowed = await call({ ...bearer(token()), 'x-user-id': 'admin' });
    expect(allowed.trailers['grpc-status']).toBe('0');
    expect(JSON.parse(allowed.message ?? '')).toMatchObject({ 'x-user-id': 'user-1' });
    expect((await call({})).trailers['grpc-status']).toBe('16');
    const revoked = await call(bearer(token({ jti: REVOKED_JTI })));
    expect(revoked.trailers['grpc-status']).toBe('7');
  });

  it('writes why into the access log of Envoy', async () => {
    await ask({ headers: bearer('rubbish') }, '/access-log');
    await expect.poll(() => stack.envoy.log).toMatch(/GET \/access-log 401 invalid_token/);
  });

  it('counts every one of them', async () => {
    const series = 'ext_authz_requests_total{result="deny",reason="missing_header"}';
    const before = (await stack.sluice.metric(series)) ?? Number.NaN;
    await ask();
    expect(await stack.sluice.metric(series)).toBe(before + 1);
  });
});

describe.skipIf(missing('envoy', 'valkey'))('with scopes, origins and a status of its own', () => {
  const ORIGIN = 'https://app.example';
  start({
    settings: {
      AUTH_REQUIRED_SCOPE: 'read write',
      CORS_ALLOWED_ORIGINS: `${ORIGIN},https://b.example`,
      REVOKED_HTTP_STATUS: '401',
    },
  });
  afterAll(() => stack?.[Symbol.asyncDispose]());

  it('requires every scope', async () => {
    const full = await ask({ headers: bearer(token({ scope: 'write admin read' })) });
    expect(full.status).toBe(200);
    for (const scope of ['read', 'readwrite', '', undefined]) {
      const answer = await ask({ headers: bearer(token({ scope })) });
      expect(answer.status).toBe(403);
      expect(answer.headers['www-authenticate']).toBe(
        'Bearer realm="api", error="insufficient_scope", scope="read write"',
      );
    }
  });

  it('answers a revoked token with the status asked for, and a challenge', async () => {
    const answer = await ask({ headers: bearer(token({ jti: REVOKED_JTI, scope: 'read write' })) });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toContain('invalid_token');
    expect(JSON.parse(answer.body)).toMatchObject({ error: 'blacklisted' });
  });

  it('lets only allowed origins send preflights', async () => {
    expect((await ask({ method: 'OPTIONS', headers: PREFLIGHT })).status).toBe(200);
    const headers = { ...PREFLIGHT, origin: 'https://evil.example' };
    expect((await ask({ method: 'OPTIONS', headers })).status).toBe(401);
  });

  it('shows denials to pages of allowed origins', async () => {
    const allowed = await ask({ headers: { origin: ORIGIN } });
    expect(allowed.headers).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'WWW-Authenticate, Retry-After',
      vary: 'Origin',
    });
    const other = await ask({ headers: { origin: 'https://evil.example' } });
    expect(Object.keys(other.headers).join()).not.toContain('access-control');
  });
});

describe.skipIf(missing('envoy', 'valkey'))('with raw headers and bodies', () => {
  start({ edit: withRawHeadersAndBodies });
  afterAll(() => stack?.[Symbol.asyncDispose]());

  it('reads header_map like headers', async () => {
    const headers = await upstreamHeaders({ headers: bearer(token()) });
    expect(headers).toMatchObject({ 'x-user-id': 'user-1' });
    expect((await ask()).status).toBe(401);
  });

  it('sees two Authorization headers there too', async () => {
    const value = `Bearer ${token()}`;
    expect((await ask({ headers: { authorization: [value, value] } })).status).toBe(401);
  });

  it('refuses what is too large to be looked at', async () => {
    const post = (size: number) =>
      ask({ method: 'POST', headers: bearer(token()), body: new Uint8Array(size) });
    expect((await post(1_000)).status).toBe(200);
    const answer = await post(1_100_000);
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.body)).toMatchObject({ error: 'request_too_large' });
  });
});

/** Of a body Envoy itself refuses more than its buffer holds, so that has to hold more than we take. */
function withRawHeadersAndBodies(yaml: string): string {
  return yaml
    .replace(
      'validate_mutations: true',
      `encode_raw_headers: true
                      with_request_body: { max_request_bytes: 3000000 }`,
    )
    .replace('filter_chains:', 'per_connection_buffer_limit_bytes: 4000000\n      filter_chains:');
}
