import { describe, expect, it } from 'vitest';
import type { Expectation, Run } from '../../../../bench/lib/result.ts';
import { verdict } from '../../../../bench/report/verdict.ts';
import { experimentOf, runOf, variantOf } from './fixture.ts';

const runs = (...rps: number[]): Run[] => rps.map((value) => runOf({ rps: value, p99: 40 }));

const experiment = experimentOf('e', [
  variantOf('fast', runs(2000, 2100, 2200)),
  variantOf('slow', runs(1000)),
  variantOf('void', [runOf({ rps: 5000 }, { void: 'busy' })]),
]);

const judge = (expectation: Partial<Expectation>) =>
  verdict(experiment, { text: 'so', figure: 'rps', of: 'fast', ...expectation });

describe('verdict', () => {
  it('compares the medians of two variants', () => {
    expect(judge({ over: 'slow', atLeast: 1.5 })).toEqual({
      outcome: 'held',
      text: '2.1x, at least 1.5x expected',
    });
    expect(judge({ over: 'slow', atMost: 1.5 })).toEqual({
      outcome: 'failed',
      text: '2.1x, at most 1.5x expected',
    });
    expect(judge({ over: 'slow', atLeast: 2.3, atMost: 3 })).toEqual({
      outcome: 'failed',
      text: '2.1x, at least 2.3x and at most 3x expected',
    });
  });

  it('compares a figure with a limit, in its unit', () => {
    expect(judge({ figure: 'p99Ms', atMost: 50 })).toEqual({
      outcome: 'held',
      text: '40 ms, at most 50 ms expected',
    });
    expect(judge({ figure: 'failedShare', atMost: 0.001 }).text).toBe(
      '0 %, at most 0.1 % expected',
    );
    expect(judge({ atLeast: 2100 }).outcome).toBe('held');
  });

  it('says so when single runs lie on both sides of the limit', () => {
    expect(judge({ over: 'slow', atLeast: 2.05 })).toEqual({
      outcome: 'held',
      text: '2.1x, at least 2.05x expected; single runs reach from 2x to 2.2x',
    });
  });

  it.each([
    [{ over: 'slow' }, 'no limit was stated'],
    [{ of: 'void', atLeast: 1 }, 'no run of void has this figure'],
    [{ over: 'void', atLeast: 1 }, 'no run of void has this figure'],
    [{ figure: 'envoyCpuUs' as const, atMost: 1 }, 'no run of fast has this figure'],
    [{ of: 'nobody', atLeast: 1 }, 'there is no variant nobody'],
    [{ figure: 'failedShare' as const, over: 'slow', atMost: 1 }, 'there is no ratio to nothing'],
  ])('does not judge what was not measured: %o', (expectation, text) => {
    expect(judge(expectation)).toEqual({ outcome: 'not measured', text });
  });
});
