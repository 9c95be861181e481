import { processTree } from '../../lib/proc.ts';
import type { Fault, Group } from '../fault.ts';
import {
  type RedisRig,
  rigOf,
  type Settings,
  startRedis,
  startServe,
  untilReady,
} from '../rigs.ts';

export interface ProcessRig extends RedisRig {
  /** Of the process that is done harm. */
  readonly victim: number;
}

/** Two replicas, of which the first one is to go. */
export async function replicasRig(settings: Settings = {}): Promise<ProcessRig> {
  await using stack = new AsyncDisposableStack();
  const redis = await startRedis(stack);
  const env = { AUTH_REDIS_URL: redis.url, DRAIN_DELAY_MS: '500', ...settings };
  const leaving = stack.use(await startServe(env));
  const staying = stack.use(await startServe(env));
  for (const { adminUrl } of [leaving, staying]) await untilReady(adminUrl);
  const { addresses, ...rig } = rigOf(staying, redis.denylist, stack.move());
  const both = [`127.0.0.1:${leaving.grpcPort}`, ...addresses];
  return { ...redis, ...rig, addresses: both, victim: leaving.pid };
}

/** One Sluice of two workers, of which the first one is to go. */
export async function workersRig(settings: Settings = {}): Promise<ProcessRig> {
  await using stack = new AsyncDisposableStack();
  const redis = await startRedis(stack);
  const sluice = stack.use(
    await startServe({ AUTH_REDIS_URL: redis.url, WORKERS: '2', ...settings }),
  );
  await untilReady(sluice.adminUrl);
  const [, victim] = processTree(sluice.pid);
  return { ...redis, ...rigOf(sluice, redis.denylist, stack.move()), victim: victim as number };
}

export const drained: Fault<ProcessRig> = {
  name: 'SIGTERM of one of two replicas',
  expect: { redis: 'usable' },
  inject: async ({ victim }) => void process.kill(victim, 'SIGTERM'),
  heal: async () => undefined,
};

/** What is under way on its connections goes with it. */
const ON_ITS_CONNECTIONS = 20;

export const workerKilled: Fault<ProcessRig> = {
  name: 'SIGKILL of one of two workers',
  expect: { redis: 'poor', brokenAtMost: ON_ITS_CONNECTIONS },
  inject: async ({ victim }) => void process.kill(victim, 'SIGKILL'),
  heal: ({ adminUrl }) => untilReady(adminUrl),
};

export const replicas: Group<ProcessRig> = {
  name: 'two replicas',
  start: replicasRig,
  faults: [drained],
};

export const workers: Group<ProcessRig> = {
  name: 'WORKERS=2',
  start: workersRig,
  faults: [workerKilled],
};
