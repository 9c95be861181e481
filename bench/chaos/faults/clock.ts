import { join } from 'node:path';
import type { Fault, Group } from '../fault.ts';
import {
  type RedisRig,
  rigOf,
  type Settings,
  startRedis,
  startServe,
  untilReady,
} from '../rigs.ts';

const JUMPS = join(import.meta.dirname, 'clock-jump.ts');

interface ClockRig extends RedisRig {
  /** Half an hour ahead, then an hour back, and then half an hour ahead again, which is right. */
  jump(): void;
}

export async function clockRig(settings: Settings = {}): Promise<ClockRig> {
  await using stack = new AsyncDisposableStack();
  const redis = await startRedis(stack);
  const env = {
    AUTH_REDIS_URL: redis.url,
    NODE_OPTIONS: `--import ${JUMPS}`,
    ...settings,
  };
  const sluice = stack.use(await startServe(env));
  await untilReady(sluice.adminUrl);
  const jump = () => sluice.signal('SIGUSR2');
  return { ...redis, ...rigOf(sluice, redis.denylist, stack.move()), jump };
}

const jump = (name: string): Fault<ClockRig> => ({
  ...{ name, expect: { redis: 'usable' } },
  inject: async (rig) => rig.jump(),
  heal: async () => undefined,
});

export const jumpAhead = jump('half an hour ahead');

/** Connections are opened anew while it is wrong, with all that waits before that. */
export const jumpAndCut: Fault<ClockRig> = {
  ...{ name: 'connections refused, and an hour back', expect: { redis: 'gone' } },
  async inject(rig) {
    await rig.proxy.close();
    rig.jump();
  },
  heal: ({ proxy }) => proxy.open(),
};

export const clock: Group<ClockRig> = {
  name: 'wall clock',
  start: clockRig,
  faults: [jumpAhead, jumpAndCut, jump('half an hour ahead again')],
};
