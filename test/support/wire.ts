/** Pieces of protobuf's wire format, put together as right or as wrong as a test wants them. */

type Piece = string | Uint8Array;

export const bytes = (...pieces: readonly Piece[]): Buffer =>
  Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)));

export function varint(value: number): Buffer {
  const digits: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) digits.push((rest % 128) | 0x80);
  return Buffer.from([...digits, rest]);
}

export const tag = (number: number, wireType: number): Buffer => varint(number * 8 + wireType);

/** A string, bytes or a message. */
export function field(number: number, ...content: readonly Piece[]): Buffer {
  const inner = bytes(...content);
  return bytes(tag(number, 2), varint(inner.length), inner);
}

export const number = (at: number, value: number): Buffer => bytes(tag(at, 0), varint(value));
export const fixed64 = (at: number): Buffer => bytes(tag(at, 1), Buffer.alloc(8, 0xff));
export const fixed32 = (at: number): Buffer => bytes(tag(at, 5), Buffer.alloc(4, 0xff));
export const group = (at: number, ...content: readonly Piece[]): Buffer =>
  bytes(tag(at, 3), ...content, tag(at, 4));

/** Groups within one another. */
export const groups = (depth: number, ...content: readonly Piece[]): Buffer =>
  bytes(Buffer.alloc(depth, tag(9, 3)), ...content, Buffer.alloc(depth, tag(9, 4)));

// The messages of a CheckRequest, from the outside to the inside.
export const attributes = (...fields: readonly Piece[]): Buffer => field(1, ...fields);
export const request = (...fields: readonly Piece[]): Buffer => attributes(field(4, ...fields));
export const http = (...fields: readonly Piece[]): Buffer => request(field(2, ...fields));

/** Content of a header, an extension or a value of header_map. */
export const entry = (key: Piece, value: Piece): Buffer => bytes(field(1, key), field(2, value));

// Fields of http, but for `extension`, which is one of attributes.
export const method = (value: Piece): Buffer => field(2, value);
export const path = (value: Piece): Buffer => field(4, value);
export const host = (value: Piece): Buffer => field(5, value);
export const header = (key: Piece, value: Piece): Buffer => field(3, entry(key, value));
export const headerMap = (...values: readonly Piece[]): Buffer => field(13, ...values);
export const extension = (key: Piece, value: Piece): Buffer => field(10, entry(key, value));

// Fields of headerMap.
export const plain = (key: Piece, value: Piece): Buffer => field(1, field(1, key), field(2, value));
export const raw = (key: Piece, value: Piece): Buffer => field(1, field(1, key), field(3, value));
