import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { runSluice, SETTINGS } from '../../support/sluice.ts';
import { keyPair, SECRET } from '../../support/tokens.ts';

/** Nobody is there: a start that fails does not need to be let in. */
const REDIS = 'redis://:s3cr3t-pass@127.0.0.1:1';

const serve = (env: Readonly<Record<string, string>> = {}) =>
  runSluice(['serve'], { env: { ...SETTINGS, AUTH_REDIS_URL: REDIS, ...env } });

const { pem, privateKey } = keyPair('RS256');
const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
const certificate = pem.replaceAll('PUBLIC KEY', 'CERTIFICATE');

/** What a message quotes of a PEM gives it away. */
const bodyOf = (text: string) => text.split('\n').filter((line) => /^[\w+/=]{20,}$/.test(line));

describe('serve', () => {
  it('without settings lists all that is missing', async () => {
    const { exitCode, stdout, stderr } = await runSluice(['serve']);
    expect([exitCode, stdout]).toEqual([78, '']);
    const faults = stderr.split('\n').filter((line) => line.startsWith('  - '));
    expect(faults.map((line) => line.split(' ')[3])).toEqual([
      'AUTH_REDIS_URL',
      'AUTH_SECRET_KEY',
      'AUTH_ISSUER',
      'AUTH_AUDIENCE',
    ]);
  });

  it.each<[string, Record<string, string>, string]>([
    [
      'a weak secret',
      { AUTH_SECRET_KEY: 'only thirty-one bytes of secret' },
      '32 bytes or more, got 31',
    ],
    [
      'an unknown algorithm',
      { AUTH_ALGORITHM: 'HS1' },
      'AUTH_ALGORITHM cannot be "HS1"; it must be',
    ],
    ['a secret for RS256', { AUTH_ALGORITHM: 'RS256' }, 'RS256 needs a public key, not a secret'],
    [
      'a private key for RS256',
      { AUTH_ALGORITHM: 'RS256', AUTH_SECRET_KEY: privatePem },
      'not one PEM public key: a PEM PRIVATE KEY',
    ],
    [
      'a certificate for RS256',
      { AUTH_ALGORITHM: 'RS256', AUTH_SECRET_KEY: certificate },
      'not one PEM public key: a PEM CERTIFICATE',
    ],
    ['a public key for HS256', { AUTH_SECRET_KEY: pem }, 'HS256 needs a secret, not a public key'],
    [
      'a Redis URL with a typo',
      { AUTH_REDIS_URL: 'rdis://:s3cr3t-pass@redis.example' },
      'AUTH_REDIS_URL cannot be what it holds (not shown); it must be redis://',
    ],
    [
      'settings that contradict each other',
      { REDIS_MIN_IDLE_CONNS: '9' },
      'REDIS_MIN_IDLE_CONNS cannot be 9 with REDIS_POOL_SIZE at 4',
    ],
  ])('refuses %s with exit code 78, and shows no secret', async (_, env, why) => {
    const { exitCode, stdout, stderr } = await serve(env);
    expect([exitCode, stdout]).toEqual([78, '']);
    expect(stderr.split('\n').filter((line) => line.startsWith('  - '))).toHaveLength(1);
    expect(stderr).toContain(why);
    const secrets = [SECRET, 's3cr3t-pass', env.AUTH_SECRET_KEY ?? SECRET];
    for (const secret of secrets.flatMap((text) => [text, ...bodyOf(text)])) {
      expect(stderr).not.toContain(secret);
    }
  });

  it('lists faults of every kind at once', async () => {
    const { stderr } = await serve({
      AUTH_GRPC_PORT: 'fifty',
      AUTH_SECRET_KEY: 'short',
      REDIS_MIN_IDLE_CONNS: '9',
    });
    for (const name of ['AUTH_GRPC_PORT', 'AUTH_SECRET_KEY', 'REDIS_MIN_IDLE_CONNS']) {
      expect(stderr).toMatch(new RegExp(`^ {2}- ${name}\\b`, 'm'));
    }
  });
});

describe('a port that is in use', () => {
  it.each([
    ['AUTH_GRPC_PORT', '1'],
    ['AUTH_METRICS_PORT', '1'],
    ['AUTH_GRPC_PORT', '2'],
    ['AUTH_METRICS_PORT', '2'],
  ])(
    'is told with %s, and ends everything with exit code 1 (WORKERS=%s)',
    async (name, workers) => {
      const taken = createServer().listen(0, '127.0.0.1');
      await once(taken, 'listening');
      const { port } = taken.address() as AddressInfo;
      const { exitCode, stderr } = await serve({ [name]: String(port), WORKERS: workers });
      expect(stderr).toContain(`sluice: ${name}: cannot listen on 127.0.0.1:${port}: `);
      expect(stderr).toContain('EADDRINUSE');
      expect(exitCode).toBe(1);
      taken.close();
    },
  );
});

describe('a certificate that is none', () => {
  it.each(['1', '2'])('is a fault of the settings (WORKERS=%s)', async (workers) => {
    const file = import.meta.filename;
    const { exitCode, stderr } = await serve({
      GRPC_TLS_CERT_FILE: file,
      GRPC_TLS_KEY_FILE: file,
      WORKERS: workers,
    });
    expect(stderr).toContain(
      `GRPC_TLS_CERT_FILE, GRPC_TLS_KEY_FILE: no usable certificate, key and authorities in ${file}`,
    );
    expect(exitCode).toBe(78);
  });
});
