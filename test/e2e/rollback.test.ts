import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ASSEMBLE_MS, assembleImageTree } from '../support/image.ts';
import { Load } from '../support/load.ts';
import { startSluice } from '../support/sluice.ts';
import { bearer, token } from '../support/stack.ts';
import { missing } from '../support/tools.ts';
import { startValkey } from '../support/valkey.ts';
import { Replicas, type StartReplica } from './replicas.ts';

/** Requests a second. */
const RATE = 250;
const NEXT_VERSION = '999.0.0-next';
let scratch = '';

interface Manifest {
  readonly version: string;
}

const manifestOf = async (tree: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(tree, 'package.json'), 'utf8'));

/** The same tree under another version. */
async function makeNext(tree: string, next: string): Promise<void> {
  await mkdir(next);
  for (const name of ['dist', 'proto']) {
    await cp(join(tree, name), join(next, name), { recursive: true });
  }
  await symlink(join(tree, 'node_modules'), join(next, 'node_modules'));
  const manifest = { ...(await manifestOf(tree)), version: NEXT_VERSION };
  await writeFile(join(next, 'package.json'), JSON.stringify(manifest));
}

describe.skipIf(missing('envoy', 'valkey'))('the drill of a rollback', () => {
  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'sluice-rollback-'));
    await assembleImageTree(join(scratch, 'now'));
    await makeNext(join(scratch, 'now'), join(scratch, 'next'));
  }, ASSEMBLE_MS);
  afterAll(() => rm(scratch, { recursive: true, force: true }));

  it('goes to the next version and back under load, and loses no check', async () => {
    await using valkey = await startValkey();
    const startFrom =
      (tree: string): StartReplica =>
      (settings) =>
        startSluice(
          { ...settings, AUTH_REDIS_URL: valkey.url },
          { main: join(scratch, tree, 'dist/main.js') },
        );
    const versions = () => replicas.running.map(({ lines }) => lines[0]?.['service.version']);
    const { version } = await manifestOf(join(scratch, 'now'));

    await using replicas = await Replicas.start(startFrom('now'));
    await using load = new Load(replicas.envoy.url(), { headers: bearer(token()), rate: RATE });
    const seen = [versions()];
    for (const tree of ['next', 'next', 'now', 'now']) {
      expect(await replicas.replaceOldest(startFrom(tree))).toBe(0);
      seen.push(versions());
    }
    const outcomes = await load.stop();
    expect(outcomes).toEqual({ 200: load.sent });
    expect(seen).toEqual([
      [version, version],
      [version, NEXT_VERSION],
      [NEXT_VERSION, NEXT_VERSION],
      [NEXT_VERSION, version],
      [version, version],
    ]);
  }, 120_000);
});
