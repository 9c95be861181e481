import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { KeyCacheFile } from '../../../src/jwt/key-cache-file.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-keys-'));
  path = join(folder, 'keys.json');
});

afterEach(() => rm(folder, { recursive: true }));

it('gives back what was written last', async () => {
  const file = new KeyCacheFile(path, 'https://issuer.example');
  expect(await file.read()).toBeUndefined();
  await Promise.all(Array.from({ length: 20 }, (_, i) => file.write([{ kid: `${i}` }], i)));
  const copy = await new KeyCacheFile(path, 'https://issuer.example').read();
  expect(copy?.fetchedAt).toBe(19);
  expect(JSON.parse(`${copy?.body}`).keys).toEqual([{ kid: '19' }]);
});

it('is whole whenever it is read, whoever writes', async () => {
  const keys = Array.from({ length: 100 }, (_, i) => ({ kid: `key-${i}`, x: 'x'.repeat(1_000) }));
  const writers = Array.from({ length: 4 }, () => new KeyCacheFile(path, 'source'));
  const writing = Promise.all(
    writers.flatMap((file) => Array.from({ length: 10 }, (_, i) => file.write(keys, i))),
  );
  let over = false;
  void writing.then(() => {
    over = true;
  });
  await writers[0]?.write(keys, 0);
  while (!over) expect(JSON.parse(await readFile(path, 'utf8')).keys).toHaveLength(100);
  expect(await readdir(folder)).toEqual(['keys.json']);
});

it('reports each write that failed', async () => {
  const file = new KeyCacheFile(join(folder, 'sub', 'keys.json'), 'source');
  await expect(file.write([], 0)).rejects.toThrow('ENOENT');
  await expect(file.write([], 0)).rejects.toThrow('ENOENT');
});
