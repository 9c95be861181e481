import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { ensureTool } from '../../scripts/lib/tools.ts';
import type { Machine } from './result.ts';

const run = promisify(execFile);
const ROOT = new URL('../..', import.meta.url).pathname;

export function describeMachine(): Machine {
  const list = cpus();
  return {
    cpu: (list[0]?.model ?? 'unknown').trim(),
    cores: list.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
  };
}

/** Of the work tree, with a `+` when it is not what was committed; `unknown` outside of git. */
export async function describeCommit(): Promise<string> {
  try {
    const { stdout: commit } = await run('git', ['rev-parse', '--short=12', 'HEAD'], { cwd: ROOT });
    const { stdout: changes } = await run('git', ['status', '--porcelain', '--', 'src', 'bench'], {
      cwd: ROOT,
    });
    const changed = changes.split('\n').some((line) => line && !line.includes('bench/results/'));
    return commit.trim() + (changed ? '+' : '');
  } catch {
    return 'unknown';
  }
}

export async function describeVersions(): Promise<Readonly<Record<string, string>>> {
  const version = (name: string): string =>
    JSON.parse(readFileSync(`${ROOT}/node_modules/${name}/package.json`, 'utf8')).version;
  const go = await run('go', ['env', 'GOVERSION']).catch(() => ({ stdout: 'none' }));
  return {
    node: process.versions.node,
    'grpc-js': version('@grpc/grpc-js'),
    ioredis: version('ioredis'),
    jose: version('jose'),
    valkey: (await ensureTool('valkey')).version,
    go: go.stdout.trim().replace(/^go/, ''),
    'grpc-go': /google\.golang\.org\/grpc v(\S+)/.exec(
      readFileSync(`${ROOT}/bench/peers/empty-go/go.mod`, 'utf8'),
    )?.[1] as string,
  };
}
