import { cp, mkdir, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runMain } from './lib/main.ts';
import { run } from './lib/run.ts';

const USAGE = `Usage: node scripts/image-tree.ts <folder>

Puts into a new folder what the image holds under /app: the build, the .proto files and production
dependencies alone, by the lock file. Run "npm run build" before. Prints how large it is.
`;

const ROOT = join(import.meta.dirname, '..');
const NPM_MS = 300_000;
/** What npm needs to install, and what the service reads. */
const FILES: readonly string[] = ['package.json', 'package-lock.json', 'LICENSE', 'dist', 'proto'];

async function assemble(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const [other] = await readdir(folder);
  if (other !== undefined) throw new Error(`${folder} is not empty: ${other} is in it`);
  for (const file of FILES) await cp(join(ROOT, file), join(folder, file), { recursive: true });
  // None of them has a script to run, and "prepare" would build without a compiler.
  const options = ['--omit=dev', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
  await run('npm', ['--prefix', folder, 'ci', ...options], NPM_MS);
}

interface Size {
  readonly files: number;
  readonly bytes: number;
}

async function sizeOf(folder: string): Promise<Size> {
  let [files, bytes] = [0, 0];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    files += 1;
    bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return { files, bytes };
}

function line(name: string, { files, bytes }: Size): string {
  return `${name.padEnd(14)}${(bytes / 2 ** 20).toFixed(1).padStart(7)} MiB in ${files} files\n`;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { help: { type: 'boolean' } },
    allowPositionals: true,
  });
  const [folder, ...more] = positionals;
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (folder === undefined || more.length > 0) throw new Error(`one folder is wanted\n\n${USAGE}`);
  const path = resolve(folder);
  await assemble(path);
  for (const name of ['dist', 'node_modules']) {
    process.stdout.write(line(name, await sizeOf(join(path, name))));
  }
  process.stdout.write(line('all', await sizeOf(path)));
  return 0;
}

await runMain(main);
