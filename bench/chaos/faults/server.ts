import type { Valkey } from '../../../test/support/valkey.ts';
import type { Expectations, Fault, Group } from '../fault.ts';
import { PASSWORD, type RedisRig, redisRig, USER } from '../rigs.ts';

const GONE: Expectations = { redis: 'gone' };
const USABLE: Expectations = { redis: 'usable' };

export const stopped: Fault<RedisRig> = {
  name: 'SIGSTOP, and SIGCONT',
  expect: GONE,
  inject: async ({ valkey }) => valkey.pause(),
  heal: async ({ valkey }) => valkey.resume(),
};

export const killed: Fault<RedisRig> = {
  name: 'SIGKILL, and started again',
  expect: GONE,
  inject: ({ valkey }) => valkey.kill(),
  heal: ({ valkey }) => valkey.restart(),
};

/** What a flush has forgotten passes: what Redis says counts. */
export const flushed: Fault<RedisRig> = {
  name: 'FLUSHALL',
  expect: USABLE,
  inject: ({ valkey }, { population }) =>
    population.forget(async () => void (await valkey.command('FLUSHALL'))),
  heal: async () => undefined,
};

const setPassword = (valkey: Valkey, password: string) =>
  valkey.command('ACL', 'SETUSER', USER, 'resetpass', `>${password}`);

/** Who is in stays in. */
export const passwordChanged: Fault<RedisRig> = {
  name: 'password changed',
  expect: USABLE,
  inject: async ({ valkey }) => void (await setPassword(valkey, 'second')),
  heal: async ({ valkey }) => void (await setPassword(valkey, PASSWORD)),
};

export const lockedOut: Fault<RedisRig> = {
  name: 'password changed, and all thrown out',
  expect: GONE,
  async inject({ valkey }) {
    await setPassword(valkey, 'second');
    await valkey.command('CLIENT', 'KILL', 'USER', USER);
  },
  heal: async ({ valkey }) => void (await setPassword(valkey, PASSWORD)),
};

const rightsLost: Fault<RedisRig> = {
  name: 'no right to EXISTS',
  expect: GONE,
  inject: async ({ valkey }) => void (await valkey.command('ACL', 'SETUSER', USER, '-exists')),
  heal: async ({ valkey }) => void (await valkey.command('ACL', 'SETUSER', USER, '+exists')),
};

export const server: Group<RedisRig> = {
  name: 'Redis',
  start: redisRig,
  faults: [stopped, killed, lockedOut, passwordChanged, rightsLost, flushed],
};
