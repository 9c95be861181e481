import { staticIndex, staticNameIndex } from './static-table.ts';

/** Name in lower case; both printable ASCII. */
export type HeaderPair = readonly [name: string, value: string];

const INDEXED = 0x80;
const NAME_PREFIX_BITS = 4;
const LENGTH_PREFIX_BITS = 7;

/**
 * A header block that leaves the peer's dynamic table as it is: literals without indexing (RFC 7541,
 * section 6.2.2), names from the static table, no Huffman. For blocks that are encoded once and kept.
 * It holds for every peer, whatever size of table that one allows.
 */
export function encodeHeaders(fields: readonly HeaderPair[]): Uint8Array {
  return Buffer.concat(fields.map(encodeField));
}

function encodeField([name, value]: HeaderPair): Uint8Array {
  const index = staticIndex(name, value);
  if (index > 0) return Uint8Array.of(INDEXED | index);
  return Buffer.concat([encodeName(name), encodeString(value)]);
}

function encodeName(name: string): Uint8Array {
  const index = staticNameIndex(name);
  if (index > 0) return encodeInteger(index, NAME_PREFIX_BITS);
  return Buffer.concat([Buffer.from([0]), encodeString(name)]);
}

function encodeString(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'latin1');
  return Buffer.concat([encodeInteger(bytes.length, LENGTH_PREFIX_BITS), bytes]);
}

/** RFC 7541, section 5.1; the bits before the prefix are 0. */
function encodeInteger(value: number, prefixBits: number): Uint8Array {
  const max = 2 ** prefixBits - 1;
  if (value < max) return Uint8Array.of(value);
  const bytes = [max];
  let rest = value - max;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}
