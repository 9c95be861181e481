import fc from 'fast-check';
import { expect, it } from 'vitest';
import { believed, roleFaultOf } from '../../../../src/revocation/redis/role.ts';

it.each([[0], [1], [7]])('takes %i for the word of a master', (value) => {
  expect(roleFaultOf({ value })).toBeUndefined();
});

it.each([
  [{ error: 'ERR' }, 'is_replica'],
  [{ error: 'LOADING' }, 'LOADING'],
  [{ error: 'connection_lost' }, 'connection_lost'],
  [{ value: null }, 'unexpected_reply'],
  [{ value: 'OK' }, 'unexpected_reply'],
  [undefined, 'unexpected_reply'],
])('takes %j for %s', (reply, fault) => {
  expect(roleFaultOf(reply)).toBe(fault);
});

it('takes nothing but a number for it, whatever a server sends', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      expect(roleFaultOf({ value }) === undefined).toBe(typeof value === 'number');
    }),
  );
});

it.each([
  [{ value: 0 }, { error: 'is_replica' }],
  [{ value: null }, { error: 'is_replica' }],
  [{ value: 1 }, { value: 1 }],
  [{ value: '1700000000' }, { value: '1700000000' }],
  [{ error: 'NOPERM' }, { error: 'NOPERM' }],
])('believes %j of a replica as %j', (reply, expected) => {
  expect(believed(reply, 'is_replica')).toEqual(expected);
});
