import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeaderDecoder } from '../../../../../src/sources/http2/hpack/decoder.ts';
import { HeaderTable } from '../../../../../src/sources/http2/hpack/table.ts';
import {
  decode,
  entriesOf,
  FIRST_DYNAMIC,
  indexed,
  literal,
  type Pair,
  resize,
  toField,
} from './blocks.ts';
import { PlainTable } from './model.ts';

const MAX_BYTES = 4096;
const OVERHEAD_BYTES = 32;

/** An entry that counts so many bytes. */
const sized = (bytes: number, name = 'n'): Pair => [
  name,
  'v'.repeat(bytes - name.length - OVERHEAD_BYTES),
];

function tableOf(...entries: readonly Pair[]): HeaderTable {
  const table = new HeaderTable();
  for (const entry of entries) table.insert(toField(entry));
  return table;
}

describe('HeaderTable', () => {
  it('keeps a copy', () => {
    const field = toField(['a', 'b']);
    const table = new HeaderTable();
    table.insert(field);
    field.nameBytes.fill(0x78);
    field.valueBytes.fill(0x78);
    expect(entriesOf(table)).toEqual([['a', 'b']]);
  });

  it('keeps what a field was judged to be', () => {
    const fields: Pair[] = [
      [':path', '/envoy.service.auth.v3.Authorization/Check'],
      ['content-length', '123'],
      ['grpc-timeout', '100m'],
      ['connection', 'close'],
      ['Upper', 'case'],
      ['x-any', 'thing'],
    ];
    for (const pair of fields) {
      const field = toField(pair);
      const kept = tableOf(pair).at(FIRST_DYNAMIC);
      const { nameKind, kind, number } = field;
      expect(kept).toMatchObject({ nameKind, kind, number });
    }
  });

  it('counts 32 bytes more than an entry has', () => {
    const half = MAX_BYTES / 2;
    expect(entriesOf(tableOf(sized(half, 'a'), sized(half, 'b')))).toHaveLength(2);
    expect(entriesOf(tableOf(sized(half, 'a'), sized(half + 1, 'b')))).toEqual([
      sized(half + 1, 'b'),
    ]);
  });

  it('has room for 128 entries of nothing', () => {
    const entries = Array.from({ length: 130 }, (): Pair => ['', '']);
    expect(entriesOf(tableOf(...entries))).toHaveLength(128);
  });

  it('evicts the oldest, and no more than it must', () => {
    const names = ['a', 'b', 'c', 'd'];
    const table = tableOf(...names.map((name) => sized(1024, name)));
    expect(entriesOf(table)).toHaveLength(4);
    table.insert(toField(sized(1025, 'e')));
    expect(entriesOf(table).map(([name]) => name)).toEqual(['e', 'd', 'c']);
  });

  it('takes an entry that fills it', () => {
    expect(entriesOf(tableOf(['a', 'b'], sized(MAX_BYTES)))).toEqual([sized(MAX_BYTES)]);
  });

  it('is empty after an entry that is larger than it, and of use afterwards', () => {
    const table = tableOf(['a', 'b'], sized(MAX_BYTES + 1));
    expect(entriesOf(table)).toEqual([]);
    table.insert(toField(['c', 'd']));
    expect(entriesOf(table)).toEqual([['c', 'd']]);
  });

  it('may be made smaller and larger again, up to what was allowed', () => {
    const table = tableOf(['a', '1'], ['a', '2'], ['a', '3']);
    expect(table.resize(2 * 34 + 33)).toBe(true);
    expect(entriesOf(table).map(([, value]) => value)).toEqual(['3', '2']);
    expect(table.resize(MAX_BYTES)).toBe(true);
    expect(entriesOf(table).map(([, value]) => value)).toEqual(['3', '2']);
    expect(table.resize(MAX_BYTES + 1)).toBe(false);
    expect(table.resize(0)).toBe(true);
    expect(entriesOf(table)).toEqual([]);
    table.insert(toField(['a', '4']));
    expect(entriesOf(table)).toEqual([]);
  });

  it('counts its changes', () => {
    const table = new HeaderTable();
    const seen = [table.generation];
    table.insert(toField(['a', 'b']));
    seen.push(table.generation);
    table.insert(toField(sized(MAX_BYTES + 1)));
    seen.push(table.generation);
    table.resize(0);
    seen.push(table.generation);
    expect(new Set(seen).size).toBe(seen.length);
    entriesOf(table);
    expect(table.generation).toBe(seen.at(-1));
  });

  // Section 4.4: the name may be that of an entry which is evicted to make room for the new one.
  it.each([10, 100, 1000, 2000, 4000])(
    'keeps a name of %i bytes that its entry gives up',
    (length) => {
      const decoder = new HeaderDecoder();
      const model = new PlainTable();
      // Over and over, so that the name is found in every part of the store.
      decode(literal('with indexing', 'n'.repeat(length), ''), decoder);
      model.insert(['n'.repeat(length), '']);
      for (let round = 0; round < 50; round++) {
        const [name] = model.at(FIRST_DYNAMIC) as Pair;
        const value = String(round).padEnd(MAX_BYTES - OVERHEAD_BYTES - length - (round % 3), '.');
        const read = decode(literal('with indexing', FIRST_DYNAMIC, value), decoder);
        model.insert([name, value]);
        expect(read).toEqual([[name, value]]);
        expect(entriesOf(decoder.table)).toEqual(model.entries);
        expect(model.entries).toHaveLength(1);
      }
    },
  );
});

