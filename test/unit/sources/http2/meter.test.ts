import { describe, expect, it } from 'vitest';
import { type Refusal, refusals, TransportMeter } from '../../../../src/sources/http2/meter.ts';

const classes = Object.keys(refusals) as Refusal[];

function start() {
  let open = 0;
  const meter = new TransportMeter(() => open);
  const counters = meter.instruments.filter((instrument) => instrument.type === 'counter');
  const gauges = meter.instruments.filter((instrument) => instrument.type === 'gauge');
  return {
    meter,
    counters,
    gauges,
    setOpen: (count: number) => {
      open = count;
    },
    counted: () =>
      Object.fromEntries(
        counters
          .filter(({ value }) => value > 0)
          .map(({ about, value }) => [about.labels?.class, value]),
      ),
  };
}

describe('refusals', () => {
  it.each(Object.entries(refusals))('have a name in snake_case and a text: %s', (name, text) => {
    expect(name).toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
    expect(text).toMatch(/^[^|\n]*\S[^|\n]*[^.\s|]$/);
  });

  it('have texts that differ', () => {
    expect(new Set(Object.values(refusals)).size).toBe(classes.length);
  });
});

describe('TransportMeter', () => {
  it('has a counter of one name for every refusal, from the start', () => {
    const { counters } = start();
    expect(counters.map(({ about }) => about.labels)).toEqual(
      classes.map((name) => ({ class: name })),
    );
    expect(new Set(counters.map(({ about }) => about.name))).toEqual(
      new Set(['ext_authz_transport_refused_total']),
    );
    expect(new Set(counters.map(({ about }) => about.help)).size).toBe(1);
    expect(counters.every(({ value }) => value === 0)).toBe(true);
  });

  it.each(classes)('counts %s, and nothing with it', (name) => {
    const { meter, counted } = start();
    meter.refused(name);
    meter.refused(name);
    expect(counted()).toEqual({ [name]: 2 });
  });

  it('reads how many connections are open, of which workers have their own', () => {
    const { gauges, setOpen } = start();
    expect(gauges.map(({ about }) => [about.name, about.merge])).toEqual([
      ['ext_authz_connections', 'sum'],
    ]);
    expect(gauges[0]?.read()).toBe(0);
    setOpen(7);
    expect(gauges[0]?.read()).toBe(7);
  });
});
