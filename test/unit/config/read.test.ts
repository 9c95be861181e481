import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { printSettings } from '../../../src/config/print.ts';
import { parseSettings, readSettings, SettingsError } from '../../../src/config/read.ts';
import { settingInfos } from '../../../src/config/setting-info.ts';
import { schema } from '../../../src/config/settings.ts';
import { keyPair } from '../../support/tokens.ts';
import { faultsOf, REQUIRED, read } from './environment.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-read-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function fileOf(content: string): string {
  const file = join(folder, String(files++));
  writeFileSync(file, content);
  return file;
}

const noCheck = async () => [];

describe('readSettings', () => {
  it('lists all that is missing', async () => {
    const error = await readSettings({}, noCheck).catch((fault: unknown) => fault);
    expect(error).toBeInstanceOf(SettingsError);
    const { faults, message } = error as SettingsError;
    expect(faults).toEqual([
      expect.stringContaining(
        'AUTH_REDIS_URL (or AUTH_REDIS_URL_FILE) is not set; it must be redis',
      ),
      expect.stringContaining('AUTH_SECRET_KEY (or AUTH_SECRET_KEY_FILE) is not set; it must be'),
      expect.stringContaining('AUTH_ISSUER is not set; it must be'),
      expect.stringContaining('AUTH_AUDIENCE is not set; it must be'),
    ]);
    for (const fault of faults) expect(message).toContain(`\n  - ${fault}`);
  });

  it('takes what is empty, or nothing but space, for not set', async () => {
    const nothing = Object.fromEntries(settingInfos.map(({ name }) => [name, '']));
    const faults = await faultsOf({ ...nothing, AUTH_ISSUER: ' ', AUTH_AUDIENCE: '\n' });
    expect(faults).toHaveLength(4);
    const { settings, given } = await read({ ...nothing, ...REQUIRED, AUTH_REDIS_URL_FILE: '' });
    expect(settings.AUTH_GRPC_PORT).toBe(50051);
    expect([...given.keys()]).toEqual(Object.keys(REQUIRED).toSorted(bySchema));
  });

  it('lists faults of every kind at once', async () => {
    const faults = await faultsOf({
      AUTH_GRPC_PORT: 'fifty',
      AUTH_SECRET_KEY: 'short',
      AUTH_ISSUER: '',
      REDIS_MIN_IDLE_CONNS: '8',
      BATCH_MAX_IN_FLIGHT: '5',
      GRPC_TLS_CERT_FILE: import.meta.filename,
      LOG_LEVEL: 'loud',
      OTEL_ENABLED: 'true',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'grpc://collector',
    });
    const names = [
      'AUTH_ISSUER',
      'AUTH_GRPC_PORT',
      'LOG_LEVEL',
      'REDIS_MIN_IDLE_CONNS',
      'BATCH_MAX_IN_FLIGHT',
      'GRPC_TLS_KEY_FILE',
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      'AUTH_SECRET_KEY',
    ];
    expect(faults.map((fault) => fault.split(/[ :]/, 1)[0]).toSorted()).toEqual(names.toSorted());
  });

  it('tells one cause once', async () => {
    const tls = { GRPC_TLS_CERT_FILE: import.meta.filename, GRPC_TLS_KEY_FILE: '/nowhere' };
    expect(await faultsOf(tls)).toHaveLength(1);
    expect(await faultsOf({ REDIS_POOL_SIZE: 'x', REDIS_MIN_IDLE_CONNS: '8' })).toHaveLength(1);
    expect(await faultsOf({ AUTH_GRPC_PORT: 'x', AUTH_METRICS_PORT: 'x' })).toHaveLength(2);
    expect(await faultsOf({ AUTH_ALGORITHM: 'HS1', AUTH_SECRET_KEY: 'short' })).toHaveLength(1);
    const otel = { OTEL_ENABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: 'a b' };
    expect(await faultsOf(otel)).toHaveLength(1);
  });

  it('has no eyes for the rest of the environment', async () => {
    const { settings } = await read({ PATH: '/bin', toString: 'x', HOME: '/root', AUTH_X: '1' });
    expect(Object.keys(settings).toSorted()).toEqual(
      settingInfos.map(({ name }) => name).toSorted(),
    );
  });

  it.each(['debug', 'DEBUG', 'Debug'])('reads LOG_LEVEL %s', async (level) => {
    expect((await read({ LOG_LEVEL: level })).settings.LOG_LEVEL).toBe('debug');
  });

  it.each(['collector:4317', 'collector', '10.0.0.1:4317', 'http://collector:4317'])(
    'takes %s as an OTLP endpoint',
    async (endpoint) => {
      const env = { OTEL_ENABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
      expect((await read(env)).settings.OTEL_EXPORTER_OTLP_ENDPOINT).toBe(endpoint);
    },
  );
});

const { pem, privateKey } = keyPair('RS256');
const smallPem = keyPair('RS256', 1024).pem;

describe('the key', () => {
  it.each([
    ['a short secret', 'HS256', 'x'.repeat(31), 'HS256 needs a secret of 32 bytes or more, got 31'],
    ['a secret short for its hash', 'HS512', 'x'.repeat(63), '64 bytes or more, got 63'],
    ['a public key as a secret', 'HS256', pem, 'HS256 needs a secret, not a public key'],
    ['garbage', 'RS256', 'x'.repeat(64), 'RS256 needs a public key, not a secret'],
    ['a private key', 'RS256', privatePem(), 'not one PEM public key: a PEM PRIVATE KEY'],
    ['a certificate', 'RS256', label('CERTIFICATE'), 'not one PEM public key: a PEM CERTIFICATE'],
    ['a PEM of garbage', 'RS256', label('PUBLIC KEY'), 'the PEM PUBLIC KEY cannot be read'],
    ['two keys', 'RS256', pem + pem, 'a PEM PUBLIC KEY and a PEM PUBLIC KEY'],
    ['a small key', 'RS256', smallPem, 'an RSA key of 2048 bits or more is needed, got 1024'],
    ['a key of another kind', 'ES256', pem, 'the public key is not one for ES256: it is rsa'],
  ])('cannot be %s', async (_, algorithm, key, why) => {
    const faults = await faultsOf({ AUTH_ALGORITHM: algorithm, AUTH_SECRET_KEY: key });
    expect(faults).toEqual([expect.stringContaining(why)]);
    expect(faults[0]).toMatch(/^AUTH_SECRET_KEY: /);
    for (const line of key.split('\n').filter((part) => part.length > 30)) {
      if (!line.startsWith('-----')) expect(faults[0]).not.toContain(line);
    }
  });

  it('may have its line ends spelled out', async () => {
    const env = { AUTH_ALGORITHM: 'RS256', AUTH_SECRET_KEY: pem.replaceAll('\n', '\\n') };
    expect(await faultsOf(env)).toEqual([]);
  });

  it('is taken as it is, outer spaces too', async () => {
    const secret = ` ${'x'.repeat(40)}\n`;
    expect((await read({ AUTH_SECRET_KEY: secret })).settings.AUTH_SECRET_KEY).toBe(secret);
  });
});

function privatePem(): string {
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
}

function label(name: string): string {
  return `-----BEGIN ${name}-----\n${'A'.repeat(64)}\n-----END ${name}-----\n`;
}

function bySchema(a: string, b: string): number {
  const order = settingInfos.map(({ name }) => name as string);
  return order.indexOf(a) - order.indexOf(b);
}

describe('NAME_FILE', () => {
  const secret = 'a secret out of a file, sixty-four bytes long as it has to be, yes';

  it('holds a secret, up to one line end', async () => {
    for (const content of [secret, `${secret}\n`, `${secret}\r\n`]) {
      const env = { AUTH_SECRET_KEY: '', AUTH_SECRET_KEY_FILE: fileOf(content) };
      expect((await read(env)).settings.AUTH_SECRET_KEY).toBe(secret);
    }
    const env = { AUTH_SECRET_KEY: '', AUTH_SECRET_KEY_FILE: fileOf(`${secret}\n\n`) };
    expect((await read(env)).settings.AUTH_SECRET_KEY).toBe(`${secret}\n`);
  });

  it('works for every secret', async () => {
    const file = fileOf('redis://:pass@redis.example:6380/1\n');
    const { settings } = await read({ AUTH_REDIS_URL: undefined, AUTH_REDIS_URL_FILE: file });
    expect(settings.AUTH_REDIS_URL).toMatchObject({ password: 'pass', port: 6380, db: 1 });
  });

  it('is not for what is no secret', async () => {
    const faults = await faultsOf({ AUTH_ISSUER: '', AUTH_ISSUER_FILE: fileOf('issuer') });
    expect(faults).toEqual([expect.stringMatching(/^AUTH_ISSUER is not set/)]);
  });

  it('excludes NAME', async () => {
    expect(await faultsOf({ AUTH_SECRET_KEY_FILE: fileOf(secret) })).toEqual([
      'AUTH_SECRET_KEY and AUTH_SECRET_KEY_FILE are both set; only one may be',
    ]);
  });

  it('tells of a file that is not there, once', async () => {
    const env = { AUTH_SECRET_KEY: '', AUTH_SECRET_KEY_FILE: '/nowhere/key' };
    expect(await faultsOf(env)).toEqual(['AUTH_SECRET_KEY_FILE: cannot read /nowhere/key: ENOENT']);
    const directory = await faultsOf({ AUTH_SECRET_KEY: '', AUTH_SECRET_KEY_FILE: folder });
    expect(directory).toEqual([`AUTH_SECRET_KEY_FILE: cannot read ${folder}: EISDIR`]);
  });

  it('tells of an empty file', async () => {
    const file = fileOf(' \n');
    expect(await faultsOf({ AUTH_SECRET_KEY: '', AUTH_SECRET_KEY_FILE: file })).toEqual([
      `AUTH_SECRET_KEY_FILE: ${file} is empty`,
    ]);
  });
});

describe('parseSettings', () => {
  const wanted = {
    AUTH_ISSUER: schema.AUTH_ISSUER,
    AUTH_METRICS_PORT: schema.AUTH_METRICS_PORT,
  };

  it('reads what is wanted', () => {
    const env = { AUTH_ISSUER: 'issuer', AUTH_GRPC_PORT: '1' };
    expect(parseSettings(env, wanted)).toEqual({ AUTH_ISSUER: 'issuer', AUTH_METRICS_PORT: 9090 });
  });

  it('throws for what is wanted, and for nothing else', () => {
    const elsewhere = { AUTH_GRPC_PORT: 'x', AUTH_SECRET_KEY_FILE: '/nowhere' };
    expect(parseSettings({ AUTH_ISSUER: 'issuer', ...elsewhere }, wanted)).toBeDefined();
    const fault = /AUTH_METRICS_PORT cannot be "x"/;
    expect(() => parseSettings({ AUTH_METRICS_PORT: 'x', ...elsewhere }, wanted)).toThrow(fault);
  });
});

describe('a secret', () => {
  const printable = fc
    .string({ unit: 'grapheme-ascii', minLength: 8 })
    // Else it could stand in a message by chance; with a slash first it is taken for a path.
    .filter((text) => /[^A-Za-z0-9 _./:,-]/.test(text) && /^[^/\s].*\S$/.test(text));
  const places: readonly ((secret: string) => Record<string, string>)[] = [
    (secret) => ({ AUTH_SECRET_KEY: secret }),
    (secret) => ({ AUTH_SECRET_KEY: secret, AUTH_ALGORITHM: 'RS256' }),
    (secret) => ({ AUTH_SECRET_KEY: `-----BEGIN ${secret}-----`, AUTH_ALGORITHM: 'RS256' }),
    (secret) => ({ AUTH_SECRET_KEY: `-----BEGIN PUBLIC KEY-----\n${secret}` }),
    (secret) => ({ AUTH_SECRET_KEY: '', AUTH_SECRET_KEY_FILE: secret }),
    (secret) => ({ AUTH_SECRET_KEY: '', AUTH_SECRET_KEY_FILE: fileOf(secret) }),
    (secret) => ({ AUTH_REDIS_URL: secret }),
    (secret) => ({ AUTH_REDIS_URL: `redis://:${secret}@redis.example` }),
    (secret) => ({ AUTH_REDIS_URL: `redis://:${encodeURIComponent(secret)}@redis.example` }),
    (secret) => ({ AUTH_REDIS_URL: '', AUTH_REDIS_URL_FILE: fileOf(`redis://:${secret}@h`) }),
    (secret) => ({ AMQP_URL: `amqp://user:${secret}@mq.example` }),
  ];

  it('is never shown, neither in a fault nor in a warning nor among the settings', async () => {
    await fc.assert(
      fc.asyncProperty(printable, fc.constantFrom(...places), async (secret, place) => {
        const env = { ...REQUIRED, ...place(secret), REDIS_POOL_SIZE: '500' };
        const shown = await read(env).then(
          (result) => [...result.warnings, printSettings(result)].join('\n'),
          (error: SettingsError) => error.message,
        );
        expect(shown).not.toContain(secret);
        expect(shown).not.toContain(encodeURIComponent(secret));
        expect(shown).not.toContain(JSON.stringify(secret).slice(1, -1));
      }),
    );
  });
});