describe('a decoder over a long time', () => {
  const size = fc.oneof(
    { weight: 6, arbitrary: fc.nat(60) },
    { weight: 2, arbitrary: fc.nat(1_000) },
    { weight: 1, arbitrary: fc.integer({ min: 1_900, max: 4_200 }) },
  );
  const step = fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({
        what: fc.constant('literal' as const),
        kind: fc.constantFrom(
          'with indexing',
          'with indexing',
          'without indexing',
          'never indexed',
        ),
        /** Where the name comes from, if it is not spelled out: a share of all indices. */
        from: fc.option(fc.nat(999), { nil: undefined }),
        nameLength: size,
        valueLength: size,
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ what: fc.constant('indexed' as const), from: fc.nat(999) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        what: fc.constant('resize' as const),
        bytes: fc.oneof(fc.constant(MAX_BYTES), fc.constant(0), fc.nat(MAX_BYTES)),
      }),
    },
  );

  it('agrees with a table that is a plain array', () => {
    let inserted = 0;
    let evicted = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 100, maxLength: 400, size: 'max' }), (steps) => {
        const decoder = new HeaderDecoder();
        const model = new PlainTable();
        let serial = 0;
        const text = (length: number) => `${serial++}-`.repeat(length).slice(0, length);
        for (const one of steps) {
          if (one.what === 'resize') {
            expect(decode(resize(one.bytes), decoder)).toEqual([]);
            model.resize(one.bytes);
            continue;
          }
          const count = FIRST_DYNAMIC - 1 + model.entries.length;
          const index = one.from === undefined ? 0 : 1 + Math.floor((one.from / 1000) * count);
          const named = model.at(index);
          if (one.what === 'indexed') {
            expect(decode(indexed(index), decoder)).toEqual([named]);
            continue;
          }
          const name = named?.[0] ?? text(one.nameLength);
          const value = text(one.valueLength);
          const spelled = named === undefined ? name : index;
          expect(decode(literal(one.kind, spelled, value), decoder)).toEqual([[name, value]]);
          if (one.kind === 'with indexing') {
            const before = model.entries.length;
            model.insert([name, value]);
            inserted++;
            evicted += before + 1 - model.entries.length;
          }
          expect(entriesOf(decoder.table)).toEqual(model.entries);
        }
      }),
      { numRuns: 50 },
    );
    expect(inserted).toBeGreaterThan(2_000);
    expect(evicted).toBeGreaterThan(1_000);
  });
});
