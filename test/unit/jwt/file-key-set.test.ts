import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileKeySet } from '../../../src/jwt/file-key-set.ts';
import { issuerKey, jwks, turn } from '../../support/jwks.ts';
import { RecordingLogger } from '../../support/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/until.ts';

const execute = promisify(execFile);
const REREAD_MS = 10_000;
const SKEW_SEC = 5;
const LAG_SEC = 120;
const NAME = 'https://issuer.example';
const [a, b] = [issuerKey('a'), issuerKey('b')];

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-keys-'));
  path = join(folder, 'keys.json');
});

afterEach(() => rm(folder, { recursive: true }));

function build() {
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const set = new FileKeySet(
    { name: NAME, path, algorithms: ['ES256', 'HS256'], clockSkewSec: SKEW_SEC },
    clock,
    logger,
  );
  const has = (kid: string) => set.candidates(kid, 'ES256').length > 0;
  const fetches = (outcome: string) =>
    set.instruments.find(
      ({ about }) =>
        about.name === 'ext_authz_key_fetches_total' && about.labels?.outcome === outcome,
    ) as { value: number };
  /** Re-reads, until that shows. */
  const reread = async (shows: () => boolean) => {
    clock.advance(REREAD_MS);
    await until(shows);
    await turn();
  };
  return { clock, logger, set, has, fetches, reread };
}

async function started(...keys: readonly unknown[]) {
  await writeFile(path, jwks(...keys));
  const rig = build();
  await rig.set.start();
  return rig;
}

describe('at the start', () => {
  it('keys are read, secrets among them', async () => {
    const k = Buffer.alloc(32, 7).toString('base64url');
    const { set, has, logger } = await started(a.jwk, { kty: 'oct', kid: 's', k });
    expect(has('a')).toBe(true);
    expect(set.candidates('s', 'HS256')).toHaveLength(1);
    expect(set.component).toEqual({
      name: `keys:${NAME}`,
      state: 'ok',
      detail: '2 keys, read 0 s ago',
    });
    expect(logger.text).not.toContain(k);
  });

  it.each([
    ['is not there', undefined, 'ENOENT'],
    ['is no JSON', 'junk', 'not JSON'],
    ['has no key of use', '{"keys":[]}', 'no usable key'],
  ])('a file that %s is an error that names it', async (_, content, words) => {
    if (content !== undefined) await writeFile(path, content);
    const { set, clock } = build();
    await expect(set.start()).rejects.toThrow(`no keys in ${path}: ${words}`);
    expect(clock.pending).toBe(0);
  });
});

describe('a file that has changed', () => {
  it('is taken, what stays of it being the same keys', async () => {
    const { set, has, reread } = await started(a.jwk);
    const [before] = set.candidates('a', 'ES256');
    await writeFile(path, jwks(a.jwk, b.jwk));
    await reread(() => has('b'));
    expect(set.candidates('a', 'ES256')[0]).toBe(before);

    await writeFile(path, jwks(b.jwk));
    await reread(() => !has('a'));
    expect(before?.current).toBe(false);
  });

  it('is seen through symbolic links', async () => {
    const version = async (name: string, ...keys: readonly unknown[]) => {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'keys.json'), jwks(...keys));
    };
    await version('1', a.jwk);
    await version('2', b.jwk);
    await symlink('1', join(folder, 'data'));
    await symlink(join('data', 'keys.json'), path);
    const { set, has, reread } = build();
    await set.start();
    await symlink('2', join(folder, 'next'));
    await rename(join(folder, 'next'), join(folder, 'data'));
    await reread(() => has('b'));
    expect(has('a')).toBe(false);
  });

  it('that cannot be used is logged once and counted, and the old keys serve', async () => {
    const { set, has, reread, fetches, logger } = await started(a.jwk);
    const failures = fetches('failure');
    await writeFile(path, '{"keys":[');
    await reread(() => failures.value === 1);
    await reread(() => failures.value === 2);
    expect(has('a')).toBe(true);
    expect(set.component.state).toBe('degraded');
    expect(set.component.detail).toContain('last error: not JSON');
    const lines = logger.lines.filter(({ level }) => level === 'warn');
    expect(lines.map(({ message }) => message)).toEqual(['keys cannot be read']);

    await writeFile(path, jwks(a.jwk));
    await reread(() => set.component.state === 'ok');
  });

  it('is not read twice at a time: a read that hangs takes one of few threads', async () => {
    const { clock, has, fetches } = await started(a.jwk);
    await rm(path);
    await execute('mkfifo', [path]);
    for (let i = 0; i < 10; i++) {
      clock.advance(REREAD_MS);
      await turn();
    }
    await writeFile(path, jwks(b.jwk));
    await until(() => has('b'));
    expect(fetches('failure').value).toBe(0);
  });
});

it('a file that has not changed is not parsed again, but known to be of now', async () => {
  const { set, clock, fetches } = await started(a.jwk);
  clock.advance(REREAD_MS);
  await until(() => /read [0-2] s ago$/.test(set.component.detail ?? ''));
  expect(fetches('success').value).toBe(1);
});

describe('a key that is not there', () => {
  it('is absent at once for a token from before the file was read', async () => {
    const { set, clock } = await started(a.jwk);
    const before = clock.epochSeconds() - SKEW_SEC - LAG_SEC - 1;
    expect(set.verdict(before)).toBe('absent');
    expect(set.search('b', 'ES256', before)).toBe('absent');
    expect(set.verdict(before + 1)).toBeUndefined();
  });

  it('is looked for in the file, which may have it since', async () => {
    const { set, clock } = await started(a.jwk);
    const now = clock.epochSeconds();
    // It may be on its way into the file.
    expect(await set.search('b', 'ES256', now)).toBe('unavailable');
    await writeFile(path, jwks(a.jwk, b.jwk));
    expect(await set.search('b', 'ES256', now)).toBe('found');
    expect(set.candidates('b', 'ES256')).toHaveLength(1);
  });

  it('is nobody knows where, while the file cannot be read', async () => {
    const { set, clock } = await started(a.jwk);
    await rm(path);
    expect(await set.search('b', 'ES256', clock.epochSeconds())).toBe('unavailable');
    expect(await set.search('b', 'ES256', 0)).toBe('unavailable');
    await writeFile(path, jwks(a.jwk));
    expect(await set.search('b', 'ES256', 0)).toBe('absent');
  });

  it('is not looked for more often than is good', async () => {
    const { set, clock, fetches } = await started(a.jwk);
    for (let i = 0; i < 10; i++) {
      await writeFile(path, jwks(a.jwk, issuerKey(`other-${i}`).jwk));
      expect(await set.search('b', 'ES256', clock.epochSeconds())).toBe('unavailable');
    }
    expect(fetches('success').value).toBe(1 + 3);
  });
});

it('is read again within ten seconds, however often it could not be', async () => {
  const { set, clock, fetches } = await started(a.jwk);
  await rm(path);
  for (let time = 0; time < 10; time++) {
    const failures = fetches('failure').value;
    clock.advance(REREAD_MS);
    await until(() => fetches('failure').value > failures);
    await turn();
  }
  expect(set.component.state).toBe('degraded');
});

it('stops', async () => {
  const { set, clock } = await started(a.jwk);
  set.stop();
  expect(clock.pending).toBe(0);
  expect(set.component.state).toBe('stopped');
});
