import { AggregatorRegistry, type MetricValue, Registry } from 'prom-client';
import type { Instrument } from '../domain/instrument.ts';

type Values = MetricValue<string>[];

/** All metrics of a process, as they travel between processes. */
export type Metrics = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/**
 * A prom-client metric that reads our instruments when it is asked. All instruments of one name are
 * one metric, told apart by their labels.
 */
class InstrumentMetric {
  readonly name: string;
  readonly #instruments: readonly Instrument[];

  constructor(name: string, instruments: readonly Instrument[]) {
    this.name = name;
    this.#instruments = instruments;
  }

  get() {
    const [first] = this.#instruments as [Instrument];
    return {
      name: this.name,
      help: first.about.help,
      type: first.type,
      aggregator: first.type === 'gauge' ? first.about.merge : 'sum',
      values: this.#instruments.flatMap(valuesOf),
    };
  }

  reset(): void {
    // Prometheus has no use for it, and nobody here calls it.
  }
}

export function createRegistry(instruments: readonly Instrument[]): Registry {
  const registry = new Registry();
  const byName = Map.groupBy(instruments, ({ about }) => about.name);
  for (const [name, group] of byName) {
    registry.registerMetric(new InstrumentMetric(name, group) as never);
  }
  return registry;
}

/** One registry of the metrics of several processes; each says itself how its values merge. */
export function mergeMetrics(metrics: readonly Metrics[]): Registry {
  return AggregatorRegistry.aggregate([...metrics]);
}

function valuesOf(instrument: Instrument): Values {
  const { name, labels = {} } = instrument.about;
  if (instrument.type === 'counter') return [{ value: instrument.value, labels }];
  if (instrument.type === 'gauge') return [{ value: instrument.read(), labels }];
  let count = 0;
  const buckets = [...instrument.bounds, '+Inf'].map((le, i) => {
    count += instrument.counts[i] as number;
    return { metricName: `${name}_bucket`, value: count, labels: { ...labels, le } };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, value: instrument.sum, labels },
    { metricName: `${name}_count`, value: count, labels },
  ] as Values;
}
