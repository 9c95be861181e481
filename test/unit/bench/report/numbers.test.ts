import { expect, it } from 'vitest';
import {
  knobValue,
  number,
  percent,
  short,
  tick,
  whole,
} from '../../../../bench/report/numbers.ts';

it.each([
  [0, '0'],
  [84_213, '84,200'],
  [1_234_567, '1,230,000'],
  [999.9, '1,000'],
  [123.4, '123'],
  [12, '12.0'],
  [1.005, '1.00'],
  [0.01234, '0.0123'],
  [0.00123456, '0.00123'],
  [-4.5, '-4.50'],
  [Number.POSITIVE_INFINITY, 'unbounded'],
])('has three significant digits: %s is %s', (value, text) => {
  expect(number(value)).toBe(text);
});

it('drops zeros that say nothing', () => {
  expect([2.1, 12, 100, 0.05].map(short)).toEqual(['2.1', '12', '100', '0.05']);
  expect([0, 0.0012, 0.8].map(percent)).toEqual(['0 %', '0.12 %', '80 %']);
});

it('keeps every digit of counts and of knobs', () => {
  expect(whole(1_234_567)).toBe('1,234,567');
  expect([1024, 60_000, 0.5].map(knobValue)).toEqual(['1024', '60k', '0.5']);
  expect([0, 500, 1500, 2e6].map(tick)).toEqual(['0', '500', '1.5k', '2M']);
});
