import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { lock } from './lock.ts';
import { onPath, run } from './run.ts';

const VENV_MS = 120_000;
const PIP_MS = 900_000;
const STAMP = 'installed.txt';

export interface VenvOptions<T> {
  readonly folder: string;
  /** A requirements file that names every package needed: pip resolves nothing. */
  readonly requirements: string;
  /** Finds in a venv what was wanted of it; rejects where that does not run. */
  readonly check: (folder: string) => Promise<T>;
  readonly log: (line: string) => void;
}

/**
 * A Python venv that holds what a requirements file pins, made or remade if need be.
 *
 * It is built and checked under another name and then renamed, so that whoever looks sees a whole
 * one or none. That its scripts carry the other name is no loss: nothing here runs them.
 */
export async function ensureVenv<T>(options: VenvOptions<T>): Promise<T> {
  const { folder, log } = options;
  const found = await existing(options);
  if (found !== undefined) return found;
  await using _lock = await lock(`${folder}.lock`, () =>
    log('waiting for another process to install it'),
  );
  return (await existing(options)) ?? (await install(options));
}

/** Undefined when there is none, when pins have changed, or when it runs no more. */
async function existing<T>({ folder, requirements, check }: VenvOptions<T>) {
  const stamp = await readFile(join(folder, STAMP), 'utf8').catch(() => undefined);
  if (stamp !== (await readFile(requirements, 'utf8'))) return undefined;
  return check(folder).catch(() => undefined);
}

async function install<T>({ folder, requirements, check, log }: VenvOptions<T>): Promise<T> {
  const python = await findPython();
  await removeLeftovers(folder);
  const started = performance.now();
  log('installing');
  const building = await mkdtemp(`${folder}.new-`);
  try {
    await run(python, ['-m', 'venv', building], VENV_MS);
    const pip = ['-m', 'pip', '--quiet', '--no-input', '--retries', '2'];
    const pins = ['install', '--no-deps', '--only-binary', ':all:', '-r', requirements];
    await run(join(building, 'bin', 'python'), [...pip, ...pins], PIP_MS);
    await check(building);
    await writeFile(join(building, STAMP), await readFile(requirements));
    await rm(folder, { recursive: true, force: true });
    await rename(building, folder);
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  log(`installed in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return check(folder);
}

async function findPython(): Promise<string> {
  if (process.platform === 'win32') throw new Error('installing works on Linux and macOS only');
  const python = onPath('python3');
  if (python === undefined) throw new Error('installing needs python3, which is not on the PATH');
  await run(python, ['-c', 'import ensurepip, venv'], VENV_MS).catch((error: Error) => {
    throw new Error(
      `installing needs the venv module of ${python}, on Debian and Ubuntu: ` +
        `apt install python3-venv (${error.message.split('\n').at(-1)})`,
    );
  });
  return python;
}

/** What installs that were cut off have left; called under the lock, so nobody is at work there. */
async function removeLeftovers(folder: string): Promise<void> {
  const prefix = `${basename(folder)}.new-`;
  for (const name of await readdir(dirname(folder))) {
    if (!name.startsWith(prefix)) continue;
    await rm(join(dirname(folder), name), { recursive: true, force: true });
  }
}
