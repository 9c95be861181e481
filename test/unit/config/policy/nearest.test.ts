import { describe, expect, it } from 'vitest';
import { nearest } from '../../../../src/config/policy/nearest.ts';

describe('nearest', () => {
  it.each([
    ['audience', 'audiences'],
    ['ALGORITHMS', 'algorithms'],
    ['algoritms', 'algorithms'],
    ['clock_skew', undefined],
    ['clockSkewSec', 'clock_skew_sec'],
    ['zebra', undefined],
    ['', undefined],
    ['key', 'keys'],
  ])('of %s is %s', (name, expected) => {
    const names = ['issuer', 'keys', 'algorithms', 'audiences', 'clock_skew_sec'];
    expect(nearest(name, names)).toBe(expected);
  });

  it('is the first of those that are as near', () => {
    expect(nearest('ab', ['ac', 'ad'])).toBe('ac');
  });
});
