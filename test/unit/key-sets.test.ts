import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PolicyIssuer } from '../../src/config/policy/policy-file.ts';
import { KeySets } from '../../src/key-sets.ts';
import { RecordingLogger } from '../support/logger.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { keyPair, SECRET } from '../support/tokens.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-key-sets-'));
});
afterAll(() => rm(folder, { recursive: true }));

const { publicKey, pem } = keyPair('ES256');
const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'a' }] };

const issuer = (
  keys: PolicyIssuer['keys'],
  algorithms: PolicyIssuer['algorithms'] = ['ES256'],
) => ({ ...{ issuer: 'me', keys, algorithms, clockSkewSec: 5 }, keysAt: 'p.yaml:1:1: keys: ' });

const build = () => new KeySets(new ManualClock(), new RecordingLogger());

async function fileOf(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

it('has keys of every kind that is there at once', async () => {
  const keySets = build();
  const kidsOf = async (
    keys: PolicyIssuer['keys'],
    algorithm: PolicyIssuer['algorithms'][number] = 'ES256',
  ) => {
    const { set, giveBack } = await keySets.take(issuer(keys, [algorithm]));
    const kids = set.candidates(undefined, algorithm).map(({ kid }) => kid);
    giveBack();
    return kids;
  };
  const path = await fileOf('jwks.json', JSON.stringify(jwks));
  expect(await kidsOf({ kind: 'jwks', jwks } as never)).toEqual(['a']);
  expect(await kidsOf({ kind: 'jwks_file', file: path })).toEqual(['a']);
  const pemFile = await fileOf('key.pem', pem);
  expect(await kidsOf({ kind: 'public_key_file', file: pemFile })).toEqual([undefined]);
  const secrets = { kind: 'secret', secret: SECRET, previousSecret: `${SECRET}.` } as const;
  expect(await kidsOf(secrets, 'HS256')).toEqual([undefined, undefined]);
});

it('has a public key for each algorithm that it is one for', async () => {
  const file = await fileOf('rsa.pem', keyPair('RS256').pem);
  const taken = await build().take(
    issuer({ kind: 'public_key_file', file }, ['ES256', 'RS256', 'PS256']),
  );
  const counts = (['ES256', 'RS256', 'PS256'] as const).map(
    (algorithm) => taken.set.candidates(undefined, algorithm).length,
  );
  expect(counts).toEqual([0, 1, 1]);
});

it.each<[string, PolicyIssuer['keys'], string]>([
  [
    'a short secret',
    { kind: 'secret', secret: 'short', previousSecret: undefined },
    'ES256 needs a public key, not a secret',
  ],
  ['no file', { kind: 'jwks_file', file: '/no/such/file' }, 'no keys in /no/such/file: ENOENT'],
  ['a set of nothing', { kind: 'jwks', jwks: { keys: [] } } as never, 'no usable key'],
  [
    'a URL without TLS',
    {
      ...{ kind: 'jwks_url', url: 'http://idp/jwks', allowHttp: false },
      ...{ cacheFile: undefined, staleMaxSec: 60 },
    },
    'an https URL',
  ],
])('tells where keys stand that cannot be used: %s', async (_, keys, fault) => {
  const taken = build().take(issuer(keys));
  await expect(taken).rejects.toThrow('p.yaml:1:1: keys: ');
  await expect(taken).rejects.toThrow(fault);
});

it('shares a set that is fetched or followed among policies, until the last gives it back', async () => {
  const keySets = build();
  const file = await fileOf('shared.json', JSON.stringify(jwks));
  const one = await keySets.take(issuer({ kind: 'jwks_file', file }));
  const two = await keySets.take(issuer({ kind: 'jwks_file', file }));
  const other = await keySets.take(issuer({ kind: 'jwks_file', file }, ['ES256', 'RS256']));
  expect(two.set).toBe(one.set);
  expect(other.set).not.toBe(one.set);
  one.giveBack();
  expect(one.set.component?.state).toBe('ok');
  expect(keySets.instruments).toEqual(one.set.instruments);
  two.giveBack();
  expect(one.set.component?.state).toBe('stopped');
  expect(keySets.instruments).toEqual(other.set.instruments);
  other.giveBack();
  expect(keySets.instruments).toEqual([]);
});

it('measures one set of an issuer, that of the policy in force, while the next one waits', async () => {
  const keySets = build();
  const files = await Promise.all(
    ['old.json', 'new.json'].map((name) => fileOf(name, JSON.stringify(jwks))),
  );
  const first = await keySets.take(issuer({ kind: 'jwks_file', file: files[0] as string }));
  const inForce = keySets.instruments;
  expect(inForce.length).toBeGreaterThan(0);
  const second = await keySets.take(issuer({ kind: 'jwks_file', file: files[1] as string }));
  expect(keySets.instruments).toEqual(inForce);
  first.giveBack();
  expect(keySets.instruments).toEqual(second.set.instruments);
  second.giveBack();
  expect(keySets.instruments).toEqual([]);
});
