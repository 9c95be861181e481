import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpAnswer, http } from '../support/http.ts';
import { bearer, type Stack, startStack, token } from '../support/stack.ts';
import { missing } from '../support/tools.ts';
import { until } from '../support/until.ts';

describe.skipIf(missing('envoy', 'valkey'))('when Redis fails after the start', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ isHasty: true });
  });
  afterAll(() => stack?.[Symbol.asyncDispose]());

  const good = bearer(token());
  const ask = (headers: Record<string, string> = {}, method = 'GET') =>
    http(stack.envoy.url(), { method, headers });

  function expectUnavailable(answer: HttpAnswer, ...errors: string[]): void {
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBe('1');
    const { error } = JSON.parse(answer.body) as { error: string };
    expect(errors).toContain(error);
  }

  async function expectTheRestToGoOn(): Promise<void> {
    expect((await ask(bearer('rubbish'))).status).toBe(401);
    expect((await ask()).status).toBe(401);
    const preflight = { origin: 'https://a.example', 'access-control-request-method': 'PUT' };
    expect((await ask(preflight, 'OPTIONS')).status).toBe(200);
  }

  const isBack = async () => (await ask(good)).status === 200;

  it('answers 503, stays ready but degraded, and recovers by itself when it is stopped', async () => {
    expect(await isBack()).toBe(true);
    await stack.valkey.stop();
    await until(async () => (await stack.sluice.ready()).body.status === 'degraded');
    expectUnavailable(await ask(good), 'redis_error');
    await expectTheRestToGoOn();
    expect(await stack.sluice.ready()).toMatchObject({
      status: 200,
      body: { status: 'degraded', components: { redis: { state: 'degraded' } } },
    });
    await stack.valkey.restart();
    await until(isBack);
    expect((await stack.sluice.ready()).body.status).toBe('ready');
  });

  it('answers within the deadline when it hangs, never with anything but 503', async () => {
    expect(await isBack()).toBe(true);
    stack.valkey.pause();
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(good)));
    for (const answer of answers) expectUnavailable(answer, 'redis_error', 'deadline', 'overload');
    await expectTheRestToGoOn();
    const { error } = await timeouts();
    expect(error).toBe(0);
    stack.valkey.resume();
    await until(isBack);
  });

  it('answers 503 when it may no longer be asked', async () => {
    await stack.valkey.command('ACL', 'SETUSER', 'default', '-exists');
    await until(async () => (await ask(good)).status === 503);
    expectUnavailable(await ask(good), 'redis_error');
    await stack.valkey.command('ACL', 'SETUSER', 'default', '+exists');
    await until(isBack);
  });

  /** What Envoy calls an error is a check that nobody answered in time. */
  async function timeouts(): Promise<{ error: number }> {
    const stats = await stack.envoy.stats('http.ingress.ext_authz.error');
    return { error: stats['http.ingress.ext_authz.error'] ?? Number.NaN };
  }
});
