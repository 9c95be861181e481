import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { lock } from './lock.ts';
import { onPath, run } from './run.ts';

const BUILD_MS = 600_000;
const FOLDER = join(import.meta.dirname, '../../.tools/go');

type Log = (line: string) => void;

/**
 * The program of a Go module of this repository, built unless that very source was built before.
 * Rejects with what to do when Go is missing.
 */
export async function ensureGoProgram(source: string, log: Log): Promise<string> {
  const name = source.split('/').at(-1) as string;
  const sum = createHash('sha256');
  for (const file of (await readdir(source)).sort()) {
    if (/\.go$|^go\.(mod|sum)$/.test(file)) sum.update(await readFile(join(source, file)));
  }
  const path = join(FOLDER, `${name}-${sum.digest('hex').slice(0, 16)}`);
  return ensure(path, name, log, (go, to) =>
    run(go, ['-C', source, 'build', '-o', to, '.'], BUILD_MS),
  );
}

/** A command of a published Go module, `module/cmd/name@version` or `module/name/v2@version`. */
export async function ensureGoCommand(module: string, log: Log): Promise<string> {
  const [path = '', version = ''] = module.split('@');
  const name = path
    .replace(/\/v\d+$/, '')
    .split('/')
    .at(-1) as string;
  return ensure(join(FOLDER, `${name}-${version}`), name, log, async (go, to) => {
    const bin = `${to}.bin`;
    await run('env', [`GOBIN=${bin}`, go, 'install', module], BUILD_MS);
    await rename(join(bin, name), to);
    await rm(bin, { recursive: true });
  });
}

/**
 * A folder with some files of a published Go module, `module@version`, at their paths in it; of what
 * there is nothing is built. `files`: paths, or patterns of which each must match something.
 */
export async function ensureGoFiles(
  module: string,
  files: readonly string[],
  log: Log,
): Promise<string> {
  const wanted = createHash('sha256').update(files.join('\n')).digest('hex').slice(0, 8);
  const path = join(FOLDER, `${module.replaceAll('/', '-')}-${wanted}`);
  return ensure(path, module, log, async (go, to) => {
    // Not into the cache of the user: modules are large, and a few files of them are kept.
    const cache = `${to}.cache`;
    const command = [`GOMODCACHE=${cache}`, 'GOFLAGS=-modcacherw', go, 'mod', 'download', '-json'];
    try {
      const { Dir: from } = JSON.parse(await run('env', [...command, module], BUILD_MS));
      for (const pattern of files) {
        const found = globSync(pattern, { cwd: from });
        if (found.length === 0) throw new Error(`${module} holds no ${pattern}`);
        for (const file of found) await cp(join(from, file), join(to, file));
      }
    } finally {
      await rm(cache, { recursive: true, force: true });
    }
  });
}

/** What `make` leaves at `path`, unless it is there already. */
async function ensure(
  path: string,
  name: string,
  log: Log,
  make: (go: string, to: string) => Promise<unknown>,
): Promise<string> {
  if (await exists(path)) return path;
  const go = onPath('go');
  if (go === undefined) {
    throw new Error(`${name} needs Go, which is not on the PATH: https://go.dev/dl`);
  }
  await mkdir(FOLDER, { recursive: true });
  await using _lock = await lock(`${path}.lock`, () => log(`${name}: waiting for another process`));
  if (await exists(path)) return path;
  log(`${name}: making it`);
  const building = `${path}.new`;
  await rm(building, { recursive: true, force: true }); // of one that was cut off
  await make(go, building);
  await rename(building, path);
  return path;
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );
