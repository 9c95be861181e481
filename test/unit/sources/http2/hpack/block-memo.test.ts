import { expect, it } from 'vitest';
import { BlockMemo } from '../../../../../src/sources/http2/hpack/block-memo.ts';

const BLOCK = Buffer.from('..abcd..');

it('holds the block that it remembers, wherever that stands', () => {
  const memo = new BlockMemo();
  expect(memo.holds(BLOCK, 2, 6, 0)).toBe(false);
  memo.remember(BLOCK, 2, 6, 7, 7);
  expect(memo.holds(Buffer.from('abcd'), 0, 4, 7)).toBe(true);
  expect(memo.holds(BLOCK, 2, 6, 7)).toBe(true);
});

it.each([
  ['another byte', 'abce'],
  ['less of it', 'abc'],
  ['more than it', 'abcde'],
  ['nothing', ''],
])('does not hold %s', (_, other) => {
  const memo = new BlockMemo();
  memo.remember(BLOCK, 2, 6, 7, 7);
  expect(memo.holds(Buffer.from(other), 0, other.length, 7)).toBe(false);
});

it('holds a block no longer once the table has changed, or another was read, or it was told', () => {
  const memo = new BlockMemo();
  memo.remember(BLOCK, 2, 6, 7, 7);
  expect(memo.holds(BLOCK, 2, 6, 8)).toBe(false);
  memo.remember(BLOCK, 0, 1, 8, 9); // it changed the table
  expect(memo.holds(BLOCK, 0, 1, 9)).toBe(false);
  memo.remember(BLOCK, 2, 6, 9, 9);
  memo.forget();
  expect(memo.holds(BLOCK, 2, 6, 9)).toBe(false);
});

it('remembers no block that is longer than proxies repeat', () => {
  const memo = new BlockMemo();
  const long = Buffer.alloc(257);
  memo.remember(long, 0, 257, 1, 1);
  expect(memo.holds(long, 0, 257, 1)).toBe(false);
  memo.remember(long, 0, 256, 1, 1);
  expect(memo.holds(long, 0, 256, 1)).toBe(true);
});
