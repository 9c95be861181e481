import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../scripts/lib/run.ts';
import { skipped } from './tools.ts';

const ROOT = join(import.meta.dirname, '../..');
const DOCKERFILE = join(ROOT, 'deploy/docker/Dockerfile');
const SCRIPT = join(ROOT, 'scripts/image-tree.ts');
/** For npm to install into it. */
export const ASSEMBLE_MS = 300_000;

/**
 * Sets up, for itself alone, what a container sees: a root with the tree under /app, Node.js, the
 * libraries of C, and nothing else; all of it read-only. Becomes the command, as the user.
 */
const CONTAIN = `
root=$1 tree=$2 node=$3 user=$4; shift 4
mount -t tmpfs tmpfs "$root"
cd "$root"
mkdir -p app nodejs/bin lib lib64 proc dev
: > nodejs/bin/node
mount --rbind /proc proc
mount --rbind /dev dev
show() { mount --bind "$1" "$2"; mount -o remount,bind,ro "$2"; }
show "$tree" app
show "$node" nodejs/bin/node
show /lib lib
[ ! -e /lib64 ] || show /lib64 lib64
mount -o remount,ro "$root"
exec unshare --root="$root" --wd=/app --setuid="$user" --setgid="$user" "$@"
`;

export interface Image {
  readonly env: Readonly<Record<string, string>>;
  /** ENTRYPOINT and CMD. */
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
  /** Number of the user. */
  readonly user: string;
}

/** Puts what the image holds into a folder that is not there, or empty. What the script printed. */
export function assembleImageTree(folder: string): Promise<string> {
  return run(process.execPath, [SCRIPT, folder], ASSEMBLE_MS);
}

/** What the Dockerfile says of how it is run. */
export function readImage(): Image {
  const lines = readFileSync(DOCKERFILE, 'utf8').split('\n');
  const said = (pattern: RegExp): string => {
    const found = lines.flatMap((line) => pattern.exec(line)?.[1] ?? []);
    if (found.length !== 1) throw new Error(`the Dockerfile has ${found.length} of ${pattern}`);
    return found[0] as string;
  };
  const list = (pattern: RegExp) => JSON.parse(said(pattern)) as string[];
  const pairs = said(/^ENV (.*)$/).split(' ');
  return {
    env: Object.fromEntries(pairs.map((pair) => pair.split('=') as [string, string])),
    command: [...list(/^ENTRYPOINT (.*)$/), ...list(/^CMD (.*)$/)],
    healthcheck: list(/^HEALTHCHECK .*CMD (.*)$/),
    user: said(/^USER (\d+):\d+$/),
  };
}

/** The arguments of `unshare` that run a command as a container would. `root`: an empty folder. */
export function contained(
  root: string,
  tree: string,
  user: string,
  command: readonly string[],
): readonly string[] {
  return [
    '--mount',
    'sh',
    '-e',
    '-c',
    CONTAIN,
    'contained',
    root,
    tree,
    process.execPath,
    user,
    ...command,
  ];
}

/** Whether nothing can be contained here, for `describe.skipIf`; where CI=true it throws instead. */
export function cannotContain(): boolean {
  const { status } = spawnSync('unshare', ['--mount', 'true']);
  return status !== 0 && skipped('a read-only root needs Linux, root, and unshare of util-linux');
}
