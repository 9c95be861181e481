import { describe, expect, it } from 'vitest';
import { decodeHuffman } from '../../../../../src/sources/http2/hpack/huffman.ts';
import { EVERY_BYTE, hex } from './blocks.ts';

/** The text, or -1; within bytes that are not its own. */
function decode(code: Uint8Array): string | -1 {
  const around = Buffer.concat([Buffer.from([0x1f]), code, Buffer.from([0x1f])]);
  const target = Buffer.alloc(Math.ceil((code.length * 8) / 5) + 3, '#');
  const end = decodeHuffman(around, 1, 1 + code.length, target, 3);
  expect(target.toString('latin1', 0, 3)).toBe('###');
  if (end === -1) return -1;
  expect(target.subarray(end).every((byte) => byte === 0x23)).toBe(true);
  return target.toString('latin1', 3, end);
}

/** Bits, with spaces anywhere; filled up with ones. */
function bits(text: string): Buffer {
  const all = text.replaceAll(' ', '');
  const whole = all.padEnd(Math.ceil(all.length / 8) * 8, '1');
  return Buffer.from(whole.match(/.{8}/g)?.map((octet) => Number.parseInt(octet, 2)) ?? []);
}

/** Of RFC 7541, appendix B: symbols of every length that a code has. */
const CODES: readonly [symbol: number, code: string][] = [
  [0x30, '00000'],
  [0x74, '01001'],
  [0x20, '010100'],
  [0x75, '101101'],
  [0x3a, '1011100'],
  [0x7a, '1111011'],
  [0x26, '11111000'],
  [0x5a, '11111101'],
  [0x21, '1111111000'],
  [0x3f, '1111111100'],
  [0x27, '11111111010'],
  [0x7c, '11111111100'],
  [0x23, '111111111010'],
  [0x3e, '111111111011'],
  [0x00, '1111111111000'],
  [0x7e, '1111111111101'],
  [0x5e, '11111111111100'],
  [0x7d, '11111111111101'],
  [0x3c, '111111111111100'],
  [0x7b, '111111111111110'],
  [0x5c, '1111111111111110000'],
  [0xd0, '1111111111111110010'],
  [0x80, '11111111111111100110'],
  [0x99, '111111111111111011100'],
  [0x81, '1111111111111111010010'],
  [0x01, '11111111111111111011000'],
  [0x09, '111111111111111111101010'],
  [0xc7, '1111111111111111111101100'],
  [0xc0, '11111111111111111111100000'],
  [0xff, '11111111111111111111101110'],
  [0xcb, '111111111111111111111011110'],
  [0xf9, '1111111111111111111111111110'],
  [0x02, '1111111111111111111111100010'],
  [0x0a, '111111111111111111111111111100'],
  [0x16, '111111111111111111111111111110'],
];

/** EVERY_BYTE by appendix B. */
const IN_HUFFMAN = `
  ffc7fffd8fffffe2fffffe3fffffe4fffffe5fffffe6fffffe7fffffe8ffffeafffffff3fffffa7fffffabffffff
  dfffffebfffffecfffffedfffffeefffffefffffff0ffffff1ffffff2fffffffbfffffcffffffd3fffffd7fffffd
  bfffffdffffffe3fffffe7fffffebfffffed4fe3f9ffaffcabf1febfafefe7fdfd2cbb00089969b71d79fb9f7fff
  20ffbff3ff50ddbd7f061c58f265cd9f469d5af66dddbf871e5f9cff7ff7fffc3ff9ffe45fff4719242cb34e6e9d
  68a6a3d7dac426defe3cfaf7fffbfe7ffbffdffffffcfffe6ffff4bfff9ffffa3fffd3ffff53fffd5ffffb3fffeb
  7fffdaffffb7ffff73fffeeffffdeffffebffffbfffffd9ffffdbfffebffffe0ffffeeffffc3ffff8bffff1ffffe
  4fffee7fffb1ffff97fffd9ffffcdffff9fffffbffffdafffeeffff4ffffb7fffee7fffe8ffffd3fffdeffffd5ff
  feeffffbdffffe1fffdfffff7fffff5ffffecffff07fff87fffe0ffff17fffedffff87ffff77fffeffffeaffff8b
  fffe3ffff93ffff87fffcbffff37ffff1fffff83ffffe1fffebfffe3ffff3fffff2ffffa3ffffd9fffff17ffffc7
  fffff27ffffdefffffbffffff2fffff8fffffb7fff97fff8fffffe6fffffc1fffff87ffffe7fffffc5ffffe5fffe
  4ffff2fffffd1fffff4ffffffefffffe3fffffc9fffff97fffb3ffffcffffb7fffcdffff4ffff9ffffd1ffffcfff
  feaffffafffffddffffeffffff4fffff5fffffabffffa7ffffd7fffff9bffffecfffffb7fffff3fffffe8fffffd3
  fffffabfffff5fffffff7ffffecfffffdbfffffbbfffff7ffffff0fffffbbf`;

