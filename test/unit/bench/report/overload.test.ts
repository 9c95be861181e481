import { describe, expect, it } from 'vitest';
import { buildReport } from '../../../../bench/report/index.ts';
import { lost } from '../../../../bench/report/overload.ts';
import { atRate, experimentOf, resultOf, runOf, variantOf } from './fixture.ts';
import { overloadRun } from './fixture-overload.ts';

const factors = [0.7, 1, 2, 5, 10];
const line = (series: string, goodput: (factor: number) => number) =>
  factors.map((factor) =>
    variantOf(
      `${series}, ${factor}x`,
      [0, 1, 2].map((round) =>
        overloadRun({ factor, goodput: goodput(factor) * (1 - round / 50), p99Ms: 5 * factor }),
      ),
      { x: factor, series, load: atRate(1_000 * factor) },
    ),
  );

const experiment = experimentOf(
  'known',
  [
    variantOf('http2, closed loop', [runOf({ rps: 1_000 })]),
    ...line('http2', (factor) => Math.min(factor, 1)),
    ...line('grpc-js', (factor) => Math.max(0, Math.min(factor, 1.25 - factor / 8))),
  ],
  { sweep: { knob: 'offered / capacity', scale: 'log' } },
);
const report = buildReport([resultOf('overload', { experiments: [experiment] })]);

describe('the report of overload', () => {
  it('draws the lines of all servers, and the rate at which nothing was right', () => {
    const charts = [...report.html.matchAll(/<figcaption>([^<]*)</g)].map(([, title]) => title);
    expect(charts).toEqual([
      'Goodput and p99 against offered / capacity: median, lowest and highest run',
    ]);
    for (const text of ['>http2<', '>grpc-js<', '>0.7<', '>10<']) {
      expect(report.html).toContain(text);
    }
    expect(report.html).not.toMatch(/NaN|undefined/);
  });

  it('tells in both forms what became of what was due', () => {
    for (const text of [report.html, report.markdown]) {
      expect(text).toContain('refusal p99 ms');
      expect(text).toContain('unsent');
    }
    const row = report.markdown.split('\n').find((text) => text.startsWith('| grpc-js, 10x'));
    expect(row).toContain('| 0 | 0 % | – | – |'); // without a right answer there is no latency
    expect(report.markdown).not.toContain('| sweep |');
  });

  it('has no such columns elsewhere', () => {
    const peers = [resultOf('peers', { experiments: [experimentOf('e', [variantOf('a', [])])] })];
    expect(buildReport(peers).html).not.toContain('unsent');
  });
});

describe('lost', () => {
  it('is what was neither answered nor cancelled, nor kept by the caller', () => {
    expect(lost(overloadRun({ factor: 5 }))).toBe(0);
    expect(lost(overloadRun({ factor: 5, lost: 3, wrong: 2 }))).toBe(3);
  });
});
