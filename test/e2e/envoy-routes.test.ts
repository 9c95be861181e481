import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpQuestion, http } from '../support/http.ts';
import { bearer, type Stack, startStack, token } from '../support/stack.ts';
import { missing } from '../support/tools.ts';

/* Routes of deploy/envoy/envoy.yaml that say something to Sluice, or do not ask it. */

let stack: Stack;
beforeAll(async () => {
  if (missing('envoy', 'valkey')) return;
  stack = await startStack();
});
afterAll(() => stack?.[Symbol.asyncDispose]());

const SPOOFED = { 'x-user-id': 'root', 'x-auth-provider': 'evil' };
const SCOPE = 'orders.read orders.write';

/** 'allow user-1' with what the upstream was told; else the status and what the body says. */
async function outcome(path: string, question: HttpQuestion = {}): Promise<string> {
  const headers = { ...question.headers, ...SPOOFED };
  const { status, body } = await http(`${stack.envoy.url()}${path}`, { ...question, headers });
  if (status !== 200) return body === '' ? `${status}` : `${status} ${JSON.parse(body).error}`;
  const seen = (JSON.parse(body) as { headers: Record<string, string> }).headers;
  expect(seen).not.toHaveProperty('x-auth-provider');
  return `allow ${seen['x-user-id'] ?? 'nobody'}`;
}

const CHECKS = 'cluster.sluice.upstream_rq_total';
const checks = async () => (await stack.envoy.stats(`^${CHECKS}$`))[CHECKS] ?? Number.NaN;

describe.skipIf(missing('envoy', 'valkey'))('a route', () => {
  const some = { headers: bearer(token()) };
  const scoped = { headers: bearer(token({ scope: SCOPE })) };
  const bad = { headers: bearer('rubbish') };

  it.each<[string, HttpQuestion, string]>([
    ['/healthz', {}, 'allow nobody'],
    ['/healthz', bad, 'allow nobody'],
    ['/healthz/x', {}, '401 missing_header'],
    ['/catalog', {}, 'allow nobody'],
    ['/catalog/a?b', some, 'allow user-1'],
    ['/catalog', bad, '401 invalid_token'],
    ['/catalogue', {}, '401 missing_header'],
    ['/orders', {}, '401 missing_header'],
    ['/orders/1', some, '403 insufficient_scope'],
    ['/orders/1', scoped, 'allow user-1'],
    ['/else', some, 'allow user-1'],
  ])('%s, %j: %s', async (path, question, expected) => {
    expect(await outcome(path, question)).toBe(expected);
  });

  it.each([
    '//orders/1',
    '/x/../orders/1',
    '/./orders',
    '/x/%2e%2e/orders',
    '/catalog/../orders',
    '/%6frders/1',
    '/healthz/../orders',
  ])('is that of /orders for %s', async (path) => {
    expect(await outcome(path, some)).toBe('403 insufficient_scope');
  });

  it.each(['/x%2f..%2forders', '/orders%2F1', '/catalog%5c..%5corders'])(
    'is none for %s',
    async (path) => {
      expect(await outcome(path, scoped)).toBe('400');
    },
  );

  it('is not another one for who calls himself gRPC', async () => {
    const headers = { ...bearer(token()), 'content-type': 'application/grpc' };
    const answer = await http(`${stack.envoy.url()}/orders/1`, { headers });
    expect([answer.status, answer.headers['grpc-status']]).toEqual([200, '7']);
  });

  it('that is open is not asked about', async () => {
    const before = await checks();
    expect(await outcome('/healthz')).toBe('allow nobody');
    expect(await checks()).toBe(before);
    expect(await outcome('/catalog')).toBe('allow nobody');
    expect(await checks()).toBe(before + 1);
  });

  it('takes no header that some take for another', async () => {
    const { status } = await http(`${stack.envoy.url()}/healthz`, {
      headers: { x_user_id: 'root' },
    });
    expect(status).toBe(400);
  });
});
