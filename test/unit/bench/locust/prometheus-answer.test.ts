import { describe, expect, it } from 'vitest';
import { readMatrix, readVector } from '../../../support/prometheus-answer.ts';

const answer = (resultType: string, ...result: readonly object[]) => ({
  status: 'success',
  data: { resultType, result },
});

describe('what Prometheus answers', () => {
  it('is a vector of numbers, some of which are none', () => {
    const values = ['42.5', 'NaN', '+Inf', '-Inf', '1e-05'];
    const samples = values.map((value) => ({
      metric: { job: 'a' },
      value: [1_700_000_000, value],
    }));
    expect(readVector(answer('vector', ...samples), 'up')).toEqual(
      [42.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.00001].map(
        (value) => ({ metric: { job: 'a' }, value }),
      ),
    );
    expect(readVector(answer('vector'), 'up')).toEqual([]);
  });

  it('is a series for a range', () => {
    const series = {
      metric: {},
      values: [
        [10, '1'],
        [12, 'NaN'],
      ],
    };
    expect(readMatrix(answer('matrix', series), 'up')).toEqual([
      {
        metric: {},
        values: [
          [10, 1],
          [12, Number.NaN],
        ],
      },
    ]);
  });

  it('is refused with the query, where that was at fault', () => {
    const error = { status: 'error', error: 'parse error: unclosed left parenthesis' };
    expect(() => readVector(error, 'sum(')).toThrow('sum(: parse error: unclosed');
    expect(() => readVector(answer('scalar'), '1')).toThrow('1: scalar');
    expect(() => readMatrix(answer('vector'), 'up')).toThrow('up: vector');
  });
});
