import { expect, it } from 'vitest';
import { type RevocationQuery, revocationScopes } from '../../../src/domain/claims.ts';
import { MemoryRevocations } from '../../../src/revocation/memory.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const verdicts = async (store: MemoryRevocations, ...queries: RevocationQuery[]) =>
  (await store.lookup(queries)).map(({ state }) => state);

const ask = (store: MemoryRevocations, ...ids: string[]) =>
  verdicts(store, ...ids.map((id) => ({ scope: 'jti', id }) as const));

const issued = (...times: (number | undefined)[]): RevocationQuery[] =>
  times.map((issuedAt) => ({ scope: 'sub', id: 'alice', issuedAt }));

it('knows what was revoked until its time is over, and forgets it then', async () => {
  const clock = new ManualClock();
  const store = new MemoryRevocations(clock);
  store.revoke({ scope: 'jti', id: 'a' }, 30);
  store.revoke({ scope: 'jti', id: 'b' }, 90);
  expect(await ask(store, 'a', 'b', 'c')).toEqual(['revoked', 'revoked', 'not-revoked']);
  clock.advance(30_000);
  expect(await ask(store, 'a', 'b')).toEqual(['not-revoked', 'revoked']);
  expect(store.size).toBe(2);
  clock.advance(90_000);
  expect(store.size).toBe(0);
});

it.each(['jti', 'sid', 'kid', 'iss'] as const)('knows a %s from all else', async (scope) => {
  const store = new MemoryRevocations(new ManualClock());
  store.revoke({ scope, id: 'a' }, 30);
  const queries = revocationScopes.map((each) => ({ scope: each, id: 'a' }));
  const expected = revocationScopes.map((each) => (each === scope ? 'revoked' : 'not-revoked'));
  expect(await verdicts(store, ...queries)).toEqual(expected);
});

it('revokes of a user what was issued up to the cut-off, or nobody knows when', async () => {
  const store = new MemoryRevocations(new ManualClock());
  store.revoke({ scope: 'sub', id: 'alice', cutOff: 100 }, 30);
  expect(await verdicts(store, ...issued(99, 100, 101, undefined))).toEqual([
    ...['revoked', 'revoked', 'not-revoked', 'revoked'],
  ]);
});

it('takes nothing back: neither a cut-off, nor how long it is kept', async () => {
  const clock = new ManualClock();
  const store = new MemoryRevocations(clock);
  store.revoke({ scope: 'sub', id: 'alice', cutOff: 100 }, 60);
  store.revoke({ scope: 'sub', id: 'alice', cutOff: 50 }, 30);
  clock.advance(59_999);
  expect(await verdicts(store, ...issued(100, 101))).toEqual(['revoked', 'not-revoked']);
  clock.advance(1);
  store.revoke({ scope: 'sub', id: 'alice', cutOff: 50 }, 30); // what has ended is forgotten
  expect(await verdicts(store, ...issued(50, 100))).toEqual(['revoked', 'not-revoked']);
});

it('leaves no timer behind when closed', () => {
  const clock = new ManualClock();
  new MemoryRevocations(clock).close();
  expect(clock.pending).toBe(0);
});
