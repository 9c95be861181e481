import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RedisAddress } from '../../../src/revocation/redis/client.ts';
import { restoreInRedis, revokeInRedis } from '../../../src/revocation/redis/revoke.ts';
import type { Revocation } from '../../../src/revocation/revocation.ts';
import { missing } from '../../support/tools.ts';
import { startValkey, type Valkey } from '../../support/valkey.ts';
import { PREFIX } from './store.ts';

const USER_KEY = 'blacklist-sub:i alice';
const userUpTo = (cutOff: number): Revocation => ({ scope: 'sub', id: 'i alice', cutOff });
const SESSION: Revocation = { scope: 'sid', id: 's' };

describe.skipIf(missing('valkey'))('what is written to a real Valkey', () => {
  let valkey: Valkey;
  beforeAll(async () => {
    valkey = await startValkey({
      // All that it takes, and no script among it.
      config: [
        `user operator on >secret ~${PREFIX}* ~blacklist-* +@transaction +get +pttl +set +del`,
      ],
    });
  });
  afterAll(() => valkey.stop());
  beforeEach(() => valkey.command('FLUSHALL'));

  const address = (override: object = {}): RedisAddress => ({
    ...{ host: '127.0.0.1', port: valkey.port, db: 0, tls: false },
    ...{ username: 'operator', password: 'secret' },
    ...override,
  });
  const revoke = (revocation: Revocation, ttlSec: number) =>
    revokeInRedis(address(), PREFIX, revocation, ttlSec);
  const read = async (key: string) => [
    await valkey.command('GET', key),
    Number(await valkey.command('TTL', key)),
  ];

  it.each<[Revocation, string, string]>([
    [{ scope: 'jti', id: 'a' }, 'blacklist:a', '1'],
    [SESSION, 'blacklist-sid:s', '1'],
    [{ scope: 'kid', id: 'i k' }, 'blacklist-kid:i k', '1'],
    [{ scope: 'iss', id: 'i' }, 'blacklist-iss:i', '1'],
    [userUpTo(100), USER_KEY, '100'],
  ])('is for %j the key %s', async (revocation, key, value) => {
    expect(await revoke(revocation, 60)).toBe(revocation.scope === 'sub' ? 100 : undefined);
    expect(await read(key)).toEqual([value, expect.closeTo(60, -1)]);
    expect(await restoreInRedis(address(), PREFIX, revocation)).toBe(true);
    expect(await valkey.command('EXISTS', key)).toBe(0);
    expect(await restoreInRedis(address(), PREFIX, revocation)).toBe(false);
  });

  it('raises a cut-off and lowers none, and shortens no time to live', async () => {
    expect(await revoke(userUpTo(100), 1_000)).toBe(100);
    expect(await revoke(userUpTo(50), 60)).toBe(100);
    expect(await read(USER_KEY)).toEqual(['100', expect.closeTo(1_000, -2)]);
    expect(await revoke(userUpTo(101), 60)).toBe(101);
    expect(await read(USER_KEY)).toEqual(['101', expect.closeTo(1_000, -2)]);
    expect(await revoke(userUpTo(99), 5_000)).toBe(101);
    expect(await read(USER_KEY)).toEqual(['101', expect.closeTo(5_000, -2)]);
  });

  it('leaves without an end what has none', async () => {
    await valkey.command('SET', 'blacklist-sid:s', 'for good');
    await valkey.command('SET', USER_KEY, 7);
    await revoke(SESSION, 60);
    await revoke(userUpTo(9), 60);
    expect(await read('blacklist-sid:s')).toEqual(['1', -1]);
    expect(await read(USER_KEY)).toEqual(['9', -1]);
  });

  it('has the highest cut-off and the longest time of all who write at once', async () => {
    for (let round = 0; round < 10; round++) {
      await valkey.command('FLUSHALL');
      const cutOffs = Array.from({ length: 12 }, () => Math.floor(Math.random() * 1_000_000));
      const inForce = await Promise.all(
        cutOffs.map((cutOff, i) => revoke(userUpTo(cutOff), 1_000 * (i + 1))),
      );
      const highest = Math.max(...cutOffs);
      expect(await read(USER_KEY)).toEqual([String(highest), expect.closeTo(12_000, -2)]);
      for (const [i, cutOff] of inForce.entries()) {
        expect(cutOff).toBeGreaterThanOrEqual(cutOffs[i] as number);
      }
    }
  });

  it.each(['yesterday', '-1', '01', ''])('does not touch what is no cut-off: %j', async (value) => {
    await valkey.command('SET', USER_KEY, value);
    await expect(revoke(userUpTo(9), 60)).rejects.toThrow(
      'the key of this user holds something that is no cut-off; remove it with --undo',
    );
    expect(await read(USER_KEY)).toEqual([value, -1]);
  });

  it('tells what Redis says to it by a code', async () => {
    await valkey.command('HSET', USER_KEY, 'a', 'b');
    await expect(revoke(userUpTo(9), 60)).rejects.toThrow('Redis did not take it: WRONGTYPE');
    const readOnly = address({ username: 'reader', password: 'secret' });
    await valkey.command('ACL', 'SETUSER', 'reader', 'on', '>secret', '~*', '+@all', '-set');
    await expect(revokeInRedis(readOnly, PREFIX, SESSION, 60)).rejects.toThrow(
      'Redis did not take it: NOPERM',
    );
  });

  it('is nothing under a prefix that leaves no room for it', async () => {
    await expect(revokeInRedis(address(), 'blacklist', SESSION, 60)).rejects.toThrow(
      'REVOCATION_KEY_PREFIX cannot be "blacklist" where more is revoked than single tokens',
    );
  });
});
