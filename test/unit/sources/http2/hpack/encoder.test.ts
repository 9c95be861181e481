import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeaderDecoder } from '../../../../../src/sources/http2/hpack/decoder.ts';
import { encodeHeaders, type HeaderPair } from '../../../../../src/sources/http2/hpack/encoder.ts';
import { STATIC_ENTRIES } from '../../../../../src/sources/http2/hpack/static-table.ts';
import { decode, entriesOf, resize } from './blocks.ts';

const inHex = (...fields: readonly HeaderPair[]) =>
  Buffer.from(encodeHeaders(fields)).toString('hex');
const plain = (text: string) => text.replaceAll(' ', '');

describe('encodeHeaders', () => {
  it.each<[what: string, fields: HeaderPair[], block: string]>([
    ['nothing', [], ''],
    ['what the static table has', [[':status', '200']], '88'],
    ['a name of low index', [[':path', '/sample/path']], '04 0c 2f73616d706c652f70617468'],
    ['a name that has several entries by the first', [[':status', '418']], '08 03 343138'],
    ['a name whose index is one below the prefix', [[':status', '']], '08 00'],
    ['a name whose index fills the prefix', [['accept-charset', 'a']], '0f 00 01 61'],
    ['a name whose index is above it', [['content-type', 'a']], '0f 10 01 61'],
    ['the last name of the table', [['www-authenticate', 'a']], '0f 2e 01 61'],
    ['a name that is nowhere', [['grpc-status', '0']], '00 0b 677270632d737461747573 01 30'],
    ['an empty value that is in the table', [['content-type', '']], '9f'],
    [
      'several, in their order',
      [
        [':status', '200'],
        ['b', '1'],
        ['a', '2'],
      ],
      '88 00 01 62 01 31 00 01 61 01 32',
    ],
  ])('writes %s', (_, fields, block) => {
    expect(inHex(...fields)).toBe(plain(block));
  });

  it.each([
    [126, '7e'],
    [127, '7f00'],
    [128, '7f01'],
    [254, '7f7f'],
    [255, '7f8001'],
    [1337, '7fba09'],
    [16_383 + 127, '7fff7f'],
    [16_384 + 127, '7f808001'],
  ])('writes the length %i as %s', (length, bytes) => {
    const value = 'v'.repeat(length);
    expect(inHex(['a', value])).toBe(`000161${bytes}${Buffer.from(value).toString('hex')}`);
    expect(decode(encodeHeaders([['a', value]]))).toEqual([['a', value]]);
  });

  it('writes every entry of the static table as its index', () => {
    const indices = STATIC_ENTRIES.map((_, i) => 0x80 + i + 1);
    expect(encodeHeaders(STATIC_ENTRIES)).toEqual(Buffer.from(indices));
  });

  const printable = fc.string({
    unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    maxLength: 300,
  });
  const name = fc.oneof(fc.constantFrom(...STATIC_ENTRIES.map(([known]) => known)), printable);

  it('leaves the table of any peer as it is, whatever size it has', () => {
    const fields = fc.array(fc.tuple(name, printable), { maxLength: 20 });
    fc.assert(
      fc.property(fields, fc.nat(4096), (pairs, size) => {
        const decoder = new HeaderDecoder();
        decode(resize(size), decoder);
        expect(decode(encodeHeaders(pairs), decoder)).toEqual(pairs);
        expect(entriesOf(decoder.table)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
