import { afterEach, describe, expect, it } from 'vitest';
import { askCheck, verdictOf } from '../../../src/dev/client.ts';
import { type CheckAnswer, startCheckService } from '../../support/check-service.ts';

let started = new AsyncDisposableStack();
afterEach(async () => {
  await started.disposeAsync();
  started = new AsyncDisposableStack();
});

/** A Check service that gives one answer; `asked` has what it was asked. */
async function start(answer: CheckAnswer) {
  const { asked, port } = started.use(await startCheckService(() => answer));
  return { asked, ask: () => askCheck(`127.0.0.1:${port}`, '/hello', 'a.b.c') };
}

const reason = (text: string) => ({ fields: { reason: { stringValue: text } } });
const header = (key: string, value: string) => ({ header: { key, value } });

describe('askCheck', () => {
  it('asks about a GET with the token, as Envoy would', async () => {
    const { ask, asked } = await start({ status: { code: 0 } });
    await ask();
    expect(asked).toEqual([
      {
        attributes: {
          request: {
            http: expect.objectContaining({
              method: 'GET',
              path: '/hello',
              host: 'localhost',
              headers: { authorization: 'Bearer a.b.c', ':method': 'GET', ':path': '/hello' },
            }),
          },
        },
      },
    ]);
  });

  it('understands an allow', async () => {
    const { ask } = await start({
      status: { code: 0 },
      ok_response: { headers: [header('x-user-id', 'alice')] },
      dynamic_metadata: reason('success'),
    });
    expect(await ask()).toEqual({
      result: 'allow',
      reason: 'success',
      httpStatus: 200,
      headers: { 'x-user-id': 'alice' },
    });
  });

  it('says of an allow of shadow mode what was decided', async () => {
    const { ask } = await start({
      status: { code: 0 },
      ok_response: {},
      dynamic_metadata: {
        fields: { shadow_result: { stringValue: 'deny' }, shadow_reason: { stringValue: 'x' } },
      },
    });
    const outcome = await ask();
    expect(outcome.result).toBe('allow');
    expect(verdictOf(outcome)).toMatch(/^allow \(SHADOW MODE, .*; decided: deny, x\)$/);
  });

  it('understands a denial', async () => {
    const { ask } = await start({
      status: { code: 16 },
      denied_response: { status: { code: 401 }, headers: [header('www-authenticate', 'Bearer')] },
      dynamic_metadata: reason('invalid_token'),
    });
    expect(await ask()).toEqual({
      result: 'deny',
      reason: 'invalid_token',
      httpStatus: 401,
      headers: { 'www-authenticate': 'Bearer' },
    });
  });

  it('understands an error, however it is told', async () => {
    for (const field of ['denied_response', 'error_response']) {
      const { ask } = await start({ status: { code: 14 }, [field]: { status: { code: 503 } } });
      expect(await ask()).toMatchObject({ result: 'error', httpStatus: 503 });
    }
  });

  it('takes a denial without a status for what Envoy takes it for', async () => {
    const { ask } = await start({ status: { code: 7 } });
    expect(await ask()).toEqual({
      result: 'deny',
      reason: 'unknown',
      httpStatus: 403,
      headers: {},
    });
  });

  it('rejects when the service answers with an error', async () => {
    const { ask } = await start({ code: 14, details: 'redis_error' });
    await expect(ask()).rejects.toThrow('gave no decision: UNAVAILABLE: redis_error');
  });

  it('does not quote the token when nobody is there', async () => {
    const error = await askCheck('127.0.0.1:1', '/', 'a.b.c').catch((fault: Error) => fault);
    expect(String(error)).toContain('ECONNREFUSED');
    expect(String(error)).not.toContain('a.b.c');
  });
});
