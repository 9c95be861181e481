import { expect, it } from 'vitest';
import { MemoryRevocations } from '../../../src/revocation/memory.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const ask = async (store: MemoryRevocations, ...ids: string[]) =>
  (await store.lookup(ids.map((id) => ({ scope: 'jti', id })))).map(({ state }) => state);

it('knows what was revoked until its time is over, and forgets it then', async () => {
  const clock = new ManualClock();
  const store = new MemoryRevocations(clock);
  store.revoke('a', 30);
  store.revoke('b', 90);
  expect(await ask(store, 'a', 'b', 'c')).toEqual(['revoked', 'revoked', 'not-revoked']);
  clock.advance(30_000);
  expect(await ask(store, 'a', 'b')).toEqual(['not-revoked', 'revoked']);
  expect(store.size).toBe(2);
  clock.advance(90_000);
  expect(store.size).toBe(0);
});

it('leaves no timer behind when closed', () => {
  const clock = new ManualClock();
  new MemoryRevocations(clock).close();
  expect(clock.pending).toBe(0);
});
