import { describe, expect, it } from 'vitest';
import { freePort } from '../../support/free-port.ts';
import { startSluice } from '../../support/sluice.ts';
import { SECRET } from '../../support/tokens.ts';
import { missing } from '../../support/tools.ts';
import { until } from '../../support/until.ts';
import { startValkey } from '../../support/valkey.ts';
import { CheckClient, newToken, PATIENCE } from './check-client.ts';

describe.skipIf(missing('valkey'))('Redis', () => {
  it('may be down at the start: not ready, and why, until it comes', async () => {
    await using valkey = await startValkey();
    await valkey.stop();
    await using sluice = await startSluice({ ...PATIENCE, AUTH_REDIS_URL: valkey.url });
    using client = new CheckClient(sluice.grpcPort);
    expect(await sluice.ready()).toEqual({
      status: 503,
      body: {
        status: 'not_ready',
        components: {
          redis: { state: 'starting', detail: expect.stringMatching(/^0 of 4 connections/) },
          event_loop: { state: 'ok', detail: expect.any(String) },
          revocation: { state: 'ok' },
          policy: { state: 'ok' },
        },
      },
    });
    expect(await client.reasonFor(newToken())).toBe('redis_error');
    expect(await client.reasonFor('garbage')).toBe('invalid_token');
    await valkey.restart();
    await until(async () => (await sluice.ready()).status === 200);
    expect(await client.reasonFor(newToken())).toBe('success');
  });

  it('may go away later: ready and degraded, until it is back', async () => {
    await using valkey = await startValkey();
    await using sluice = await startSluice({ ...PATIENCE, AUTH_REDIS_URL: valkey.url });
    using client = new CheckClient(sluice.grpcPort);
    const state = async () => (await sluice.ready()).body.status;
    await until(async () => (await state()) === 'ready');
    await valkey.kill();
    await until(async () => (await state()) === 'degraded');
    expect((await sluice.ready()).status).toBe(200);
    expect(await client.reasonFor(newToken())).toBe('redis_error');
    await valkey.restart();
    await until(async () => (await state()) === 'ready');
    await until(async () => (await client.reasonFor(newToken())) === 'success');
  });

  it('takes readiness with it where READY_REQUIRES_REDIS says so', async () => {
    await using valkey = await startValkey();
    const settings = { AUTH_REDIS_URL: valkey.url, READY_REQUIRES_REDIS: 'true' };
    await using sluice = await startSluice(settings);
    await until(async () => (await sluice.ready()).status === 200);
    await valkey.kill();
    await until(async () => (await sluice.ready()).status === 503);
    expect((await sluice.ready()).body).toMatchObject({
      status: 'not_ready',
      components: { redis: { state: 'degraded' } },
    });
    await valkey.restart();
    await until(async () => (await sluice.ready()).status === 200);
  });

  it('that wants another password is told of by a code, without ours', async () => {
    await using valkey = await startValkey({ password: 'the right one' });
    const url = valkey.url.replace(encodeURIComponent('the right one'), 's3cr3t-pass');
    const settings = { AUTH_REDIS_URL: url, LOG_LEVEL: 'debug' };
    await using sluice = await startSluice(settings);
    const isTold = () => sluice.lines.some(({ code }) => code === 'WRONGPASS');
    await until(isTold);
    const { status, body } = await sluice.ready();
    expect(status).toBe(503);
    expect(JSON.stringify(body)).toContain('WRONGPASS');
    const metrics = await (await fetch(`${sluice.adminUrl}/metrics`)).text();
    await sluice.stop();
    for (const shown of [sluice.log, JSON.stringify(body), metrics]) {
      expect(shown).not.toContain('s3cr3t-pass');
      expect(shown).not.toContain(SECRET);
    }
  });

  it('that is not there does not hold up the end', async () => {
    const port = await freePort();
    await using sluice = await startSluice({ AUTH_REDIS_URL: `redis://127.0.0.1:${port}` });
    sluice.signal('SIGTERM');
    expect(await sluice.exitCode).toBe(0);
  });
});
