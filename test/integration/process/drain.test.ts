import { describe, expect, it } from 'vitest';
import { startSluice } from '../../support/sluice.ts';
import { missing } from '../../support/tools.ts';
import { until } from '../../support/until.ts';
import { startValkey } from '../../support/valkey.ts';
import { CheckClient, newToken, PATIENCE } from './check-client.ts';

/** Longer than any test runs: what ends before it has not waited for it. */
const FOR_EVER = String(600_000);

async function start(settings: Readonly<Record<string, string>> = {}) {
  await using stack = new AsyncDisposableStack();
  const valkey = stack.use(await startValkey());
  const sluice = stack.use(
    await startSluice({ ...PATIENCE, AUTH_REDIS_URL: valkey.url, ...settings }),
  );
  const client = stack.use(new CheckClient(sluice.grpcPort));
  await until(async () => (await sluice.ready()).status === 200);
  const all = stack.move();
  return { valkey, sluice, client, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

describe.skipIf(missing('valkey'))('the end', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('comes with %s, and exit code 0', async (signal) => {
    await using started = await start();
    const { sluice } = started;
    sluice.signal(signal);
    expect(await sluice.exitCode).toBe(0);
    expect(sluice.lines.slice(-2)).toEqual([
      expect.objectContaining({ message: 'draining', signal }),
      expect.objectContaining({ message: 'drained' }),
    ]);
    await expect(fetch(`${sluice.adminUrl}/health`)).rejects.toThrow();
  });

  it('is held up by DRAIN_DELAY_MS, unready and accepting, until a second signal', async () => {
    await using started = await start({ DRAIN_DELAY_MS: FOR_EVER });
    const { sluice, client } = started;
    sluice.signal('SIGTERM');
    await until(async () => (await sluice.ready()).status === 503);
    expect((await sluice.ready()).body.status).toBe('draining');
    expect((await fetch(`${sluice.adminUrl}/health`)).status).toBe(200);
    expect(await client.reasonFor(newToken())).toBe('success');
    using late = new CheckClient(sluice.grpcPort);
    expect(await late.reasonFor(newToken())).toBe('success');
    sluice.signal('SIGTERM');
    expect(await sluice.exitCode).toBe(0);
  });

  it('is not held up after SIGINT', async () => {
    await using started = await start({ DRAIN_DELAY_MS: FOR_EVER });
    started.sluice.signal('SIGINT');
    expect(await started.sluice.exitCode).toBe(0);
  });

  it('comes by itself when the delay is over', async () => {
    await using started = await start({ DRAIN_DELAY_MS: '300' });
    started.sluice.signal('SIGTERM');
    expect(await started.sluice.exitCode).toBe(0);
  });

  it('waits for the checks that are open, and answers them', async () => {
    await using started = await start();
    const { sluice, client, valkey } = started;
    await client.reasonFor(newToken());
    valkey.pause();
    const answers = Array.from({ length: 20 }, () => client.reasonFor(newToken()));
    await until(async () => (await sluice.metric('ext_authz_requests_in_flight')) === 20);
    sluice.signal('SIGTERM');
    await until(async () => (await sluice.ready()).body.status === 'draining');
    valkey.resume();
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['success']));
    expect(await sluice.exitCode).toBe(0);
  });

  it('does not wait for longer than DRAIN_TIMEOUT_MS', async () => {
    await using started = await start({ DRAIN_TIMEOUT_MS: '100' });
    const { sluice, client, valkey } = started;
    await client.reasonFor(newToken());
    valkey.pause();
    const cut = expect(client.reasonFor(newToken())).rejects.toThrow('UNAVAILABLE');
    await until(async () => (await sluice.metric('ext_authz_requests_in_flight')) === 1);
    sluice.signal('SIGTERM');
    await cut;
    expect(await sluice.exitCode).toBe(0);
  });
});
