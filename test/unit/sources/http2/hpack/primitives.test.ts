import { describe, expect, it } from 'vitest';
import { HeaderDecoder } from '../../../../../src/sources/http2/hpack/decoder.ts';
import {
  block,
  decode,
  EVERY_BYTE,
  everyKind,
  hex,
  integer,
  literal,
  type Pair,
  string,
} from './blocks.ts';

/* RFC 7541, section 5, as the decoder reads it. */

describe('an integer', () => {
  it('is read as in RFC 7541, appendix C.1', () => {
    expect(decode(hex('2a'))).toEqual([]);
    expect(decode(hex('3f 9a 0a'))).toEqual([]);
    const text = 'v'.repeat(1337);
    const length = hex('7f ba 09');
    expect(decode(block(hex('00'), string('a'), length, Buffer.from(text)))).toEqual([['a', text]]);
  });

  it.each([
    ['one more than it needs', '3f 80 00', []],
    ['three more than it needs', '3f 80 80 80 00', []],
    ['more than 28 bits have', '3f 80 80 80 80 00', 'broken'],
    ['no end', '3f ffff ffff ffff ffff ffff', 'broken'],
  ])('of %s octets', (_, bytes, expected) => {
    expect(decode(hex(bytes))).toEqual(expected);
  });

  it.each([
    ['an index', 'ff'],
    ['an index of a name', '7f'],
    ['an index of a name that is not added', '0f'],
    ['an index of a name that is never added', '1f'],
    ['a size', '3f'],
    ['the length of a name', '00 7f'],
    ['the length of a name in Huffman', '00 ff'],
    ['the length of a value', '01 7f'],
    ['the length of a value in Huffman', '01 ff'],
  ])('that is %s breaks the block where it is too large, or has no end', (_, start) => {
    const high = 'ff'.repeat(20);
    for (const rest of [
      '',
      '80',
      '8080',
      high,
      `${high}00`,
      'ffffffff0f',
      'ffffffff07',
      'ffffff7f',
    ]) {
      expect(decode(hex(start + rest))).toBe('broken');
    }
  });
});

describe('a string', () => {
  it.each([0, 1, 126, 127, 128, 254, 255, 10_000])('of %i bytes is read', (length) => {
    const pair: Pair = ['n'.repeat(length), 'v'.repeat(length)];
    for (const kind of everyKind) expect(decode(literal(kind, ...pair))).toEqual([pair]);
  });

  it('may hold any byte', () => {
    const pair: Pair = [EVERY_BYTE, EVERY_BYTE];
    expect(decode(literal('with indexing', ...pair))).toEqual([pair]);
  });

  it('that is longer than the block breaks it', () => {
    expect(decode(block(hex('00'), string('a'), integer(3, 7), hex('61 62')))).toBe('broken');
    expect(decode(block(hex('00'), integer(3, 7), hex('61 62')))).toBe('broken');
  });

  it('may be of Huffman in the name, in the value, or in both', () => {
    const [name, value] = [hex('88 25a849e95ba97d7f'), hex('89 25a849e95bb8e8b4bf')];
    const expected = [['custom-key', 'custom-value']];
    expect(decode(block(hex('40'), name, string('custom-value')))).toEqual(expected);
    expect(decode(block(hex('40'), string('custom-key'), value))).toEqual(expected);
    expect(decode(block(hex('40'), name, value))).toEqual(expected);
  });

  it('of Huffman may be empty', () => {
    expect(decode(block(hex('00 80 80')))).toEqual([['', '']]);
  });

  it.each([
    ['padding of eight bits', '82 1fff'],
    ['padding of zeros', '81 18'],
    ['the end of string', '84 ffffffff'],
    ['the end of string in the midst', '87 4951fffffffa7f'],
  ])('of Huffman with %s breaks the block', (_, code) => {
    for (const kind of ['00', '10', '40']) {
      expect(decode(block(hex(kind), hex(code), string('v')))).toBe('broken');
      expect(decode(block(hex(kind), string('n'), hex(code)))).toBe('broken');
    }
  });

  it('of Huffman is read where a block has as many of them as it can hold', () => {
    // The shortest codes have five bits: what comes out is larger than what is allowed to go in.
    const zeros = block(integer(4095, 7, 0x80), Buffer.alloc(4095));
    const field = block(hex('00'), zeros, zeros);
    const text = '0'.repeat(6552);
    const decoder = new HeaderDecoder();
    for (let round = 0; round < 3; round++) {
      const read = decode(block(...Array(7).fill(field)), decoder);
      expect(read).toEqual(Array(7).fill([text, text]));
    }
  });
});
