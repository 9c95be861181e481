import { createHash } from 'node:crypto';
import { chmod, lstat, readdir, readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { create } from 'tar';

/** Of every file in an archive: any will do, as long as it is always the same. */
const MTIME = new Date('2000-01-01T00:00:00Z');
/** Whose bits the modes of all are taken from. */
const OWNER_EXECUTES = 0o100;

/**
 * Packs a tree into a .tar.gz whose bytes depend on names, contents and who may execute what, and on
 * nothing else: not on times, owners, the umask or the order in which the disk has them.
 */
export async function writeArchive(tree: string, file: string): Promise<void> {
  const entries = await readdir(tree, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(tree, join(entry.parentPath, entry.name)));
  for (const name of names) await setMode(join(tree, name));
  const options = { portable: true, mtime: MTIME, gzip: { level: 9 }, noDirRecurse: true };
  await create({ ...options, file, cwd: tree, prefix: basename(tree) }, names.sort());
}

async function setMode(path: string): Promise<void> {
  const status = await lstat(path);
  if (status.isSymbolicLink()) return;
  await chmod(path, (status.mode & OWNER_EXECUTES) === 0 ? 0o644 : 0o755);
}

/** As `sha256sum` prints it, and `sha256sum --check` reads it. */
export async function checksumLine(file: string): Promise<string> {
  const hash = createHash('sha256').update(await readFile(file));
  return `${hash.digest('hex')}  ${basename(file)}\n`;
}
