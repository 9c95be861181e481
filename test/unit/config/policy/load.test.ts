import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadPolicy } from '../../../../src/config/policy/load.ts';
import { SettingsError } from '../../../../src/config/read.ts';
import { ENV, ISSUER, issuer } from './policies.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-policy-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = join(folder, 'policy.yaml');
const MEBIBYTE = 1 << 20;

function load(content: string | Uint8Array, env: Record<string, string> = ENV) {
  writeFileSync(file, content);
  return loadPolicy(file, env);
}

async function faultsOf(content: string | Uint8Array, env?: Record<string, string>) {
  const error = await load(content, env).catch((fault: unknown) => fault);
  expect(error).toBeInstanceOf(SettingsError);
  return (error as SettingsError).faults;
}

describe('loadPolicy', () => {
  it('takes a byte order mark and lines that end as on Windows', async () => {
    const windows = `\uFEFF${ISSUER.replaceAll('\n', '\r\n')}`;
    expect((await load(windows)).issuers).toHaveLength(1);
  });

  it('finds the place all the same', async () => {
    const at = [`${file}:7:9: tokens: nothing read; a list of 1 to 4`];
    for (const text of [`${ISSUER}tokens: ~\n`, `\uFEFF${ISSUER}tokens: ~\n`]) {
      for (const content of [text, text.replaceAll('\n', '\r\n')]) {
        const faults = await faultsOf(content);
        expect(
          faults.map((fault) => fault.replace('~ read', 'nothing read').slice(0, at[0]?.length)),
        ).toEqual(at);
      }
    }
    expect(await faultsOf('\uFEFFversion: 2')).toContain(`${file}:1:10: version: 2 read; 1 wanted`);
  });

  it('takes 1 MiB, and no byte more', async () => {
    const full = `${ISSUER}#${'x'.repeat(MEBIBYTE - ISSUER.length - 1)}`;
    expect((await load(full)).issuers).toHaveLength(1);
    expect(await faultsOf(`${full}x`)).toEqual([
      `${file}:1:1: ${MEBIBYTE + 1} bytes read; at most ${MEBIBYTE} wanted`,
    ]);
  });

  it('says in which line something is not UTF-8', async () => {
    const latin = Buffer.concat([
      Buffer.from(`# é\n# é\n# `),
      Buffer.of(0xe9),
      Buffer.from(ISSUER),
    ]);
    expect(await faultsOf(latin)).toEqual([`${file}:3:1: not UTF-8`]);
    expect(await faultsOf(Buffer.from(`\uFEFF${ISSUER}`, 'utf16le'))).toEqual([
      `${file}:1:1: not UTF-8`,
    ]);
  });

  it('says of a file that cannot be read why', async () => {
    const error = await loadPolicy(join(folder, 'nowhere'), {}).catch((fault: unknown) => fault);
    expect((error as SettingsError).faults).toEqual([
      `${join(folder, 'nowhere')}:1:1: cannot be read: ENOENT`,
    ]);
    const directory = await loadPolicy(folder, {}).catch((fault: unknown) => fault);
    expect((directory as SettingsError).faults).toEqual([`${folder}:1:1: cannot be read: EISDIR`]);
  });

  it('starts relative paths from the folder of the file', async () => {
    const { issuers } = await load(issuer('{ jwks_file: policy.yaml }'));
    expect(issuers[0]?.keys).toEqual({ kind: 'jwks_file', file });
    const cached = await load(issuer('{ discovery: true, cache_file: ../keys.json }'));
    expect(cached.issuers[0]?.keys).toMatchObject({ cacheFile: join(tmpdir(), 'keys.json') });
    const absolute = await load(issuer('{ discovery: true, cache_file: /var/keys.json }'));
    expect(absolute.issuers[0]?.keys).toMatchObject({ cacheFile: '/var/keys.json' });
  });

  it('says where keys stand, for what is found wrong with them later', async () => {
    const { issuers } = await load(ISSUER);
    expect(issuers[0]?.keysAt).toBe(`${file}:4:11: issuers[0].keys: `);
  });
});

it('reads no library before there is a policy to read', () => {
  const load = join(import.meta.dirname, '../../../../src/config/policy/load.ts');
  const script = `
    import { createRequire } from 'node:module';
    const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((id) => id.includes('/node_modules/yaml/'));
    const { loadPolicy } = await import(${JSON.stringify(load)});
    const before = loaded();
    await loadPolicy(${JSON.stringify(file)}, {});
    console.log(before, loaded());`;
  writeFileSync(file, ISSUER);
  const args = ['--input-type=module', '-e', script];
  expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toBe('false true\n');
});

describe('a secret', () => {
  const withSecret = issuer('{ secret_env: SECRET, previous_secret_env: OLD_SECRET }', '[HS256]');

  it('comes out of its variable', async () => {
    const { issuers } = await load(withSecret);
    const { SECRET: secret, OLD_SECRET: previousSecret } = ENV;
    expect(issuers[0]?.keys).toEqual({ kind: 'secret', secret, previousSecret });
  });

  it('comes out of the file that another variable names', async () => {
    const secretFile = join(folder, 'secret');
    writeFileSync(secretFile, 'a secret in a file\n');
    const { issuers } = await load(issuer('{ secret_env: SECRET }', '[HS256]'), {
      SECRET_FILE: secretFile,
    });
    expect(issuers[0]?.keys).toEqual({
      kind: 'secret',
      secret: 'a secret in a file',
      previousSecret: undefined,
    });
  });

  it.each([
    [{ SECRET: 'hunter2', SECRET_FILE: '/x' }, 'SECRET and SECRET_FILE are both set'],
    [{ SECRET_FILE: '/nowhere' }, 'SECRET_FILE: cannot read /nowhere: ENOENT'],
    [{ SECRET: ' ' }, 'SECRET (or SECRET_FILE) is not set; it must hold the secret'],
    [{ SECRET_FILE: 'hunter2' }, 'SECRET_FILE: cannot read the file it names (not shown'],
  ])('is missed where it is not: %o', async (env, what) => {
    const faults = await faultsOf(issuer('{ secret_env: SECRET }', '[HS256]'), env);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(`${file}:4:25: issuers[0].keys.secret_env: ${what}`);
    expect(faults[0]).not.toContain('hunter2');
  });
});
