import type { Toxic } from '../../../test/support/toxiproxy.ts';
import type { Expectations, Fault, Group } from '../fault.ts';
import { type RedisRig, redisRig } from '../rigs.ts';

const GONE: Expectations = { redis: 'gone' };
const USABLE: Expectations = { redis: 'usable' };
const POOR: Expectations = { redis: 'poor' };

/** Harm that is done to the bytes between Sluice and Redis. */
function toxic(name: string, expect: Expectations, ...toxics: readonly Toxic[]): Fault<RedisRig> {
  const added: (() => Promise<void>)[] = [];
  return {
    ...{ name, expect },
    async inject({ proxy }) {
      for (const each of toxics) added.push(await proxy.add(each));
    },
    async heal() {
      for (const remove of added.splice(0)) await remove();
    },
  };
}

const latency = (ms: number, jitter: number, expect: Expectations) =>
  toxic(`latency of ${ms} ms, give or take ${jitter}`, expect, {
    ...{ type: 'latency', latency: ms, jitter },
  });

export const blackHole = toxic('black hole', GONE, { type: 'timeout', timeout: 0 });
const requestsLost = toxic('black hole for requests alone', GONE, {
  ...{ type: 'timeout', timeout: 0, on: 'up' },
});
export const latency20 = latency(20, 10, USABLE);

/** Connections that carry some hundred replies and end within one, again and again. */
export const cutNowAndThen = toxic('connections cut after 8 KB of replies', POOR, {
  ...{ type: 'limit_data', bytes: 8_191 },
});
const cutEarly = toxic('connections cut after 201 bytes', GONE, {
  ...{ type: 'limit_data', bytes: 201 },
});
const drip = toxic('replies in drips of 1 byte every 10 ms', GONE, {
  ...{ type: 'slicer', average_size: 1, delay: 10_000 },
});

export const unreachable: Fault<RedisRig> = {
  name: 'connections refused',
  expect: GONE,
  inject: ({ proxy }) => proxy.close(),
  heal: ({ proxy }) => proxy.open(),
};

export const network: Group<RedisRig> = {
  name: 'network',
  start: redisRig,
  faults: [
    latency(1, 1, USABLE),
    latency20,
    latency(100, 50, POOR),
    latency(500, 100, GONE),
    blackHole,
    requestsLost,
    unreachable,
    toxic('connections reset', GONE, { type: 'reset_peer', timeout: 0 }),
    cutNowAndThen,
    cutEarly,
    drip,
    toxic('1 KB a second', POOR, { type: 'bandwidth', rate: 1 }),
  ],
};

/** A token passes for so long without a verdict. */
const STALE_MS = 1_000;

const named = (fault: Fault<RedisRig>, name: string, staleMs: number): Fault<RedisRig> => ({
  ...{ ...fault, name, expect: { redis: 'poor', leniency: { staleMs } } },
});

export const staleAllowed: Group<RedisRig> = {
  name: 'OUTAGE_POLICY=stale',
  start: () => redisRig({ OUTAGE_POLICY: 'stale', STALE_MAX_SEC: String(STALE_MS / 1000) }),
  faults: [named(blackHole, 'black hole, verdicts pass for 1 s', STALE_MS)],
};

export const allAllowed: Group<RedisRig> = {
  name: 'OUTAGE_POLICY=allow',
  start: () => redisRig({ OUTAGE_POLICY: 'allow' }),
  faults: [named(blackHole, 'black hole, tokens pass', Number.POSITIVE_INFINITY)],
};
