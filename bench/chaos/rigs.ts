import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScriptedRedis } from '../../test/support/scripted-redis.ts';
import { type Sluice, startSluice } from '../../test/support/sluice.ts';
import { startToxiproxy, type ToxicProxy } from '../../test/support/toxiproxy.ts';
import { until } from '../../test/support/until.ts';
import { startValkey, type Valkey } from '../../test/support/valkey.ts';
import { processTree } from '../lib/proc.ts';
import { serveScript } from '../lib/subject.ts';
import { type Denylist, RedisDenylist, scriptedDenylist } from './denylist.ts';
import type { Rig } from './fault.ts';
import { readinessOf } from './watch.ts';

export type Settings = Readonly<Record<string, string>>;

/** A real Valkey behind a proxy that does harm. */
export interface RedisRig extends Rig {
  readonly valkey: Valkey;
  readonly proxy: ToxicProxy;
  readonly denylist: RedisDenylist;
}

/** A Redis that says what it is told to. */
export interface ScriptedRig extends Rig {
  readonly redis: ScriptedRedis;
}

/** What Sluice is known as to Valkey. */
export const USER = 'sluice';
export const PASSWORD = 'first';

/** As `npm run serve` has it, or memory would be another. */
export const LIKE_SERVE = await serveScript();

/** A Sluice in a process of its own. */
export const startServe = (settings: Settings): Promise<Sluice> =>
  startSluice({ ...LIKE_SERVE.env, ...settings }, { nodeFlags: LIKE_SERVE.flags });

/** A Valkey that keeps what it has acknowledged when it is killed, and a proxy in front of it. */
export async function startRedis(stack: AsyncDisposableStack) {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-chaos-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const config = [
    `dir ${JSON.stringify(folder)}`,
    ...['appendonly yes', 'appendfsync always', 'maxmemory-policy noeviction'],
    `user ${USER} on >${PASSWORD} ~blacklist:* +exists +info +wait`,
  ];
  const valkey = stack.use(await startValkey({ config }));
  const toxiproxy = stack.use(await startToxiproxy());
  const proxy = await toxiproxy.proxy(valkey.port);
  const denylist = stack.use(new RedisDenylist(valkey.port));
  const url = `redis://${USER}:${PASSWORD}@127.0.0.1:${proxy.port}`;
  return { valkey, toxiproxy, proxy, denylist, url };
}

/** Of what faces Sluices that are started otherwise. */
export async function redisRig(settings: Settings = {}): Promise<RedisRig> {
  await using stack = new AsyncDisposableStack();
  const redis = await startRedis(stack);
  const sluice = stack.use(await startServe({ AUTH_REDIS_URL: redis.url, ...settings }));
  await untilReady(sluice.adminUrl);
  return { ...redis, ...rigOf(sluice, redis.denylist, stack.move()) };
}

export async function scriptedRig(settings: Settings = {}): Promise<ScriptedRig> {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await ScriptedRedis.start());
  const sluice = stack.use(await startServe({ AUTH_REDIS_URL: redis.url, ...settings }));
  await untilReady(sluice.adminUrl);
  return { redis, ...rigOf(sluice, scriptedDenylist(redis), stack.move()) };
}

export function rigOf<D extends Denylist>(
  { grpcPort, adminUrl, pid }: Pick<Sluice, 'grpcPort' | 'adminUrl' | 'pid'>,
  denylist: D,
  stack: AsyncDisposableStack,
) {
  return {
    addresses: [`127.0.0.1:${grpcPort}`],
    adminUrl,
    denylist,
    pids: () => processTree(pid),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

export async function untilReady(adminUrl: string): Promise<void> {
  await until(async () => (await readinessOf(adminUrl)) === 'ready');
}
