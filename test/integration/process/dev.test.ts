import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSluice, type Sluice, startDev } from '../../support/sluice.ts';
import { signed } from '../../support/tokens.ts';
import { PATIENCE } from './check-client.ts';

/** 127.0.0.2 is this machine too, and reaches what listens on 0.0.0.0. */
async function canConnect(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port });
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}

describe('dev mode', () => {
  it.each([
    ['NODE_ENV', 'production', 'NODE_ENV is production'],
    ['KUBERNETES_SERVICE_HOST', '10.0.0.1', 'this is a Kubernetes pod'],
  ])('refuses to run where %s is %s', async (name, value, why) => {
    const { exitCode, stdout, stderr } = await runSluice(['dev'], { env: { [name]: value } });
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toContain(`does not run here: ${why}`);
    expect(stderr).toContain('use "serve"');
  });

  it('serves on 127.0.0.1 only, with a key of its own, whatever the environment says', async () => {
    const env = {
      BIND_ADDRESS: '0.0.0.0',
      WORKERS: '4',
      AUTH_ALGORITHM: 'RS256',
      AUTH_SECRET_KEY: 'too short',
      AUTH_SECRET_KEY_FILE: '/nowhere',
      AUTH_REDIS_URL: 'redis://127.0.0.1:1',
      AUTH_ISSUER: 'someone',
    };
    await using sluice = await startDev(env);
    expect(sluice.adminUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    for (const port of [sluice.grpcPort, Number(new URL(sluice.adminUrl).port)]) {
      expect(await canConnect('127.0.0.1', port)).toBe(true);
      expect(await canConnect('127.0.0.2', port)).toBe(false);
    }
    const { status, body } = await sluice.ready();
    expect([status, body.status]).toEqual([200, 'ready']);
    expect(body.components).toMatchObject({ denylist: { state: 'ok', detail: 'in memory' } });
    expect(new Set(sluice.lines.map((line) => line['process.pid']))).toEqual(new Set([sluice.pid]));
    expect(await sluice.metric('ext_authz_workers')).toBeUndefined();
  });

  it('tells what is wrong with a setting, as serve does', async () => {
    const { exitCode, stderr } = await runSluice(['dev'], { env: { LOG_LEVEL: 'loud' } });
    expect(exitCode).toBe(78);
    expect(stderr).toContain('LOG_LEVEL cannot be "loud"');
  });

  it('ends at once with Ctrl-C, and exit code 0', async () => {
    await using sluice = await startDev({ DRAIN_DELAY_MS: '600000' });
    sluice.signal('SIGINT');
    expect(await sluice.exitCode).toBe(0);
  });
});

describe('a running dev server', () => {
  let sluice: Sluice;
  beforeAll(async () => {
    sluice = await startDev(PATIENCE);
  });
  afterAll(() => sluice.stop());

  const token = (name: string) =>
    new RegExp(`^${name}=(\\S+)$`, 'm').exec(sluice.log)?.[1] as string;

  const check = (text: string) =>
    runSluice(['check', '--address', `127.0.0.1:${sluice.grpcPort}`, text]);

  const revoke = (text: string, input = '') => {
    const env = { AUTH_METRICS_PORT: new URL(sluice.adminUrl).port };
    return runSluice(['revoke', text], { env, input });
  };

  it('has shown one real Check, and tokens', () => {
    expect(sluice.log).toContain(
      'GET /hello with VALID  ->  allow (success)  x-user-id: alice  x-auth-provider: example',
    );
    for (const name of ['VALID', 'EXPIRED', 'REVOKED']) expect(token(name)).toMatch(/^eyJ/);
  });

  it.each([
    ['VALID', 0, 'allow (success)\n  x-user-id: alice\n  x-auth-provider: example\n'],
    ['EXPIRED', 3, 'deny, HTTP 401 (invalid_token)\n'],
    ['REVOKED', 3, 'deny, HTTP 403 (blacklisted)\n'],
  ])('answers "check" with %s', async (name, code, told) => {
    const { exitCode, stdout, stderr } = await check(token(name));
    expect([exitCode, stderr]).toEqual([code, '']);
    expect(stdout.startsWith(told)).toBe(true);
  });

  it('denies garbage', async () => {
    expect((await check('garbage')).stdout).toMatch(/^deny, HTTP 401 \(invalid_token\)\n/);
  });

  it('takes "revoke", and denies from then on', async () => {
    const { exitCode, stdout, stderr } = await revoke(token('VALID'));
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^revoked, until \d{4}-\d\d-\d\dT[\d:.]+Z\n$/);
    expect((await check(token('VALID'))).stdout).toMatch(/^deny, HTTP 403 \(blacklisted\)\n/);
  });

  it('takes "revoke -", with the token on standard input', async () => {
    const { exitCode, stdout } = await revoke('-', `${token('VALID')}\n`);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^revoked, until /);
  });

  it('has nothing to do for a token that has expired', async () => {
    expect(await revoke(token('EXPIRED'))).toEqual({
      exitCode: 0,
      stdout: 'nothing to revoke: the token has expired\n',
      stderr: '',
    });
  });

  it.each([
    ['garbage', 'garbage', 'that is not a token'],
    ['a token without jti', signed({ exp: 4_000_000_000 }), 'the token has no jti'],
    ['a token without exp', signed({ jti: 'a' }), 'the token has no exp'],
  ])('is not asked to revoke %s', async (_, text, why) => {
    const { exitCode, stdout, stderr } = await revoke(text);
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toContain(`sluice: ${why}`);
    expect(stderr).not.toContain(text === 'garbage' ? 'garbage' : text);
  });

  it('logs no token', () => {
    for (const line of sluice.lines) expect(JSON.stringify(line)).not.toContain('eyJ');
  });
});

describe('a command that finds nobody', () => {
  const valid = signed({ jti: 'a', exp: 4_000_000_000 });

  it('says so: check', async () => {
    const { exitCode, stdout, stderr } = await runSluice([
      'check',
      '--address',
      '127.0.0.1:1',
      valid,
    ]);
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/127\.0\.0\.1:1 gave no decision: UNAVAILABLE: .*ECONNREFUSED/);
    expect(stderr).not.toContain(valid);
  });

  it('says so, and what to do: revoke', async () => {
    const { exitCode, stderr } = await runSluice(['revoke', valid], {
      env: { AUTH_METRICS_PORT: '1' },
    });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('no dev server at http://127.0.0.1:1/dev/revoke: start one with');
    expect(stderr).not.toContain(valid);
  });
});