const END_OF_STRING = '1'.repeat(30);

/** How many symbols have a code of so many bits, up to two octets (appendix B). */
const COUNT_BY_LENGTH = new Map([
  [5, 10],
  [6, 26],
  [7, 32],
  [8, 6],
  [10, 5],
  [11, 3],
  [12, 2],
  [13, 6],
  [14, 2],
  [15, 3],
]);

/** How many strings there are whose codes have so many bits together. */
function stringsOf(length: number): number {
  const counts = [1];
  for (let total = 1; total <= length; total++) {
    let count = 0;
    for (const [bitLength, symbols] of COUNT_BY_LENGTH) {
      count += symbols * (counts[total - bitLength] ?? 0);
    }
    counts.push(count);
  }
  return counts[length] as number;
}

describe('decodeHuffman', () => {
  it.each([
    ['', ''],
    ['f1e3 c2e5 f23a 6ba0 ab90 f4ff', 'www.example.com'],
    ['a8eb 1064 9cbf', 'no-cache'],
    ['25a8 49e9 5ba9 7d7f', 'custom-key'],
    ['25a8 49e9 5bb8 e8b4 bf', 'custom-value'],
    ['6402', '302'],
    ['640e ff', '307'],
    ['aec3 771a 4b', 'private'],
    ['d07a be94 1054 d444 a820 0595 040b 8166 e082 a62d 1bff', 'Mon, 21 Oct 2013 20:13:21 GMT'],
    ['9d29 ad17 1863 c78f 0b97 c8e9 ae82 ae43 d3', 'https://www.example.com'],
    ['9bd9 ab', 'gzip'],
    [
      '94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0' +
        '03ed 4ee5 b106 3d50 07',
      'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
    ],
  ])('reads %s as %s (RFC 7541, appendix C)', (code, text) => {
    expect(decode(hex(code))).toBe(text);
  });

  it.each(CODES)('knows the symbol %i as %s', (symbol, code) => {
    const byte = String.fromCharCode(symbol);
    expect(decode(bits(code))).toBe(byte);
    // At each of the eight places in an octet.
    for (let before = 1; before <= 8; before++) {
      const around = decode(bits(`${'00011'.repeat(before)}${code}00011`));
      expect(around).toBe(`${'a'.repeat(before)}${byte}a`);
    }
  });

  it('reads every byte there is, one after the other', () => {
    expect(decode(hex(IN_HUFFMAN))).toBe(EVERY_BYTE);
  });

  it.each([1, 2, 3, 4, 5, 6, 7])('takes %i bits of ones for padding', (count) => {
    const symbols = [1, 2, 3, 4, 5, 6, 7, 8].find((n) => (n * 5 + count) % 8 === 0) as number;
    const code = '00011'.repeat(symbols) + '1'.repeat(count);
    expect(decode(bits(code))).toBe('a'.repeat(symbols));
  });

  it.each([
    ['eight bits of padding', bits('1'.repeat(8))],
    ['eight bits of padding after a symbol', bits(`11111000${'1'.repeat(8)}`)],
    ['eleven bits of padding', bits('00011 111 11111111')],
    ['27 bits of padding', bits(`00011${'1'.repeat(27)}`)],
    ['zeros for padding', bits('00011 000')],
    ['one zero at the end of the padding', bits('00011 110')],
    ['one zero at the beginning of the padding', bits('00011 011')],
    ['the end of string', bits(END_OF_STRING)],
    ['the end of string after a symbol', bits(`00011${END_OF_STRING}`)],
    ['the end of string before a symbol', bits(`${END_OF_STRING}00011`)],
    ['the end of string between symbols', hex('4951 ffff fffa 7f')],
    ['a symbol that is cut off', bits('11111111 11111111 11111011')],
  ])('refuses %s', (_, code) => {
    expect(decode(code)).toBe(-1);
  });

  it.each([1, 2])('accepts of all strings of %i octets those that are one', (octets) => {
    const code = Buffer.alloc(octets);
    const target = Buffer.alloc(8);
    let accepted = 0;
    for (let value = 0; value < 256 ** octets; value++) {
      code.writeUIntBE(value, 0, octets);
      if (decodeHuffman(code, 0, octets, target, 0) >= 0) accepted++;
    }
    let expected = 0;
    for (let length = 8 * octets - 7; length <= 8 * octets; length++) expected += stringsOf(length);
    expect(accepted).toBe(expected);
  });
});
