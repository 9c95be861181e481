import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRegistry, mergeMetrics } from '../../../src/admin/registry.ts';
import { Counter, Gauge, Histogram, type Instrument } from '../../../src/domain/instrument.ts';
import { parseExposition, valueIn } from './exposition.ts';

const counter = (labels: Record<string, string>, value: number, help = 'Counts.') => {
  const instrument = new Counter({ name: 'checks_total', help, labels });
  instrument.value = value;
  return instrument;
};

const gauge = (merge: 'sum' | 'max', value: number) =>
  new Gauge({ name: `level_${merge}`, help: 'Is read.', merge }, () => value);

const histogram = (labels: Record<string, string>, ...values: number[]) => {
  const instrument = new Histogram({ name: 'took_seconds', help: 'Takes.', labels }, [0.1, 1]);
  for (const value of values) instrument.observe(value);
  return instrument;
};

const read = async (...instruments: Instrument[]) =>
  parseExposition(await createRegistry(() => instruments).metrics());

describe('createRegistry', () => {
  it('makes one metric of all instruments of a name', async () => {
    const families = await read(counter({ a: '1' }, 2), gauge('sum', 7), counter({ a: '2' }, 3));
    expect(families.map(({ name, type, help }) => [name, type, help])).toEqual([
      ['checks_total', 'counter', 'Counts.'],
      ['level_sum', 'gauge', 'Is read.'],
    ]);
    expect(valueIn(families, 'checks_total', { a: '1' })).toBe(2);
    expect(valueIn(families, 'checks_total', { a: '2' })).toBe(3);
    expect(valueIn(families, 'level_sum')).toBe(7);
  });

  it('cumulates the buckets of a histogram', async () => {
    const families = await read(histogram({ a: '1' }, 0.05, 0.1, 0.5, 2), histogram({ a: '2' }));
    const bucket = (a: string, le: string) => valueIn(families, 'took_seconds_bucket', { a, le });
    expect(['0.1', '1', '+Inf'].map((le) => bucket('1', le))).toEqual([2, 3, 4]);
    expect(['0.1', '1', '+Inf'].map((le) => bucket('2', le))).toEqual([0, 0, 0]);
    expect(valueIn(families, 'took_seconds_count', { a: '1' })).toBe(4);
    expect(valueIn(families, 'took_seconds_sum', { a: '1' })).toBeCloseTo(2.65);
  });

  it('reads the instruments anew at every scrape', async () => {
    const checks = counter({}, 0);
    const registry = createRegistry(() => [checks]);
    await registry.metrics();
    checks.value = 5;
    expect(valueIn(parseExposition(await registry.metrics()), 'checks_total')).toBe(5);
  });

  it('escapes whatever stands in a label or a help', async () => {
    const tricky = fc.string({
      unit: fc.constantFrom('\\', '"', '\n', '{', '}', ',', '=', ' ', 'é'),
    });
    await fc.assert(
      fc.asyncProperty(tricky, tricky, async (value, help) => {
        const families = await read(counter({ a: value, b: '1' }, 1, help));
        expect(valueIn(families, 'checks_total', { a: value, b: '1' })).toBe(1);
        expect(families[0]?.help).toBe(help);
      }),
    );
  });
});

describe('mergeMetrics', () => {
  /** As after a journey between processes. */
  const metricsOf = async (...instruments: Instrument[]) =>
    JSON.parse(JSON.stringify(await createRegistry(() => instruments).getMetricsAsJSON()));

  it('sums counters, one of a kind', async () => {
    const merged = mergeMetrics([
      await metricsOf(counter({ a: '1' }, 2), counter({ a: '2' }, 1)),
      await metricsOf(counter({ a: '1' }, 3)),
    ]);
    const families = parseExposition(await merged.metrics());
    expect(valueIn(families, 'checks_total', { a: '1' })).toBe(5);
    expect(valueIn(families, 'checks_total', { a: '2' })).toBe(1);
  });

  it('sums histograms, bucket by bucket', async () => {
    const merged = mergeMetrics([
      await metricsOf(histogram({ a: '1' }, 0.05, 2)),
      await metricsOf(histogram({ a: '1' }, 0.5), histogram({ a: '2' }, 0.5)),
    ]);
    const families = parseExposition(await merged.metrics());
    const bucket = (le: string) => valueIn(families, 'took_seconds_bucket', { a: '1', le });
    expect(['0.1', '1', '+Inf'].map(bucket)).toEqual([1, 2, 3]);
    expect(valueIn(families, 'took_seconds_count', { a: '2' })).toBe(1);
    expect(valueIn(families, 'took_seconds_sum', { a: '1' })).toBeCloseTo(2.55);
  });

  it('merges gauges as each of them says', async () => {
    const merged = mergeMetrics([
      await metricsOf(gauge('sum', 2), gauge('max', 2)),
      await metricsOf(gauge('sum', 5), gauge('max', 5)),
      await metricsOf(gauge('sum', 1), gauge('max', 1)),
    ]);
    const families = parseExposition(await merged.metrics());
    expect(valueIn(families, 'level_sum')).toBe(8);
    expect(valueIn(families, 'level_max')).toBe(5);
  });

  it('can be merged again and again', async () => {
    let metrics = await metricsOf();
    for (let round = 0; round < 3; round++) {
      const more = await metricsOf(counter({}, 2), gauge('max', round), histogram({}, 0.5));
      metrics = await mergeMetrics([metrics, more]).getMetricsAsJSON();
    }
    const families = parseExposition(await mergeMetrics([metrics]).metrics());
    expect(valueIn(families, 'checks_total')).toBe(6);
    expect(valueIn(families, 'level_max')).toBe(2);
    expect(valueIn(families, 'took_seconds_count')).toBe(3);
  });

  it('makes nothing of nothing', async () => {
    expect((await mergeMetrics([]).metrics()).trim()).toBe('');
  });
});
