import { describe, expect, it } from 'vitest';
import type { BenchResult, Experiment } from '../../../../bench/lib/result.ts';
import { buildReport } from '../../../../bench/report/index.ts';
import {
  allResults,
  atRate,
  experimentOf,
  ladder,
  resultOf,
  runOf,
  runsOf,
  sweepOf,
  variantOf,
} from './fixture.ts';

const reportOf = (experiment: Experiment) =>
  buildReport([resultOf('peers', { experiments: [experiment] })]);

describe('the report', () => {
  it('is the same bytes for the same JSON', () => {
    const text = JSON.stringify(allResults);
    const first = buildReport(JSON.parse(text));
    expect(buildReport(JSON.parse(text).toReversed())).toEqual(first);
    expect(first.html.length).toBeGreaterThan(50_000);
  });

  it('has a chart for each thing that was asked', () => {
    const { html } = buildReport(allResults);
    const charts = [...html.matchAll(/<figcaption>([^<]*)</g)].map(([, title]) => title);
    expect(charts).toEqual([
      'Throughput of the best variant of each step',
      'Throughput and CPU per check: median, lowest and highest run',
      'Latency percentiles at a set rate, medians',
      'Throughput and p99 against REDIS_CONNECTIONS: median, lowest and highest run',
      'Throughput and p99 against BATCH_MAX: median, lowest and highest run',
      'Throughput and CPU per check: median, lowest and highest run',
      'Throughput and p99 against checks/s offered: median, lowest and highest run',
      'Latency percentiles at a set rate, medians',
      'The whole of a check and its parts',
      'Other ways a check may take',
      'Throughput and CPU per check: median, lowest and highest run',
      'Memory of the server over time',
      'Latency and CPU per check: median, lowest and highest run',
      'Latency percentiles at a set rate, medians',
    ]);
    expect(html).toContain('>knee at 64</text>');
  });

  it('needs nothing from elsewhere, runs nothing, and gives each id once', () => {
    const { html } = buildReport([...allResults, ladder]);
    expect(html).not.toMatch(/<script|<link|<img|@import|url\(|\ssrc=|href="(?!#)/);
    const ids = [...html.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
    const targets = [...html.matchAll(/href="#([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(targets).toEqual(ids);
  });

  it('draws in the colours of the page alone', () => {
    const { html } = buildReport(allResults);
    const charts = [...html.matchAll(/<svg.*?<\/svg>/gs)].join('');
    const visible = [...charts.matchAll(/<(?:path|text)[^>]*>/g)]
      .map(([shape]) => shape)
      .filter((shape) => !shape.includes('fill-opacity="0"'));
    for (const shape of visible) {
      const [stroke, fill] = ['stroke', 'fill'].map(
        (name) => new RegExp(` ${name}="([^"]*)"`).exec(shape)?.[1],
      );
      expect(stroke ?? fill).toMatch(/^(?:none|var\(--[a-z0-9-]+\))$/);
    }
    expect(visible.length).toBeGreaterThan(300);
  });

  it('escapes hostile text wherever it stands', () => {
    const hostile = '<script>alert("1")</script>|`*x*`\n# y';
    const experiment = experimentOf(
      hostile,
      [
        variantOf('a', [...runsOf({ rps: 10 }), runOf({ rps: 1 }, { void: hostile })], {
          label: hostile,
          x: 1,
          settings: { [hostile]: hostile },
          load: atRate(10),
        }),
        variantOf('b', runsOf({ rps: 10 }), { label: hostile, x: 2, load: atRate(20) }),
      ],
      {
        title: hostile,
        about: hostile,
        sweep: { knob: hostile, scale: 'log' },
        expectations: [{ text: hostile, figure: 'rps', of: hostile, atLeast: 1 }],
      },
    );
    const { html, markdown } = buildReport([
      resultOf('peers', {
        commit: hostile,
        corpus: hostile,
        machine: { cpu: hostile, cores: 1, memoryGiB: 1, kernel: hostile },
        versions: { [hostile]: hostile },
        skipped: [hostile],
        experiments: [experiment, { ...experiment, sweep: undefined } as unknown as Experiment],
      }),
      resultOf('stages', {
        stages: [{ id: 'a', title: hostile, about: hostile, kind: 'part', rounds: [1] }],
      }),
    ]);
    expect(html).not.toContain('<script');
    expect(html).toContain('&lt;script&gt;');
    expect(markdown).not.toMatch(/(?<!\\)<script|^# y/m);
    for (const line of markdown.split('\n').filter((text) => text.startsWith('| '))) {
      expect(line).toMatch(/ \|$/);
    }
  });

  it('marks what is quick, partial or of no commit', () => {
    const told = (more: Partial<BenchResult>) => {
      const { html, markdown } = buildReport([resultOf('peers', more)]);
      const words = [/Quick: /, /Partial: /, /The work tree held changes/];
      return [html, markdown].map((text) => words.map((word) => word.test(text)));
    };
    const each = (...marks: boolean[]) => [marks, marks];
    expect(told({})).toEqual(each(false, false, false));
    expect(told({ quick: true })).toEqual(each(true, false, false));
    expect(told({ complete: false })).toEqual(each(false, true, false));
    expect(told({ commit: '90fdcb6+' })).toEqual(each(false, false, true));
  });

  it('names void runs and shows none of their figures', () => {
    const { html, markdown } = reportOf(
      experimentOf('e', [
        variantOf('a', [runOf({ rps: 1000 }), runOf({ rps: 7777 }, { void: 'a busy core' })]),
      ]),
    );
    expect(html).toContain('a, run 2: a busy core');
    expect(html).toContain('1 of 2');
    expect(html).not.toMatch(/7,?7[78]/);
    expect(markdown).toContain('| 1 of 2 |');
    expect(markdown).not.toMatch(/7,?7[78]/);
  });

  it('draws nothing when all runs are void', () => {
    const runs = [runOf({ rps: 7777 }, { void: 'a busy core' })];
    const experiment = experimentOf(
      'e',
      [variantOf('a', runs, { x: 1, load: atRate(9) }), variantOf('b', runs, { x: 2 })],
      { step: 0, sweep: { knob: 'K', scale: 'log' } },
    );
    const { html, markdown } = reportOf(experiment);
    expect(html).toContain('No run counts.');
    expect(html).not.toContain('<svg');
    expect(html).not.toMatch(/NaN|Infinity|undefined/);
    expect(markdown).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('draws bars for a sweep of one value', () => {
    const { html } = reportOf(sweepOf([[8, { rps: 1000 }]]));
    expect(html).toContain('Throughput and CPU per check');
    expect(html).not.toContain('knee');
  });

  it('finds a place for 0 on a log scale', () => {
    const zero = sweepOf([
      [0, { rps: 1000 }],
      [1, { rps: 2000 }],
      [2, { rps: 4000 }],
    ]);
    expect(reportOf(zero).html).not.toMatch(/NaN|Infinity/);
  });

  it('says that there are no results', () => {
    const { html, markdown } = buildReport([]);
    expect(html).toContain('There are no results.');
    expect(markdown).toBe('# What was measured\n\nThere are no results.\n');
  });

  it('stands without anything measured', () => {
    const empty = buildReport([
      resultOf('ladder'),
      resultOf('stages', { stages: [] }),
      resultOf('soak', { soak: { samples: [] } }),
      resultOf('peers', { experiments: [experimentOf('none', [])] }),
    ]);
    expect(empty.html).not.toMatch(/NaN|Infinity|undefined|<svg|<table><tbody><\/tbody>/);
    expect(empty.markdown).not.toMatch(/NaN|Infinity|undefined|\n\n\n/);
  });
});
