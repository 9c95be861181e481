import { expect, it } from 'vitest';
import { ExpiringKeys } from '../../../src/domain/expiring-keys.ts';
import { MAX_REVOKED_IDS } from '../../../src/pipeline/outage.ts';

it('remembers an id until its token ends, and not after', () => {
  const ids = new ExpiringKeys(MAX_REVOKED_IDS);
  ids.add('a', 100);
  expect([ids.has('a', 99), ids.has('a', 100), ids.has('b', 0)]).toEqual([true, false, false]);
});

it('remembers for the longest that was asked for', () => {
  const ids = new ExpiringKeys(2);
  ids.add('a', 100);
  ids.add('a', 50);
  expect(ids.has('a', 99)).toBe(true);
});

it('forgets what was added before a time, and not what was then or later', () => {
  const ids = new ExpiringKeys(MAX_REVOKED_IDS);
  ids.add('a', 100, 7);
  expect([ids.deleteBefore('a', 7), ids.has('a', 0)]).toEqual([false, true]);
  expect([ids.deleteBefore('a', 8), ids.has('a', 0), ids.size]).toEqual([true, false, 0]);
  expect(ids.deleteBefore('a', 0)).toBe(true);
  ids.add('b', 100, 7);
  ids.add('b', 50, 9);
  expect([ids.deleteBefore('b', 8), ids.has('b', 99)]).toEqual([false, true]);
});

it('keeps no more than it may, and of those the ones seen last', () => {
  const ids = new ExpiringKeys(MAX_REVOKED_IDS);
  for (let i = 0; i < 20_000; i++) ids.add(`id-${i}`, 100);
  ids.add('id-0', 100); // seen again
  ids.add('one more', 100);
  expect(ids.size).toBe(20_000);
  expect([ids.has('id-0', 0), ids.has('id-1', 0), ids.has('one more', 0)]).toEqual([
    true,
    false,
    true,
  ]);
});
