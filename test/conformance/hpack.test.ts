import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HeaderDecoder } from '../../src/sources/http2/hpack/decoder.ts';
import { STATIC_ENTRIES } from '../../src/sources/http2/hpack/static-table.ts';
import { type Python, startPython } from '../support/python.ts';
import { missing } from '../support/tools.ts';
import { decode, entriesOf, type Pair } from '../unit/sources/http2/hpack/blocks.ts';
import { pairsOf, randomLists, record } from './http2-headers.ts';

const ROUNDS = 8;
const CONNECTIONS_AT_ONCE = 50;
const REQUESTS = 40;

/** Name and value in base64. */
type RawPairs = readonly (readonly [name: string, value: string])[];

interface Connection {
  readonly blocks: readonly {
    readonly bytes: string;
    readonly fields: RawPairs;
    /** How often the size of the table changes at its start. */
    readonly resized: number;
  }[];
  /** The encoder's own table after them, newest first. */
  readonly table: RawPairs;
  /** Blocks of which one may come next; the fields of a broken one are null. */
  readonly hostile: readonly { readonly bytes: string; readonly fields: RawPairs | null }[];
}

const decoded = (text: string) => Buffer.from(text, 'base64');
const pairs = (raw: RawPairs): Pair[] =>
  raw.map(([name, value]) => [decoded(name).toString('latin1'), decoded(value).toString('latin1')]);

/** Of a random seed that a failure shows. */
const seed = Math.floor(Math.random() * 2 ** 31);

describe.skipIf(missing('python'))('the hpack package of Python', () => {
  let python: Python;
  const connections: Connection[] = [];
  beforeAll(async () => {
    python = await startPython([join(import.meta.dirname, 'header_blocks.py')]);
    for (let round = 0; round < ROUNDS; round++) {
      const question = { ask: 'connections', seed: seed + round, count: CONNECTIONS_AT_ONCE };
      connections.push(...((await python.ask(question)) as readonly Connection[]));
    }
  });
  afterAll(() => python[Symbol.asyncDispose]());

  it('has the same static table', async () => {
    expect(pairs((await python.ask({ ask: 'static' })) as RawPairs)).toEqual(STATIC_ENTRIES);
  });

  it('writes blocks that we read as they were meant, and ends with the same table', () => {
    const seen = { blocks: 0, fields: 0, resized: 0, entries: 0 };
    for (const { blocks, table } of connections) {
      const decoder = new HeaderDecoder();
      for (const { bytes, fields, resized } of blocks) {
        expect(decode(decoded(bytes), decoder), `seed ${seed}: ${bytes}`).toEqual(pairs(fields));
        seen.blocks++;
        seen.fields += fields.length;
        seen.resized += resized;
      }
      expect(entriesOf(decoder.table), `seed ${seed}`).toEqual(pairs(table));
      seen.entries += table.length;
    }
    expect(seen.blocks).toBeGreaterThan(2_000);
    expect(seen.fields).toBeGreaterThan(10_000);
    expect(seen.resized).toBeGreaterThan(1_000);
    expect(seen.entries).toBeGreaterThan(1_000);
  });

  it('accepts and refuses the same broken blocks, and reads them the same', () => {
    const seen = { accepted: 0, refused: 0, stricter: 0 };
    for (const { blocks, hostile } of connections) {
      for (const { bytes, fields } of hostile) {
        const decoder = new HeaderDecoder();
        for (const before of blocks) decode(decoded(before.bytes), decoder);
        const ours = decode(decoded(bytes), decoder);
        const name = `seed ${seed}: ${bytes}`;
        if (fields === null) {
          expect(ours, name).toBe('broken');
          seen.refused++;
        } else if (ours === 'broken') {
          // It takes integers of five octets after the first, and we of four.
          expect(decoded(bytes).toString('latin1'), name).toMatch(/[\x80-\xff]{4}/);
          seen.stricter++;
        } else {
          expect(ours, name).toEqual(pairs(fields));
          seen.accepted++;
        }
      }
    }
    const total = seen.accepted + seen.refused;
    expect(seen.accepted).toBeGreaterThan(total / 10);
    expect(seen.refused).toBeGreaterThan(total / 10);
    expect(seen.stricter).toBeLessThan(total / 100);
  });
});

describe("the client of Node's own HTTP/2", () => {
  it.each<[what: string, tables: number[][]]>([
    ['the usual table', [[]]],
    ['no table', [[0]]],
    ['a small table', [[100]]],
    ['a table that shrinks', [[4096], [1000], [100], [0]]],
    ['a table that grows', [[0], [100], [4096]]],
    ['a table that is emptied and grows again, at once', [[], [0, 4096], [50, 0, 3000]]],
  ])('writes headers that we read as they were meant, with %s', async (_, tables) => {
    const requests = randomLists(seed, REQUESTS * tables.length);
    const phases = tables.map((tableBytes, i) => ({
      tableBytes,
      requests: requests.slice(i * REQUESTS, (i + 1) * REQUESTS),
    }));
    const decoder = new HeaderDecoder();
    const read = (await record(phases)).map((block) => decode(block, decoder));
    expect(read.map(byName), `seed ${seed}`).toEqual(requests.map((it) => byName(pairsOf(it))));
  });
});

/** The client puts names into an order of its own; values of one name stay in theirs. */
const byName = (fields: readonly Pair[] | 'broken') =>
  fields === 'broken' ? fields : fields.toSorted(([a], [b]) => (a < b ? -1 : Number(a > b)));
