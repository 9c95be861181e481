import { describe, expect, it } from 'vitest';
import { buildReport } from '../../../../bench/report/index.ts';
import { isHeld, type Measure, measureText, verdictOf } from '../../../../bench/report/measures.ts';
import { rotationRows } from '../../../../bench/report/rotation.ts';
import { benchResult } from '../../../../bench/report/schema.ts';
import type { RotationOutcome } from '../../../../bench/rotation/result.ts';
import { resultOf } from './fixture.ts';

const outcome = (...measures: readonly Measure[]): RotationOutcome => ({
  ...{ name: 'keys <exchanged>', about: 'About it.', seconds: 90, checks: 45_000, measures },
  grades: { right: 44_990, error: 4, wrong_denial: 3, lost: 2, broken: 1 },
  errors: { keys_unavailable: 4 },
  fetches: { success: 18, failure: 2 },
  ...{ p99Ms: 3.21, starvedMs: 12 },
});

describe('a measure', () => {
  it.each<[string, Measure, boolean, string]>([
    ['is told', { text: 'rate', unit: '/s', found: 9_876 }, true, 'rate: 9,876/s'],
    ['that never came is told', { text: 'a', unit: 'ms' }, true, 'a: never'],
    ['within its limits', { text: 'a', found: 3, atLeast: 3, atMost: 3 }, true, 'at least 3 and'],
    ['below', { text: 'a', found: 2, atLeast: 3 }, false, 'a: 2, at least 3 asked'],
    ['above', { text: 'a', unit: 'x', found: 2.5, atMost: 2 }, false, 'a: 2.5x, at most 2x asked'],
    ['that never came misses any limit', { text: 'a', atMost: 3 }, false, 'a: never, at most 3'],
  ])('%s', (_, measure, held, text) => {
    expect(isHeld(measure)).toBe(held);
    expect(measureText(measure)).toContain(text);
  });
});

it('a row tells what became of checks, and which measures were missed', () => {
  const missed = outcome(
    { text: 'lost', found: 3, atMost: 0 },
    {
      text: 'more',
      found: 1,
    },
    { text: 'none', found: 0, atMost: 0 },
  );
  expect(rotationRows({ rate: 500, outcomes: [missed] })).toEqual([
    [
      ...['keys <exchanged>', '45,000', '0', '3', '4 (keys_unavailable 4)', '3', '20 (2)', '3.21'],
      ...['lost: 3, at most 0 asked; more: 1', 'failed: lost'],
    ],
  ]);
  expect(verdictOf({ ...missed, starvedMs: 37_422 })).toBe('failed: lost, 37,422 ms without a CPU');
  expect(verdictOf(outcome({ text: 'lost', found: 0, atMost: 0 }))).toBe('ok');
});

it('stands in the report and its summary', () => {
  const rotation = {
    rate: 500,
    outcomes: [outcome({ text: 'late by', unit: 'ms', found: 4_321 })],
  };
  const result = resultOf('rotation', { rotation });
  expect(benchResult.parse(JSON.parse(JSON.stringify(result)))).toEqual(result);
  const { html, markdown } = buildReport([result]);
  expect(html).toContain('keys &lt;exchanged&gt;');
  expect(html).toContain('late by: 4,321 ms');
  expect(markdown).toContain('| keys \\<exchanged\\> | 45,000 |');
});
