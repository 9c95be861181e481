import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeEscapes } from '../../../src/policy/escapes.ts';

function expected(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

it.each<[string, string | undefined]>([
  ['', ''],
  ['/a', '/a'],
  ['%2fA%2F', '/A/'],
  ['%252f', '%2f'],
  ['%c3%A9', 'é'],
  ['%', undefined],
  ['%4', undefined],
  ['%4g', undefined],
  ['%c0%af', undefined],
  ['%e0%80%af', undefined],
  ['%ed%a0%80', undefined],
  ['%f4%90%80%80', undefined],
  ['%80', undefined],
])('%j says %j', (text, said) => {
  expect(decodeEscapes(text)).toBe(said);
});

const byte = (value: number) => `%${value.toString(16).padStart(2, '0')}`;
/** Where the ranges of RFC 3629 begin and end. */
const edges = [
  ...[0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1],
  ...[0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff],
];

it('decodes what decodeURIComponent() does, of any two bytes', () => {
  for (let first = 0; first < 256; first++) {
    for (let second = 0; second < 256; second++) {
      const text = byte(first) + byte(second);
      expect(decodeEscapes(text)).toBe(expected(text));
    }
  }
});

it('decodes what decodeURIComponent() does, of three and four bytes', () => {
  for (const lead of edges) {
    for (const second of edges) {
      for (const third of [0x41, 0x7f, 0x80, 0xbf, 0xc0]) {
        const text = byte(lead) + byte(second) + byte(third);
        expect(decodeEscapes(text)).toBe(expected(text));
        for (const fourth of [0x7f, 0x80, 0xbf, 0xc0]) {
          expect(decodeEscapes(text + byte(fourth))).toBe(expected(text + byte(fourth)));
        }
      }
    }
  }
});

it('decodes what decodeURIComponent() does, of anything', () => {
  const piece = fc.oneof(
    fc.integer({ min: 0, max: 255 }).map(byte),
    fc.string({ unit: 'grapheme' }).map((text) => encodeURIComponent(text)),
    fc.constantFrom('%', '%4', '%zz', 'a', 'é', '\ud800', '%u0041'),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      const text = pieces.join('');
      expect(decodeEscapes(text)).toBe(expected(text));
    }),
    { numRuns: 1000 },
  );
});
