import type { Reading } from '../fuzz/oracle.ts';

type Pairs = readonly (readonly [key: string, value: string])[];

/** What codec.py reads of a CheckRequest: all in base64, in the order of the message. */
export interface RawReading {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly headers: Pairs;
  readonly headerMap: Pairs;
  readonly extensions: Pairs;
}

const decoded = (text: string) => Buffer.from(text, 'base64');

const pairs = (raw: Pairs) =>
  raw.map(([key, value]) => [decoded(key).toString('latin1'), decoded(value)] as const);

export function toReading(raw: RawReading): Reading {
  const byName = Map.groupBy(pairs(raw.headerMap), ([name]) => name);
  return {
    method: decoded(raw.method),
    path: decoded(raw.path),
    host: decoded(raw.host),
    headers: new Map(pairs(raw.headers)),
    headerMap: new Map([...byName].map(([name, all]) => [name, all.map(([, value]) => value)])),
    extensions: new Map(pairs(raw.extensions)),
  };
}
