import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Field } from '../../../../../src/sources/http2/field.ts';
import { HeaderDecoder } from '../../../../../src/sources/http2/hpack/decoder.ts';
import {
  block,
  decode,
  entriesOf,
  everyKind,
  hex,
  indexed,
  literal,
  type Pair,
  resize,
  toField,
} from './blocks.ts';
import { examples } from './examples.ts';

const FIELD: Pair = [':method', 'GET'];
const AN_INDEXED = indexed(2);

describe.each(examples)('RFC 7541, appendix $name', ({ tableBytes, steps }) => {
  it('gives the fields, and leaves the table, that are written there', () => {
    const decoder = new HeaderDecoder();
    expect(decode(resize(tableBytes), decoder)).toEqual([]);
    for (const step of steps) {
      expect(decode(hex(step.block), decoder)).toEqual(step.fields);
      expect(entriesOf(decoder.table)).toEqual(step.table);
    }
  });

  it('is broken where it is cut off, but between two fields', () => {
    for (const [at, step] of steps.entries()) {
      const whole = hex(step.block);
      let boundaries = 0;
      for (let length = 0; length < whole.length; length++) {
        const decoder = new HeaderDecoder();
        decode(resize(tableBytes), decoder);
        for (const before of steps.slice(0, at)) decode(hex(before.block), decoder);
        const cut = decode(whole.subarray(0, length), decoder);
        if (cut === 'broken') continue;
        expect(cut).toEqual(step.fields.slice(0, cut.length));
        boundaries++;
      }
      expect(boundaries).toBe(step.fields.length);
    }
  });
});

describe('an index', () => {
  it('of 0 is none', () => {
    expect(decode(indexed(0))).toBe('broken');
  });

  it.each([62, 63, 126, 127, 128, 1000, 2 ** 28])(
    'of %i is none while nothing was added',
    (index) => {
      expect(decode(indexed(index))).toBe('broken');
      for (const kind of everyKind) expect(decode(literal(kind, index, ''))).toBe('broken');
    },
  );

  it('counts the newest entry as 62', () => {
    const decoder = new HeaderDecoder();
    for (const value of ['1', '2', '3']) decode(literal('with indexing', 'a', value), decoder);
    expect(decode(block(indexed(62), indexed(63), indexed(64)), decoder)).toEqual([
      ['a', '3'],
      ['a', '2'],
      ['a', '1'],
    ]);
    expect(decode(indexed(65), decoder)).toBe('broken');
  });

  it('moves on within a block', () => {
    const add = literal('with indexing', 'a', '1');
    const addSameName = literal('with indexing', 62, '2');
    expect(decode(block(add, addSameName, indexed(62), indexed(63)))).toEqual([
      ['a', '1'],
      ['a', '2'],
      ['a', '2'],
      ['a', '1'],
    ]);
  });

  it('of a name is found in both tables', () => {
    const decoder = new HeaderDecoder();
    decode(literal('with indexing', 'a', '1'), decoder);
    for (const kind of ['without indexing', 'never indexed'] as const) {
      expect(decode(literal(kind, 62, '2'), decoder)).toEqual([['a', '2']]);
      expect(decode(literal(kind, 61, '2'), decoder)).toEqual([['www-authenticate', '2']]);
    }
  });
});

describe('a field', () => {
  const judgements = (bytes: Uint8Array) => {
    const found: object[] = [];
    const field = ({ nameKind, kind, number }: Field) =>
      void found.push({ nameKind, kind, number });
    new HeaderDecoder().decode(Buffer.from(bytes), 0, bytes.length, { field });
    return found;
  };

  it.each<Pair>([
    [':method', 'POST'],
    [':path', '/envoy.service.auth.v3.Authorization/Check'],
    [':path', 'no path'],
    ['content-type', 'application/grpc'],
    ['content-length', '12'],
    ['content-length', '-1'],
    ['grpc-timeout', '100m'],
    ['grpc-timeout', 'soon'],
    ['te', 'gzip'],
    ['connection', 'close'],
    ['x-any', 'thing'],
    ['x-any', ' thing'],
    ['Upper', 'case'],
    [':unknown', ''],
  ])('%s: %s is judged the same, wherever its name and value are taken from', (name, value) => {
    const { nameKind, kind, number } = toField([name, value]);
    for (const one of everyKind) {
      const all = judgements(
        block(
          literal(one, name, value),
          literal('with indexing', name, 'x'),
          literal('never indexed', 'x-other', ''),
          literal(one, 62, value),
          literal('with indexing', 62, value),
          indexed(62),
        ),
      );
      const same = { nameKind, kind, number };
      expect([all[0], ...all.slice(3)]).toEqual([same, same, same, same]);
    }
  });
});

describe('a size of the table', () => {
  it('may be changed at the start of a block, and several times', () => {
    const blocks = [resize(0), resize(4096), block(resize(0), resize(4096))];
    for (const start of blocks) expect(decode(block(start, AN_INDEXED))).toEqual([FIELD]);
  });

  it.each<[what: string, field: Buffer]>([
    ['an indexed field', AN_INDEXED],
    ...everyKind.map((kind) => [`a literal ${kind}`, literal(kind, 'a', 'b')] as [string, Buffer]),
  ])('may not be changed after %s', (_, field) => {
    expect(decode(block(field, resize(100)))).toBe('broken');
    expect(decode(block(resize(100), field, resize(100)))).toBe('broken');
  });

  it.each([4097, 8192, 65_536, 2 ** 28])('may not be %i', (size) => {
    expect(decode(resize(size))).toBe('broken');
  });

  it('drops what has no room any more, and does not bring it back', () => {
    const decoder = new HeaderDecoder();
    for (const value of ['1', '2', '3']) decode(literal('with indexing', 'a', value), decoder);
    expect(decode(block(resize(2 * 34), resize(4096)), decoder)).toEqual([]);
    expect(entriesOf(decoder.table)).toEqual([
      ['a', '3'],
      ['a', '2'],
    ]);
    expect(decode(block(resize(0), resize(4096), indexed(62)), decoder)).toBe('broken');
  });

  it('of 0 keeps nothing that is to be kept', () => {
    const decoder = new HeaderDecoder();
    const add = literal('with indexing', 'a', '1');
    expect(decode(block(resize(0), add, add), decoder)).toEqual([
      ['a', '1'],
      ['a', '1'],
    ]);
    expect(entriesOf(decoder.table)).toEqual([]);
  });
});

describe('bytes that may be anything', () => {
  it('are read to their end or refused, twice the same', () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    const likely = fc
      .array(
        fc.oneof(
          fc.integer({ min: 1, max: 70 }).map(indexed),
          fc.integer({ min: 0, max: 5000 }).map(resize),
          fc
            .tuple(fc.constantFrom(...everyKind), fc.string({ maxLength: 40 }), fc.string())
            .map(([kind, name, value]) => literal(kind, name, value)),
          fc.uint8Array({ maxLength: 4 }),
        ),
        { maxLength: 12 },
      )
      .map((parts) => Buffer.concat(parts));
    fc.assert(
      fc.property(fc.array(fc.oneof(bytes, likely), { maxLength: 4 }), (blocks) => {
        const [once, again] = [new HeaderDecoder(), new HeaderDecoder()];
        for (const one of blocks) {
          const read = decode(one, once);
          expect(decode(one, again)).toEqual(read);
          if (read === 'broken') break;
        }
        expect(entriesOf(once.table)).toEqual(entriesOf(again.table));
      }),
      { numRuns: 2_000 },
    );
  });
});
