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
  readonly #first: Instrument;
  readonly #all: () => readonly Instrument[];

  constructor(first: Instrument, all: () => readonly Instrument[]) {
    this.name = first.about.name;
    this.#first = first;
    this.#all = all;
  }

  get() {
    const first = this.#first;
    return {
      name: this.name,
      help: first.about.help,
      type: first.type,
      aggregator: first.type === 'gauge' ? first.about.merge : 'sum',
      values: this.#all()
        .filter(({ about }) => about.name === this.name)
        .flatMap(valuesOf),
    };
  }

  reset(): void {
    // Prometheus has no use for it, and nobody here calls it.
  }
}

/** `instruments`: those that there are at the moment; there may be others the next time. */
export function createRegistry(instruments: () => readonly Instrument[]): Registry {
  return new InstrumentRegistry(instruments);
}

class InstrumentRegistry extends Registry {
  readonly #instruments: () => readonly Instrument[];

  constructor(instruments: () => readonly Instrument[]) {
    super();
    this.#instruments = instruments;
    this.#registerNew();
  }

  override metrics(): Promise<string> {
    this.#registerNew();
    return super.metrics();
  }

  override getMetricsAsJSON(): ReturnType<Registry['getMetricsAsJSON']> {
    this.#registerNew();
    return super.getMetricsAsJSON();
  }

  #registerNew(): void {
    for (const instrument of this.#instruments()) {
      if (this.getSingleMetric(instrument.about.name) !== undefined) continue;
      this.registerMetric(new InstrumentMetric(instrument, this.#instruments) as never);
    }
  }
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
