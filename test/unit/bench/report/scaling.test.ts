import { describe, expect, it } from 'vitest';
import { buildReport } from '../../../../bench/report/index.ts';
import { isHeld } from '../../../../bench/report/measures.ts';
import { describeStep, measuresOf, scalingRows } from '../../../../bench/report/scaling.ts';
import { benchResult } from '../../../../bench/report/schema.ts';
import type { ScalingStep } from '../../../../bench/scaling/result.ts';
import { resultOf } from './fixture.ts';

const step = (more: Partial<ScalingStep> = {}): ScalingStep => ({
  ...{ name: '2 <→> 5', about: 'About it.', seconds: 80, instances: 5, requests: 80_123 },
  failed: {},
  share: { min: 0.1991, max: 0.2012 },
  redisConnections: { most: 20, bound: 20 },
  ...{ renewed: 12, p99Ms: 4.567, starvedMs: 12 },
  ...more,
});

describe('a step', () => {
  it.each<[string, Partial<ScalingStep>, string | undefined]>([
    ['that loses nothing', {}, undefined],
    ['with a failed request', { failed: { '503 overload': 1 } }, 'failed requests'],
    ['with a wrong answer', { failed: { 200: 3 } }, 'failed requests'],
    [
      'whose shares are too far apart',
      { share: { min: 0.18, max: 0.22 } },
      'the most over the least share',
    ],
    [
      'with an instance that nobody asks',
      { share: { min: 0, max: 0.25 } },
      'the most over the least share',
    ],
    [
      'with more connections than instances may have',
      { redisConnections: { most: 21, bound: 20 } },
      'Redis connections',
    ],
  ])('%s', (_, more, missed) => {
    const texts = measuresOf(step(more)).flatMap((measure) =>
      isHeld(measure) ? [] : [measure.text],
    );
    expect(texts).toEqual(missed === undefined ? [] : [missed]);
    expect(describeStep(step(more))).toMatch(missed === undefined ? /: ok$/ : `failed: ${missed}`);
  });
});

it('a row tells what became of requests', () => {
  const failing = step({ failed: { ECONNRESET: 2, '503 overload': 3 } });
  expect(scalingRows({ rate: 1_000, steps: [failing] })).toEqual([
    [
      ...['2 <→> 5', '5', '80,123', '5 (503 overload 3, ECONNRESET 2)', '19.9 % to 20.1 %'],
      ...['20 of 20', '12', '4.57', 'failed: failed requests'],
    ],
  ]);
});

it('stands in the report and its summary', () => {
  const result = resultOf('scaling', { scaling: { rate: 1_000, steps: [step()] } });
  expect(benchResult.parse(JSON.parse(JSON.stringify(result)))).toEqual(result);
  const { html, markdown } = buildReport([result]);
  expect(html).toContain('2 &lt;→&gt; 5<small>About it.</small>');
  expect(markdown).toContain('| 2 \\<→\\> 5 | 5 | 80,123 | 0 |');
});
