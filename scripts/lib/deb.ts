import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { lock } from './lock.ts';
import { onPath, run } from './run.ts';

const UPDATE_MS = 120_000;
const DOWNLOAD_MS = 300_000;
const UNPACK_MS = 60_000;

export interface DebOptions<T> {
  readonly folder: string;
  readonly package: string;
  /** Finds in a folder what was wanted of it; rejects where that does not run. */
  readonly check: (folder: string) => Promise<T>;
  readonly log: (line: string) => void;
}

/**
 * A folder that holds what a package of Debian or Ubuntu holds, without what it depends on. It is
 * unpacked and not installed: that needs no rights, and no service of the package is started.
 */
export async function ensureDeb<T>(options: DebOptions<T>): Promise<T> {
  const { folder, check, log } = options;
  const existing = () => check(folder).catch(() => undefined);
  const found = await existing();
  if (found !== undefined) return found;
  await mkdir(dirname(folder), { recursive: true });
  await using _lock = await lock(`${folder}.lock`, () =>
    log('waiting for another process to install it'),
  );
  return (await existing()) ?? (await unpack(options));
}

async function unpack<T>(options: DebOptions<T>): Promise<T> {
  const { folder, check, log } = options;
  for (const command of ['apt-get', 'dpkg-deb']) {
    if (onPath(command) === undefined) throw new Error(`installing needs ${command}`);
  }
  log('installing');
  const building = await mkdtemp(`${folder}.new-`);
  try {
    const deb = await download(options.package, building);
    await run('dpkg-deb', ['-x', deb, join(building, 'files')], UNPACK_MS);
    await check(join(building, 'files'));
    await rm(folder, { recursive: true, force: true });
    await rename(join(building, 'files'), folder);
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return check(folder);
}

/** The file; asks again with newer lists, where we may fetch them: images come without any. */
async function download(name: string, folder: string): Promise<string> {
  const get = () => run('env', ['-C', folder, 'apt-get', '-q', 'download', name], DOWNLOAD_MS);
  try {
    await get();
  } catch (error) {
    if (process.getuid?.() !== 0) throw error;
    await run('apt-get', ['-q', 'update'], UPDATE_MS);
    await get();
  }
  const file = (await readdir(folder)).find((entry) => entry.endsWith('.deb'));
  if (file === undefined) throw new Error(`apt-get download ${name} left no .deb`);
  return join(folder, file);
}
