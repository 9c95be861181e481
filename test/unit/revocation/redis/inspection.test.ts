import { describe, expect, it } from 'vitest';
import { concernsOf } from '../../../../src/revocation/redis/inspection.ts';

const lines = (...all: string[]) => ['# Section', ...all, ''].join('\r\n');
const replication = (role: string) => lines(`role:${role}`, 'connected_slaves:0');
const memory = (limit: string, policy: string) =>
  lines('used_memory:1', `maxmemory:${limit}`, 'maxmemory_human:1M', `maxmemory_policy:${policy}`);
const FIT = memory('0', 'noeviction');

describe('concernsOf', () => {
  it.each([
    ['a master without a limit', replication('master'), FIT, []],
    ['one whose policy never matters', replication('master'), memory('0', 'allkeys-lru'), []],
    ['one that refuses writes when full', replication('master'), memory('1000', 'noeviction'), []],
    ['one that evicts', replication('master'), memory('1000', 'volatile-ttl'), ['evicts_keys']],
    ['a replica', replication('slave'), FIT, ['is_replica']],
    ['a role unheard of', replication('sentinel'), FIT, ['is_replica']],
    ['both', replication('slave'), memory('1', 'allkeys-lfu'), ['is_replica', 'evicts_keys']],
  ])('of %s', (_, replicationInfo, memoryInfo, expected) => {
    expect(concernsOf({ replication: replicationInfo, memory: memoryInfo })).toEqual(expected);
  });

  it.each([
    ['nothing', undefined, undefined],
    ['no memory', replication('master'), undefined],
    ['no role', lines('connected_slaves:0'), FIT],
    ['no policy', replication('master'), lines('maxmemory:0')],
    ['no limit', replication('master'), lines('maxmemory_policy:noeviction')],
    ['a role in another place', lines('master_role:master'), FIT],
  ])('cannot be told of %s', (_, replicationInfo, memoryInfo) => {
    expect(concernsOf({ replication: replicationInfo, memory: memoryInfo })).toBeUndefined();
  });
});
