import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ASSEMBLE_MS,
  assembleImageTree,
  cannotContain,
  contained,
  readImage,
} from '../../support/image.ts';
import { startServer } from '../../support/server-process.ts';
import { SETTINGS, Sluice } from '../../support/sluice.ts';
import { missing } from '../../support/tools.ts';
import { until } from '../../support/until.ts';
import { startValkey } from '../../support/valkey.ts';
import { CheckClient, newToken, PATIENCE } from '../process/check-client.ts';

const START_MS = 4_000;
const image = readImage();
const exec = promisify(execFile);
let scratch = '';
let tree = '';
let printed = '';

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'sluice-image-'));
  tree = join(scratch, 'app');
  printed = await assembleImageTree(tree);
}, ASSEMBLE_MS);

afterAll(() => rm(scratch, { recursive: true, force: true }));

/** Runs to its end what the image would; the exit code, and what it printed. */
async function runContained(
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
) {
  const root = await mkdtemp(join(scratch, 'root-'));
  const options = { env: { PATH: process.env.PATH, ...env } };
  return exec('unshare', contained(root, tree, image.user, command), options).then(
    ({ stdout }) => ({ code: 0, stdout }),
    ({ code, stdout }: { code: number; stdout: string }) => ({ code, stdout }),
  );
}

describe('the tree of the image', () => {
  it('holds the build and what it needs, and tells its size', async () => {
    expect((await readdir(tree)).sort()).toEqual([
      'LICENSE',
      'dist',
      'node_modules',
      'package-lock.json',
      'package.json',
      'proto',
    ]);
    const installed = await readdir(join(tree, 'node_modules'));
    expect(installed).toContain('rxjs');
    expect(installed).not.toContain('vitest');
    expect(printed).toMatch(/^all +[\d.]+ MiB in \d+ files$/m);
  });

  it('is put into no folder that holds something', async () => {
    await expect(assembleImageTree(tree)).rejects.toThrow(`${tree} is not empty`);
  });
});

describe.skipIf(missing('valkey') || cannotContain())('a container of the image', () => {
  it('answers a check within 4 s, read-only, and its health check finds it well', async () => {
    await using valkey = await startValkey();
    const started = performance.now();
    const server = await startServer({
      name: 'contained-sluice',
      command: 'unshare',
      args: async (folder) => contained(folder, tree, image.user, image.command),
      env: {
        PATH: process.env.PATH ?? '',
        ...image.env,
        ...SETTINGS,
        ...PATIENCE,
        AUTH_REDIS_URL: valkey.url,
      },
      isReady: ({ log }) => /"message":"listening"\}\n/.test(log),
    });
    await using sluice = new Sluice(server);
    await until(async () => (await sluice.ready()).status === 200);
    using client = new CheckClient(sluice.grpcPort);
    expect(await client.reasonFor(newToken())).toBe('success');
    expect(performance.now() - started).toBeLessThan(START_MS);

    const port = new URL(sluice.adminUrl).port;
    const healthy = await runContained(image.healthcheck, { AUTH_METRICS_PORT: port });
    expect(healthy.code).toBe(0);
    await sluice.stop();
    const gone = await runContained(image.healthcheck, { AUTH_METRICS_PORT: port });
    expect(gone.code).toBe(1);
  });

  it('says which settings it lacks, and ends', async () => {
    expect((await runContained(image.command, image.env)).code).toBe(78);
  });

  it('has no shell, nothing to write to, and no rights', async () => {
    const script = `
      const fs = require('node:fs');
      let code = 'none';
      try { fs.writeFileSync('/app/dist/new', '') } catch (error) { code = error.code }
      const rights = [process.getuid(), process.getgid(), process.getgroups().join()];
      console.log(JSON.stringify([code, fs.existsSync('/bin/sh'), process.cwd(), ...rights]));`;
    const { stdout } = await runContained([image.command[0] as string, '-e', script]);
    expect(JSON.parse(stdout)).toEqual(['EROFS', false, '/app', 65532, 65532, '65532']);
  });
});
