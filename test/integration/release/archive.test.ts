import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { list } from 'tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checksumLine, writeArchive } from '../../../scripts/lib/release/archive.ts';

const FILES = { 'b/deep/run.js': 0o700, 'a.txt': 0o600, 'b.txt': 0o600, 'b/@x/y.json': 0o600 };
const RUNS_FROM_GROUP_ON = 0o055;
let scratch = '';

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'sluice-archive-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

interface Way {
  readonly names: readonly string[];
  /** Bits on top of the modes. */
  readonly open: number;
  readonly time: Date;
  /** In place of what is in a.txt. */
  readonly text?: string;
}

/** The sum of an archive of the same tree, made in some way. */
async function archiveOf({ names, open, time, text }: Way) {
  const folder = await mkdtemp(join(scratch, 'way-'));
  const tree = join(folder, 'tree-1');
  for (const name of names) {
    const path = join(tree, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, name === 'a.txt' && text !== undefined ? text : `of ${name}`);
    const mode = FILES[name as keyof typeof FILES];
    await chmod(path, mode | (mode === 0o700 ? open : open & 0o044));
    await utimes(path, time, time);
  }
  await symlink('b.txt', join(tree, 'link'));
  const file = join(folder, 'tree-1.tar.gz');
  await writeArchive(tree, file);
  return {
    file,
    sum: createHash('sha256')
      .update(await readFile(file))
      .digest('hex'),
  };
}

const names = Object.keys(FILES);
const one: Way = { names, open: 0, time: new Date(1e12) };

describe('an archive', () => {
  it('has the same bytes whatever the order, the modes and the times it is made with', async () => {
    const other = { names: names.toReversed(), open: RUNS_FROM_GROUP_ON, time: new Date(2e12) };
    expect((await archiveOf(other)).sum).toBe((await archiveOf(one)).sum);
  });

  it('has other bytes when a file has', async () => {
    expect((await archiveOf({ ...one, text: 'other' })).sum).not.toBe((await archiveOf(one)).sum);
  });

  it('holds all under its name, sorted, nobody’s, and executable what was', async () => {
    const { file } = await archiveOf(one);
    const found: string[] = [];
    const onReadEntry = (entry: { path: string; mode?: number; uid?: number }) =>
      void found.push(`${entry.path} ${entry.mode?.toString(8)} ${entry.uid}`);
    await list({ file, onReadEntry });
    expect(found.filter((line) => !line.includes('link'))).toEqual([
      'tree-1/a.txt 644 undefined',
      'tree-1/b.txt 644 undefined',
      'tree-1/b/@x/y.json 644 undefined',
      'tree-1/b/deep/run.js 755 undefined',
    ]);
    expect(found.some((line) => line.startsWith('tree-1/link '))).toBe(true);
  });
});

it('a checksum is told as sha256sum does', async () => {
  const { file, sum } = await archiveOf(one);
  expect(await checksumLine(file)).toBe(`${sum}  tree-1.tar.gz\n`);
});
