import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reasons } from '../../src/domain/reason.ts';
import { PATIENT_SETTINGS } from '../support/envoy-edits.ts';
import { type Python, startPython } from '../support/python.ts';
import { type Sluice, startSluice } from '../support/sluice.ts';
import { bearer, token } from '../support/stack.ts';
import { missing } from '../support/tools.ts';
import { until } from '../support/until.ts';
import { startValkey, type Valkey } from '../support/valkey.ts';

/* A client not written here: Python's gRPC with the classes generated from Envoy's own files. */

const CLIENT = join(import.meta.dirname, 'client.py');

interface Answer {
  readonly code: number;
  readonly kind: string;
  readonly reason: string;
  readonly headers: Record<string, string>;
  readonly removed?: readonly string[];
  readonly httpStatus?: number;
  readonly body?: { readonly error: string; readonly message: string };
  readonly overwrites: boolean;
}

describe.skipIf(missing('python', 'valkey'))('a client of another make', () => {
  let valkey: Valkey;
  let sluice: Sluice;
  let client: Python;

  beforeAll(async () => {
    valkey = await startValkey();
    sluice = await startSluice({
      AUTH_REDIS_URL: valkey.url,
      AUTH_REQUIRED_SCOPE: 'read',
      FAILURE_SIGNAL: 'error_response',
      // A decision is asked for here, not a speed: Python may be slow to begin.
      ...PATIENT_SETTINGS,
    });
    await until(async () => (await sluice.ready()).status === 200);
    await valkey.command('SET', 'blacklist:revoked', '1');
    client = await startPython([CLIENT, `127.0.0.1:${sluice.grpcPort}`]);
  });
  afterAll(async () => {
    await client?.[Symbol.asyncDispose]();
    await sluice?.stop();
    await valkey?.stop();
  });

  const ask = (question: object) => client.ask(question) as Promise<Answer>;
  const preflight = { origin: 'https://a.example', 'access-control-request-method': 'PUT' };

  it('is told who called', async () => {
    const headers = bearer(token({ scope: 'read', provider: 'google' }));
    expect(await ask({ headers })).toEqual({
      code: 0,
      kind: 'ok_response',
      reason: 'success',
      headers: { 'x-user-id': 'user-1', 'x-auth-provider': 'google' },
      removed: [],
      overwrites: true,
    });
  });

  it('is told what to remove', async () => {
    const allowed = await ask({ headers: bearer(token({ scope: 'read' })) });
    expect(allowed.removed).toEqual(['x-auth-provider']);
    const preflighted = await ask({ method: 'OPTIONS', headers: preflight });
    expect(preflighted).toMatchObject({ code: 0, reason: 'cors_preflight', headers: {} });
    expect(preflighted.removed).toEqual(
      expect.arrayContaining(['authorization', 'cookie', 'x-user-id', 'x-auth-provider']),
    );
  });

  it.each([
    ['missing_header', {}],
    ['invalid_token', { authorization: 'Basic x' }],
    ['invalid_token', bearer('x.y.z')],
    ['insufficient_scope', bearer(token())],
    ['blacklisted', bearer(token({ scope: 'read', jti: 'revoked' }))],
  ] as const)('gets %s as the registry has it', async (reason, headers) => {
    const { grpcCode: code, httpStatus, message } = reasons[reason];
    expect(await ask({ headers })).toMatchObject({
      code,
      kind: 'denied_response',
      reason,
      httpStatus,
      body: { error: reason, message },
      overwrites: true,
    });
  });

  it('sees the health that a load balancer asks for', async () => {
    for (const service of ['', 'envoy.service.auth.v3.Authorization']) {
      expect(await client.ask({ service })).toBe('SERVING');
    }
    expect(await client.ask({ service: 'nobody' })).toMatchObject({ grpcStatus: 'NOT_FOUND' });
  });

  it('gets an error, not a denial, while Redis is away', async () => {
    await valkey.stop();
    const headers = bearer(token({ scope: 'read' }));
    await until(async () => (await ask({ headers })).reason === 'redis_error');
    expect(await ask({ headers })).toMatchObject({
      code: 14,
      kind: 'error_response',
      httpStatus: 503,
      headers: { 'retry-after': '1' },
    });
    await valkey.restart();
  });
});
