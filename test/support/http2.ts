/**
 * Frames and header fields by the letter of RFC 9113 and 7541. The numbers are written down once
 * more: those of the source are what is tested.
 */
export const Type = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

export const Flag = { END_STREAM: 1, ACK: 1, END_HEADERS: 4, PADDED: 8, PRIORITY: 32 } as const;

export const HEAD_BYTES = 9;
export const INITIAL_WINDOW = 65_535;
/** The largest window, and stream. */
export const MAX_INT31 = 0x7fff_ffff;
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
export const NOTHING = Buffer.alloc(0);

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array | string = NOTHING,
): Buffer {
  const content = Buffer.from(payload as string);
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUIntBE(content.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, content]);
}

/** The frame at `at`; undefined when it is not all there. */
export function frameAt(bytes: Buffer, at: number): Frame | undefined {
  if (bytes.length - at < HEAD_BYTES) return undefined;
  const start = at + HEAD_BYTES;
  const stop = start + bytes.readUIntBE(at, 3);
  if (stop > bytes.length) return undefined;
  return {
    type: bytes[at + 3] as number,
    flags: bytes[at + 4] as number,
    stream: bytes.readUInt32BE(at + 5),
    payload: bytes.subarray(start, stop),
  };
}

export function uint32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => {
    bytes.writeUInt32BE(value, 4 * index);
  });
  return bytes;
}

export function settings(...entries: readonly (readonly [id: number, value: number])[]): Buffer {
  const parts = entries.flatMap(([id, value]) => [Buffer.from([id >> 8, id]), uint32(value)]);
  return frame(Type.SETTINGS, 0, 0, Buffer.concat(parts));
}

export const SETTINGS_ACK = frame(Type.SETTINGS, Flag.ACK, 0);

/** `stream`: 0 = the connection. */
export const windowUpdate = (stream: number, increment: number): Buffer =>
  frame(Type.WINDOW_UPDATE, 0, stream, uint32(increment));

/** By default because it is not wanted any more. */
export const reset = (stream: number, code = 8): Buffer =>
  frame(Type.RST_STREAM, 0, stream, uint32(code));

/** RFC 7541, section 5.1; `before` has the bits that come before the prefix. */
export function integer(value: number, prefixBits: number, before = 0): Buffer {
  const max = 2 ** prefixBits - 1;
  if (value < max) return Buffer.from([before | value]);
  const bytes = [before | max];
  let rest = value - max;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.from([...bytes, rest]);
}

/** Section 5.2, without Huffman. */
export function string(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  return Buffer.concat([integer(bytes.length, 7), bytes]);
}

/** A field that leaves the table as it was (section 6.2.2). */
export const literal = (name: string, value: string): Buffer =>
  Buffer.concat([Buffer.from([0]), string(name), string(value)]);

/** A field that enters the table (section 6.2.1). */
export const indexing = (name: string, value: string): Buffer =>
  Buffer.concat([Buffer.from([0x40]), string(name), string(value)]);

export type Fields = readonly (readonly [name: string, value: string])[];

export const literals = (fields: Fields): Buffer =>
  Buffer.concat(fields.map(([name, value]) => literal(name, value)));
