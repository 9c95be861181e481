import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
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
  const revokeBy = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const redis = { AUTH_REDIS_URL: valkey.url, AUTH_ISSUER: 'https://own.example' };
    const { exitCode, stdout, stderr } = await runSluice(['revoke', ...args], {
      env: { ...redis, ...env },
    });
    return exitCode === 0 ? stdout : [exitCode, stderr];
  };

  /** When Redis forgets a key, in seconds since the epoch. */
  const endOf = async (key: string) => Number(await valkey.command('EXPIRETIME', key));

  it('keeps the key for as long as the token lives, and hardly longer', async () => {
    const exp = Math.floor(Date.now() / 1000) + 3600;
    const { exitCode, stdout, stderr } = await revoke(newToken({ jti: 'a', exp }));
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`revoked, until ${new Date(exp * 1000).toISOString()}\n`);
    expect(await endOf('blacklist:a')).toBeGreaterThanOrEqual(exp);
    // AUTH_CLOCK_SKEW_SEC and a minute, whole seconds, and how long it took to start and to ask.
    expect(await endOf('blacklist:a')).toBeGreaterThanOrEqual(exp + 5 + 60);
    expect(await endOf('blacklist:a')).toBeLessThanOrEqual(exp + 5 + 60 + 60);
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

  it('takes back what it did', async () => {
    const token = newToken({ jti: 'undone' });
    await revoke(token);
    expect(await revokeBy([token, '--undo'])).toBe('no longer revoked: the token\n');
    expect(await valkey.command('EXISTS', 'blacklist:undone')).toBe(0);
    expect(await revokeBy([token, '--undo'])).toBe('nothing to undo: the token was not revoked\n');
  });

  it.each<[readonly string[], string, string, RegExp]>([
    [['--jti', 'x'], 'blacklist:x', '1', /^revoked the token, until /],
    [['--sid', 'x'], 'blacklist-sid:x', '1', /^revoked the session, until /],
    [
      ['--sub', 'alice', '--before', '1700000000'],
      'blacklist-sub:https://own.example alice',
      '1700000000',
      /^revoked the tokens of "alice" at https:\/\/own\.example issued up to 2023-11-14T22:13:20\.000Z, until /,
    ],
    [
      ['--kid', 'k', '--issuer', 'other'],
      'blacklist-kid:other k',
      '1',
      /^revoked what the key "k" of other signed, until /,
    ],
    [['--issuer', 'i', '--all'], 'blacklist-iss:i', '1', /^revoked every token of i, until /],
  ])('revokes by %j, and takes it back', async (args, key, value, told) => {
    const now = Math.floor(Date.now() / 1000);
    expect(await revokeBy([...args, '--ttl', '3600'])).toMatch(told);
    expect(await valkey.command('GET', key)).toBe(value);
    expect(await endOf(key)).toBeGreaterThanOrEqual(now + 3600 + 65);
    expect(await endOf(key)).toBeLessThanOrEqual(now + 3600 + 65 + 60);
    const withoutTime = args.filter((arg) => arg !== '--before' && arg !== '1700000000');
    expect(await revokeBy([...withoutTime, '--undo'])).toMatch(/^no longer revoked: /);
    expect(await valkey.command('EXISTS', key)).toBe(0);
  });

  it('remembers for AUTH_MAX_TOKEN_LIFETIME_SEC, or asks how long that is', async () => {
    const now = Math.floor(Date.now() / 1000);
    const env = { AUTH_MAX_TOKEN_LIFETIME_SEC: '900', REVOCATION_TTL_MARGIN_SEC: '100' };
    expect(await revokeBy(['--sub', 'bob'], env)).toMatch(/^revoked the tokens of "bob" at/);
    const key = 'blacklist-sub:https://own.example bob';
    expect(Number(await valkey.command('GET', key))).toBeGreaterThanOrEqual(now + 5);
    expect(await endOf(key)).toBeGreaterThanOrEqual(now + 900 + 5 + 100 + 60);
    const [exitCode, stderr] = await revokeBy(['--sid', 'x']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--sid needs --ttl, the seconds that tokens live at most');
  });

  it('says of a cut-off that is there already that it holds', async () => {
    await revokeBy(['--sub', 'carol', '--before', '1700000000', '--ttl', '60']);
    expect(await revokeBy(['--sub', 'carol', '--before', '1600000000', '--ttl', '60'])).toContain(
      'issued up to 2023-11-14T22:13:20.000Z',
    );
  });

  it('knows what the policy file has asked for, and refuses what it has not', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'sluice-revoke-')), 'policy.yaml');
    onTestFinished(() => rm(dirname(file), { recursive: true }));
    const issuer = 'issuer: i, keys: { secret_env: S }, algorithms: [HS256], audiences: [a]';
    await writeFile(file, `version: 1\nissuers: [{ ${issuer}, revocation: sid }]\n`);
    const env = { AUTH_POLICY_FILE: file, AUTH_ISSUER: '', S: 'x'.repeat(32) };
    const told = await revokeBy([newToken({ iss: 'i', sid: 'of-a-session' })], env);
    expect(told).toMatch(/^revoked, with all of its session, until /);
    expect(await valkey.command('EXISTS', 'blacklist-sid:of-a-session')).toBe(1);
    expect(await revokeBy(['--sub', 'alice', '--ttl', '60'], env)).toEqual([
      ...[2, expect.stringContaining('--sub would revoke nothing')],
    ]);
  });

  it('has for dev mode nothing but tokens', async () => {
    const env = { AUTH_REDIS_URL: '' };
    const why = 'needs AUTH_REDIS_URL: a dev server can only be told to revoke a token';
    expect(await revokeBy(['--sid', 'x', '--ttl', '60'], env)).toEqual([
      ...[1, `sluice: --sid ${why}\n`],
    ]);
    expect(await revokeBy([newToken(), '--undo'], env)).toEqual([1, `sluice: --undo ${why}\n`]);
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
