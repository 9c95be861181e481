import fc from 'fast-check';
import { expect, it } from 'vitest';
import { countOf, cutOffOf } from '../../../../src/revocation/redis/replies.ts';

it.each([
  [0, 1, 0],
  [1, 1, 1],
  [3, 5, 3],
  [5, 5, 5],
])('counts %s of %s', (value, keys, count) => {
  expect(countOf({ value }, keys)).toBe(count);
});

it('passes on the code of an error', () => {
  expect(countOf({ error: 'LOADING' }, 1)).toEqual({ error: 'LOADING' });
});

it.each([[undefined], [{ value: undefined }], [{ value: 1.5 }], [{ value: Number.NaN }]])(
  'has no count for %j',
  (reply) => expect(countOf(reply, 9)).toEqual({ error: 'unexpected_reply' }),
);

it('gives a count of 0 for the integer 0 alone, whatever a server sends', () => {
  const anything = fc.oneof(fc.anything(), fc.bigInt(), fc.constantFrom('0', -0, null, false, []));
  fc.assert(
    fc.property(anything, fc.integer({ min: 1, max: 9 }), (value, keys) => {
      const count = countOf({ value }, keys);
      if (count === 0) expect(value === 0).toBe(true);
      else if (typeof count === 'number') expect(count).toBe(value);
    }),
  );
});

it.each([
  ['0', 0],
  ['1700000000', 1_700_000_000],
  [String(Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER],
  [null, 'absent'],
])('takes %j for the cut-off %s', (value, cutOff) => {
  expect(cutOffOf({ value })).toBe(cutOff);
});

it.each([
  ...['', ' ', '1 ', ' 1', '+1', '-1', '-0', '01', '1.0', '1e9', '0x1', '1\n', '1_0', 'NaN'],
  ...['9007199254740992', '99999999999999999', '１', 'Infinity'],
])('takes %j for no cut-off', (value) => {
  expect(cutOffOf({ value })).toEqual({ error: 'bad_cutoff' });
});

it('knows no cut-off by any other reply', () => {
  expect(cutOffOf(undefined)).toEqual({ error: 'unexpected_reply' });
  expect(cutOffOf({ error: 'WRONGTYPE' })).toEqual({ error: 'WRONGTYPE' });
  const anything = fc.anything().filter((value) => value !== null && typeof value !== 'string');
  fc.assert(
    fc.property(anything, (value) => {
      expect(cutOffOf({ value })).toEqual({ error: 'unexpected_reply' });
    }),
  );
});
