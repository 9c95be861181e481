import { expect, it } from 'vitest';
import { quantity } from '../../../scripts/lib/deploy/quantity.ts';

it.each([
  ['100m', 0.1],
  ['2', 2],
  [2, 2],
  ['0.5', 0.5],
  ['128Mi', 134_217_728],
  ['1G', 1_000_000_000],
  ['1q', undefined],
  ['1toString', undefined],
  ['Mi', undefined],
  ['-1', undefined],
  ['', undefined],
])('%j is %s', (text, value) => {
  expect(quantity(text)).toBe(value);
});
