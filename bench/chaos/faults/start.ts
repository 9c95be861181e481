import { freePort } from '../../../test/support/free-port.ts';
import type { Fault, Group } from '../fault.ts';
import {
  PASSWORD,
  type RedisRig,
  rigOf,
  type Settings,
  startRedis,
  startServe,
  USER,
} from '../rigs.ts';

interface AbsentRig extends RedisRig {
  /** Whatever Sluice looks for is there from now on. */
  arrive(): Promise<void>;
}

/** A Sluice whose Redis is at a port where nobody listens yet. */
export async function absentRig(settings: Settings = {}): Promise<AbsentRig> {
  await using stack = new AsyncDisposableStack();
  const redis = await startRedis(stack);
  const port = await freePort();
  const url = `redis://${USER}:${PASSWORD}@127.0.0.1:${port}`;
  const sluice = stack.use(await startServe({ AUTH_REDIS_URL: url, ...settings }));
  const arrive = async () => void (await redis.toxiproxy.proxy(redis.valkey.port, port));
  return { ...redis, ...rigOf(sluice, redis.denylist, stack.move()), arrive };
}

export const absent: Fault<AbsentRig> = {
  name: 'started with nobody at its address',
  expect: { redis: 'gone', states: ['not_ready'] },
  fromStart: true,
  inject: async () => undefined,
  heal: (rig) => rig.arrive(),
};

export const starts: Group<AbsentRig> = { name: 'start', start: absentRig, faults: [absent] };
