/**
 * A strict reader of Prometheus' text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats):
 * throws where a scraper would, and where one would only shrug.
 */

type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: readonly Sample[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const HELP = new RegExp(`^# HELP (${NAME}) ((?:[^\\\\]|\\\\[\\\\n])*)$`);
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram|summary)$`);
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`);
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(?:,|$)/gy;
const VALUE = /^(?:[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?|[+-]Inf|Nan|NaN)$/i;
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
};

export function parseExposition(text: string): readonly Family[] {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const families: (Family & { samples: Sample[] })[] = [];
  const seen = new Set<string>();
  let help: readonly [name: string, text: string] | undefined;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, helpName, helpText] = HELP.exec(line) ?? [];
    const [, typeName, type] = TYPE.exec(line) ?? [];
    if (helpName !== undefined && helpText !== undefined) {
      help = [helpName, helpText];
    } else if (typeName !== undefined && type !== undefined) {
      if (help?.[0] !== typeName) throw new Error(`no HELP before: ${line}`);
      if (families.some(({ name }) => name === typeName)) throw new Error(`again: ${line}`);
      families.push({ name: typeName, help: unescaped(help[1]), type, samples: [] });
    } else {
      const family = families.at(-1);
      const sample = parseSample(line);
      if (family === undefined || !belongs(sample.name, family)) throw new Error(`astray: ${line}`);
      const series = sample.name + keyOf(sample.labels);
      if (seen.has(series)) throw new Error(`again: ${line}`);
      seen.add(series);
      family.samples.push(sample);
    }
  }
  for (const family of families) if (family.type === 'histogram') checkHistogram(family);
  return families;
}

function parseSample(line: string): Sample {
  const [, name = '', inner = '', value = ''] = SAMPLE.exec(line) ?? [];
  if (!VALUE.test(value)) throw new Error(`no sample: ${line}`);
  const found = [...inner.matchAll(LABEL)];
  if (found.map(([all]) => all).join('') !== inner) throw new Error(`bad labels: ${line}`);
  const labels = Object.fromEntries(found.map(([, key, text = '']) => [key, unescaped(text)]));
  if (Object.keys(labels).length !== found.length) throw new Error(`a label twice: ${line}`);
  return { name, labels, value: numberOf(value) };
}

function numberOf(value: string): number {
  return Number(value.replace(/Inf/i, 'Infinity'));
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));
}

function belongs(name: string, { name: family, type }: Family): boolean {
  return (SUFFIXES[type] ?? ['']).some((suffix) => name === family + suffix);
}

const keyOf = (labels: Labels): string => JSON.stringify(Object.entries(labels).toSorted());

/** Buckets ascend and are cumulated; the last is +Inf and equals the count; there is a sum. */
function checkHistogram({ name, samples }: Family): void {
  const withoutLe = ({ labels: { le: _, ...rest } }: Sample): string => keyOf(rest);
  for (const [key, group] of Map.groupBy(samples, withoutLe)) {
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) => numberOf(labels.le ?? ''));
    const counts = buckets.map(({ value }) => value);
    const [count, ...more] = group.filter((sample) => sample.name === `${name}_count`);
    const sums = group.filter((sample) => sample.name === `${name}_sum`);
    const isOrdered = (values: readonly number[]): boolean =>
      values.every((value, i) => i === 0 || value >= (values[i - 1] as number));
    const isWhole =
      isOrdered(bounds) &&
      isOrdered(counts) &&
      bounds.at(-1) === Number.POSITIVE_INFINITY &&
      counts.at(-1) === count?.value &&
      more.length === 0 &&
      sums.length === 1;
    if (!isWhole) throw new Error(`${name}${key} is not a histogram: ${JSON.stringify(group)}`);
  }
}

/** The value of one series; undefined when there is none. */
export function valueIn(
  families: readonly Family[],
  name: string,
  labels: Labels = {},
): number | undefined {
  const wanted = keyOf(labels);
  return families
    .flatMap(({ samples }) => samples)
    .find((sample) => sample.name === name && keyOf(sample.labels) === wanted)?.value;
}
