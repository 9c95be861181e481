/** HPACK (RFC 7541), as far as the tests write and read it. */

import { integer } from '../../support/http2.ts';

export {
  type Fields,
  indexing as indexedLiteral,
  literal,
  literals,
} from '../../support/http2.ts';

/** Section 6.1; 62 is what was added last. */
export const indexed = (index: number): Buffer => integer(index, 7, 0x80);
/** Section 6.3. */
export const tableSize = (bytes: number): Buffer => integer(bytes, 5, 0x20);

/** Of the static table, what an answer may use. */
const staticNames: Readonly<Record<number, string>> = {
  8: ':status',
  9: ':status',
  10: ':status',
  11: ':status',
  12: ':status',
  13: ':status',
  14: ':status',
  28: 'content-length',
  31: 'content-type',
};
const staticStatuses: Readonly<Record<number, string>> = {
  8: '200',
  9: '204',
  10: '206',
  11: '304',
  12: '400',
  13: '404',
  14: '500',
};

/**
 * The fields of an answer of ours, which neither adds to the table nor uses Huffman: it must hold for
 * every peer. Throws on all else.
 */
export function readAnswerFields(block: Buffer): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  let pos = 0;
  const next = (): number => {
    const byte = block[pos++];
    if (byte === undefined) throw new Error('a header block is cut short');
    return byte;
  };
  const rest = (first: number, max: number): number => {
    if ((first & max) < max) return first & max;
    let value = max;
    for (let shift = 0; ; shift += 7) {
      const byte = next();
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const text = (): string => {
    const first = next();
    if ((first & 0x80) !== 0) throw new Error('a Huffman string where none is expected');
    const length = rest(first, 0x7f);
    pos += length;
    if (pos > block.length) throw new Error('a string is cut short');
    return block.toString('latin1', pos - length, pos);
  };
  while (pos < block.length) {
    const first = next();
    const isIndexed = (first & 0x80) !== 0;
    if (!isIndexed && (first & 0x60) !== 0) throw new Error('a header block changes the table');
    const index = rest(first, isIndexed ? 0x7f : 0x0f);
    const name = index === 0 && !isIndexed ? text() : staticNames[index];
    const value = isIndexed ? staticStatuses[index] : text();
    if (name === undefined || value === undefined) throw new Error(`unexpected index ${index}`);
    if (fields.has(name)) throw new Error(`${name} occurs twice`);
    fields.set(name, value);
  }
  return fields;
}
