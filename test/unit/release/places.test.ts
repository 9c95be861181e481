import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { versionFaults } from '../../../scripts/lib/release/places.ts';

const DOCKERFILE = 'deploy/docker/Dockerfile';
const BASE = 'deploy/kubernetes/base/kustomization.yaml';
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-places-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function faultsOf(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return versionFaults(folder, '1.2.3');
}

const right = {
  [DOCKERFILE]: 'FROM node\nARG VERSION=1.2.3\nARG REVISION=\n',
  [BASE]: 'images:\n  - name: sluice\n    newTag: 1.2.3\n',
};

it('finds nothing where it is the same everywhere', async () => {
  expect(await faultsOf(right)).toEqual([]);
});

it('tells each place where it is another, or none', async () => {
  const files = { [DOCKERFILE]: 'FROM node\n', [BASE]: right[BASE].replace('1.2.3', '1.2.30') };
  expect(await faultsOf(files)).toEqual([
    `${DOCKERFILE}: has no version; package.json says 1.2.3`,
    `${BASE}: has "newTag: 1.2.30"; package.json says 1.2.3`,
  ]);
});

it('is the same everywhere here', async () => {
  const root = join(import.meta.dirname, '../../..');
  const { version } = (await import('../../../package.json', { with: { type: 'json' } })).default;
  expect(await versionFaults(root, version)).toEqual([]);
});
