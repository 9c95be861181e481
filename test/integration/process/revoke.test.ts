import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSluice, startSluice } from '../../support/sluice.ts';
import { missing } from '../../support/tools.ts';
import { until } from '../../support/until.ts';
import { startValkey, type Valkey } from '../../support/valkey.ts';
import { CheckClient, newToken, PATIENCE } from './check-client.ts';

describe.skipIf(missing('valkey'))('revoke, with AUTH_REDIS_URL', () => {
  let valkey: Valkey;
  beforeAll(async () => {
    valkey = await startValkey({ password: 's3cr3t-pass' });
  });
  afterAll(() => valkey.stop());

  const revoke = (token: string, env: Readonly<Record<string, string>> = {}, input = '') =>
    runSluice(['revoke', token], { env: { AUTH_REDIS_URL: valkey.url, ...env }, input });

  /** When Redis forgets a key, in seconds since the epoch. */
  const endOf = async (key: string) => Number(await valkey.command('EXPIRETIME', key));

  it('keeps the key for as long as the token lives, and hardly longer', async () => {
    const exp = Math.floor(Date.now() / 1000) + 3600;
    const { exitCode, stdout, stderr } = await revoke(newToken({ jti: 'a', exp }));
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`revoked, until ${new Date(exp * 1000).toISOString()}\n`);
    expect(await endOf('blacklist:a')).toBeGreaterThanOrEqual(exp);
    // Whole seconds, and how long it took to start and to ask.
    expect(await endOf('blacklist:a')).toBeLessThanOrEqual(exp + 60);
  });

  it('keeps the key for REVOCATION_TTL_MARGIN_SEC more, under REVOCATION_KEY_PREFIX', async () => {
    const exp = Math.floor(Date.now() / 1000) + 3600;
    const env = { REVOCATION_TTL_MARGIN_SEC: '300', REVOCATION_KEY_PREFIX: 'revoked:' };
    await revoke('-', env, newToken({ jti: 'b', exp }));
    expect(await endOf('revoked:b')).toBeGreaterThanOrEqual(exp + 300);
  });

  it('reaches the end of time', async () => {
    const exp = Number.MAX_SAFE_INTEGER;
    const { exitCode, stdout } = await revoke(newToken({ jti: 'c', exp }));
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^revoked, until /);
    expect(await valkey.command('EXISTS', 'blacklist:c')).toBe(1);
  });

  it('sets nothing for a token that has expired', async () => {
    const { exitCode, stdout } = await revoke(newToken({ jti: 'd', exp: 1 }));
    expect([exitCode, stdout]).toEqual([0, 'nothing to revoke: the token has expired\n']);
    expect(await valkey.command('EXISTS', 'blacklist:d')).toBe(0);
  });

  it('is told by Redis, with a code, and without the password', async () => {
    const env = { AUTH_REDIS_URL: valkey.url.replace('s3cr3t-pass', 'an0ther-pass') };
    const { exitCode, stderr } = await revoke(newToken(), env);
    expect(exitCode).toBe(1);
    expect(stderr).toBe('sluice: Redis did not take it: WRONGPASS\n');
    const nobody = await revoke(newToken(), {
      AUTH_REDIS_URL: 'redis://:an0ther-pass@127.0.0.1:1',
    });
    expect(nobody.stderr).toBe('sluice: Redis did not take it: ECONNREFUSED\n');
  });

  it('does not mind settings it has no use for', async () => {
    const env = { AUTH_SECRET_KEY_FILE: '/nowhere', LOG_LEVEL: 'loud', AUTH_GRPC_PORT: 'x' };
    expect((await revoke(newToken({ jti: 'e' }), env)).exitCode).toBe(0);
    const odd = await revoke(newToken(), { REVOCATION_TTL_MARGIN_SEC: 'x' });
    expect(odd.exitCode).toBe(78);
    expect(odd.stderr).toContain('REVOCATION_TTL_MARGIN_SEC cannot be "x"');
  });

  it('is obeyed by a running service, for a token it knows already', async () => {
    await using sluice = await startSluice({ ...PATIENCE, AUTH_REDIS_URL: valkey.url });
    using client = new CheckClient(sluice.grpcPort);
    await until(async () => (await sluice.ready()).status === 200);
    const token = newToken();
    expect(await client.reasonFor(token)).toBe('success');
    expect((await revoke(token)).exitCode).toBe(0);
    expect(await client.reasonFor(token)).toBe('blacklisted');
  });
});
