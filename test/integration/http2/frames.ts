import { CHECK_PATH } from '../../../src/sources/codec/check-request.ts';
import { type Fields, Flag, frame, literals, NOTHING, Type, uint32 } from '../../support/http2.ts';
import { framed } from '../sources/clients.ts';

export {
  type Fields,
  Flag,
  frame,
  INITIAL_WINDOW,
  indexing,
  integer,
  literal,
  MAX_INT31,
  NOTHING,
  PREFACE,
  reset,
  SETTINGS_ACK,
  settings,
  Type,
  uint32,
  windowUpdate,
} from '../../support/http2.ts';

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

/** What every request has; a pseudo-header that is given replaces the usual one. */
export const GRPC_FIELDS: Fields = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', CHECK_PATH],
  ['content-type', 'application/grpc'],
  ['te', 'trailers'],
];

export { literals as block };

export const GRPC_BLOCK = literals(GRPC_FIELDS);

/** HEADERS that are complete, of a request that goes on. */
export const headers = (stream: number, fragment: Uint8Array, flags = 0): Buffer =>
  frame(Type.HEADERS, Flag.END_HEADERS | flags, stream, fragment);

export const open = (stream: number, more: Fields = []): Buffer =>
  headers(stream, literals([...GRPC_FIELDS, ...more]));

/** HEADERS of a request of another path. */
export const openPath = (stream: number, path: string): Buffer =>
  headers(
    stream,
    literals(GRPC_FIELDS.map(([name, value]) => [name, name === ':path' ? path : value])),
  );

export const data = (stream: number, payload: Uint8Array, flags = 0): Buffer =>
  frame(Type.DATA, flags, stream, payload);

export const check = (stream: number, message: Uint8Array = NOTHING): Buffer =>
  Buffer.concat([open(stream), data(stream, framed(message), Flag.END_STREAM)]);

export const PING = frame(Type.PING, 0, 0, Buffer.alloc(8));

export const priority = (stream: number, dependsOn: number): Buffer =>
  frame(Type.PRIORITY, 0, stream, Buffer.concat([uint32(dependsOn), Buffer.from([16])]));
