import { processTree } from '../../lib/proc.ts';
import type { Fault, Group, Rig } from '../fault.ts';
import {
  type RedisRig,
  redisRig,
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

/** Longer than REDIS_READ_TIMEOUT_MS, and with what comes then still within CHECK_BUDGET_MS. */
const STILL_MS = 110;
const EVERY_MS = 400;

/** As a quota on its CPU has it, or a collection of a large heap. */
export function standingStill(): Fault<Rig> {
  let heal = (): void => undefined;
  return {
    name: `the process stands still for ${STILL_MS} ms, and again after ${EVERY_MS}`,
    expect: { redis: 'usable' },
    async inject({ pids }) {
      const tell = (signal: NodeJS.Signals) => {
        for (const pid of pids()) process.kill(pid, signal);
      };
      const pulse = setInterval(() => {
        tell('SIGSTOP');
        setTimeout(() => tell('SIGCONT'), STILL_MS);
      }, EVERY_MS);
      heal = () => clearInterval(pulse);
    },
    heal: async () => heal(),
  };
}

export const pauses: Group = {
  name: 'pauses',
  start: redisRig,
  faults: [standingStill()],
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
