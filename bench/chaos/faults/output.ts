import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../../scripts/lib/run.ts';
import { freePort } from '../../../test/support/free-port.ts';
import { guard } from '../../../test/support/guard.ts';
import { SETTINGS } from '../../../test/support/sluice.ts';
import { transport } from '../../../test/support/transport.ts';
import type { Fault, Group } from '../fault.ts';
import {
  LIKE_SERVE,
  type RedisRig,
  rigOf,
  type Settings,
  startRedis,
  untilReady,
} from '../rigs.ts';

const MAIN = join(import.meta.dirname, '../../../src/main.ts');
const MKFIFO_MS = 5_000;
/** A line for each check. */
const TALKATIVE = { LOG_LEVEL: 'debug', LOG_MAX_PER_SEC: '1000000' };

/** A Sluice that says a lot; `redirect`: where to, as `sh` has it. */
async function start(
  stack: AsyncDisposableStack,
  redirect: string,
  settings: Settings,
): Promise<RedisRig> {
  const redis = await startRedis(stack);
  const [grpcPort, adminPort] = [await freePort(), await freePort()];
  const env = {
    ...{ ...SETTINGS, ...LIKE_SERVE.env, ...TALKATIVE, TRANSPORT: transport, ...settings },
    ...{ AUTH_GRPC_PORT: String(grpcPort), AUTH_METRICS_PORT: String(adminPort) },
    ...{ PATH: process.env.PATH ?? '', AUTH_REDIS_URL: redis.url },
  };
  const command = [process.execPath, ...LIKE_SERVE.flags, MAIN, 'serve'];
  const child = spawn('sh', ['-c', `exec "$0" "$@" ${redirect}`, ...command], {
    env,
    stdio: 'ignore',
  });
  guard(child);
  const pid = child.pid as number;
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  stack.defer(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  await untilReady(adminUrl);
  return { ...redis, ...rigOf({ grpcPort, adminUrl, pid }, redis.denylist, stack.move()) };
}

/** A pipe whose other end is open, and that takes 64 KB because nobody reads there. */
export async function unreadRig(settings: Settings = {}): Promise<RedisRig> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'sluice-chaos-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const pipe = join(folder, 'pipe');
  await run('mkfifo', [pipe], MKFIFO_MS);
  return await start(stack, `1<>${pipe}`, settings);
}

export async function fullDiskRig(settings: Settings = {}): Promise<RedisRig> {
  await using stack = new AsyncDisposableStack();
  return await start(stack, '>/dev/full', settings);
}

/** The rig itself is at fault, all the time. */
const fromTheStart = (name: string): Fault<RedisRig> => ({
  ...{ name, expect: { redis: 'usable' } },
  inject: async () => undefined,
  heal: async () => undefined,
});

export const logUnread = fromTheStart('stdout is a pipe that nobody reads');
export const logOnFullDisk = fromTheStart('stdout is on a disk that is full');

export const outputs: readonly Group<RedisRig>[] = [
  { name: 'log', start: unreadRig, faults: [logUnread] },
  { name: 'log', start: fullDiskRig, faults: [logOnFullDisk] },
];
