import * as wire from '../../support/wire.ts';
import { END_HEADERS, END_STREAM, frame, Type, uint32 } from './frames.ts';
import { type Fields, literals } from './hpack.ts';

export const CHECK_PATH = '/envoy.service.auth.v3.Authorization/Check';

export const fieldsFor = (path: string, ...more: Fields): Fields => [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':authority', 'sluice'],
  [':path', path],
  ['te', 'trailers'],
  ['content-type', 'application/grpc'],
  ...more,
];
export const checkFields: Fields = fieldsFor(CHECK_PATH);
export const checkBlock: Buffer = literals(checkFields);

export function prefixed(message: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([0]), uint32(message.length), message]);
}

/** A CheckRequest with its prefix. */
export const messageOf = (path: string, padding = 0): Buffer =>
  prefixed(
    wire.http(
      wire.method('GET'),
      wire.path(path),
      wire.host('h'),
      ...(padding > 0 ? [wire.header('x-padding', Buffer.alloc(padding, 'p'))] : []),
    ),
  );

export const head = (id: number, block: Uint8Array = checkBlock, flags = 0): Buffer =>
  frame(Type.HEADERS, END_HEADERS | flags, id, block);
export const data = (id: number, bytes: Uint8Array, flags = 0): Buffer =>
  frame(Type.DATA, flags, id, bytes);

/** What is padded, and says so by another flag. */
export const padded = (bytes: Uint8Array, length: number): Buffer =>
  Buffer.concat([Buffer.from([length]), bytes, Buffer.alloc(length)]);

/** A whole request. */
export const check = (id: number, path = `/${id}`): Buffer[] => [
  head(id),
  data(id, messageOf(path), END_STREAM),
];
