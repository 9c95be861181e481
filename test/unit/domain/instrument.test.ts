import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Counter, DURATION_BOUNDS, Gauge, Histogram } from '../../../src/domain/instrument.ts';

const about = { name: 'a', help: 'b' };

describe('Counter', () => {
  it('starts at 0', () => {
    expect(new Counter(about).value).toBe(0);
  });
});

describe('Gauge', () => {
  it('is read when it is asked', () => {
    let value = 1;
    const gauge = new Gauge({ ...about, merge: 'sum' }, () => value);
    value = 2;
    expect(gauge.read()).toBe(2);
  });
});

describe('Histogram', () => {
  it.each<[number, number]>([
    [-1, 0],
    [0, 0],
    [1, 0],
    [1.0001, 1],
    [2, 1],
    [3, 2],
    [4, 2],
    [4.0001, 3],
    [Number.POSITIVE_INFINITY, 3],
  ])('puts %s into bucket %s: a bound belongs to the bucket below it', (value, bucket) => {
    const histogram = new Histogram(about, [1, 2, 4]);
    histogram.observe(value);
    expect(histogram.counts.indexOf(1)).toBe(bucket);
    expect(histogram.sum).toBe(value);
  });

  it('loses no observation', () => {
    const number = fc.double({ min: 0, max: 2, noNaN: true });
    fc.assert(
      fc.property(fc.array(number), (values) => {
        const histogram = new Histogram(about, DURATION_BOUNDS);
        for (const value of values) histogram.observe(value);
        expect(histogram.counts.reduce((a, b) => a + b)).toBe(values.length);
        expect(histogram.sum).toBe(values.reduce((a, b) => a + b, 0));
      }),
    );
  });

  it('has bounds for durations that ascend, and tell 50 ms apart', () => {
    expect(DURATION_BOUNDS).toEqual([...DURATION_BOUNDS].sort((a, b) => a - b));
    expect(new Set(DURATION_BOUNDS).size).toBe(DURATION_BOUNDS.length);
    expect(DURATION_BOUNDS).toContain(0.05);
  });
});
