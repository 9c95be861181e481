import { CHECK_PATH } from '../../../src/sources/codec/check-request.ts';
import { framed } from '../sources/clients.ts';
import { frame } from '../sources/raw-peer.ts';

export { frame, PREFACE, reset } from '../sources/raw-peer.ts';

/** Numbers of RFC 9113, written down once more: those of the source are what is tested. */
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

export const Code = {
  NO_ERROR: 0,
  PROTOCOL_ERROR: 1,
  FLOW_CONTROL_ERROR: 3,
  STREAM_CLOSED: 5,
  FRAME_SIZE_ERROR: 6,
  REFUSED_STREAM: 7,
  CANCEL: 8,
  COMPRESSION_ERROR: 9,
  ENHANCE_YOUR_CALM: 11,
} as const;

export const Setting = { ENABLE_PUSH: 2, INITIAL_WINDOW_SIZE: 4, MAX_FRAME_SIZE: 5 } as const;

export const MAX_INT31 = 0x7fff_ffff;
export const INITIAL_WINDOW = 65_535;
export const NOTHING = Buffer.alloc(0);

export type Fields = readonly (readonly [name: string, value: string])[];

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** RFC 7541, section 5.1; `first` has the bits before the prefix. */
export function integer(value: number, prefixBits: number, first = 0): Buffer {
  const max = 2 ** prefixBits - 1;
  if (value < max) return Buffer.from([first | value]);
  const bytes = [first | max];
  let rest = value - max;
  for (; rest >= 128; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

const text = (of: string) => Buffer.concat([integer(of.length, 7), Buffer.from(of, 'latin1')]);

/** A field that leaves the table as it was (RFC 7541, section 6.2.2). */
export const literal = (name: string, value: string): Buffer =>
  Buffer.concat([Buffer.from([0]), text(name), text(value)]);

/** A field that enters the table (section 6.2.1). */
export const indexing = (name: string, value: string): Buffer =>
  Buffer.concat([Buffer.from([0x40]), text(name), text(value)]);

/** What every request has; a pseudo-header that is given replaces the usual one. */
export const GRPC_FIELDS: Fields = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', CHECK_PATH],
  ['content-type', 'application/grpc'],
  ['te', 'trailers'],
];

export const block = (fields: Fields): Buffer =>
  Buffer.concat(fields.map(([name, value]) => literal(name, value)));

export const GRPC_BLOCK = block(GRPC_FIELDS);

/** HEADERS that are complete, of a request that goes on. */
export const headers = (stream: number, fragment: Uint8Array, flags = 0): Buffer =>
  frame(Type.HEADERS, Flag.END_HEADERS | flags, stream, fragment);

export const open = (stream: number, more: Fields = []): Buffer =>
  headers(stream, block([...GRPC_FIELDS, ...more]));

/** HEADERS of a request of another path. */
export const openPath = (stream: number, path: string): Buffer =>
  headers(
    stream,
    block(GRPC_FIELDS.map(([name, value]) => [name, name === ':path' ? path : value])),
  );

export const data = (stream: number, payload: Uint8Array, flags = 0): Buffer =>
  frame(Type.DATA, flags, stream, payload);

export const check = (stream: number, message: Uint8Array = NOTHING): Buffer =>
  Buffer.concat([open(stream), data(stream, framed(message), Flag.END_STREAM)]);

export const settings = (...entries: readonly (readonly [id: number, value: number])[]): Buffer =>
  frame(
    Type.SETTINGS,
    0,
    0,
    Buffer.concat(entries.flatMap(([id, value]) => [Buffer.from([id >> 8, id]), uint32(value)])),
  );

export const SETTINGS_ACK = frame(Type.SETTINGS, Flag.ACK, 0);
export const PING = frame(Type.PING, 0, 0, Buffer.alloc(8));

/** `stream`: 0 = the connection. */
export const windowUpdate = (stream: number, increment: number): Buffer =>
  frame(Type.WINDOW_UPDATE, 0, stream, uint32(increment));

export const priority = (stream: number, dependsOn: number): Buffer =>
  frame(Type.PRIORITY, 0, stream, Buffer.concat([uint32(dependsOn), Buffer.from([16])]));
