import * as wire from '../../support/wire.ts';
import {
  CHECK_PATH,
  check,
  checkBlock,
  checkFields,
  data,
  fieldsFor,
  head,
  messageOf,
  padded,
  prefixed,
} from './checks.ts';
import {
  ACK,
  END_HEADERS,
  END_STREAM,
  frame,
  goAway,
  INITIAL_WINDOW_SIZE,
  PADDED,
  PREFACE,
  PRIORITY,
  ping,
  priority,
  resetStream,
  settings,
  settingsAck,
  Type,
  uint32,
  windowUpdate,
} from './frames.ts';
import { type Fields, indexed, indexedLiteral, literal, literals } from './hpack.ts';
import type { Session } from './sessions.ts';

const continuation = (id: number, block: Uint8Array, flags = 0): Buffer =>
  frame(Type.CONTINUATION, flags, id, block);

/** One that adds to the table, and the same said shortly. */
const firstBlock = Buffer.concat(checkFields.map(([name, value]) => indexedLiteral(name, value)));
const laterBlock = Buffer.concat([67, 66, 65, 64, 63, 62].map(indexed));

const rpc = (id: number, fields: Fields, ...messages: readonly Buffer[]): Buffer[] => [
  head(id, literals(fields)),
  data(id, Buffer.concat(messages), END_STREAM),
];

const HEALTH = '/grpc.health.v1.Health';
const REFLECTION = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';

const hello: Session = [PREFACE, settings()];

/** Sessions in our own words, by name. */
export const written: Readonly<Record<string, Session>> = {
  'short checks': [
    ...hello,
    settingsAck,
    ...check(1, '/a'),
    ...check(3, '/b'),
    ping('one'),
    ...check(5, '/c'),
  ],
  'a table': [
    ...hello,
    head(1, firstBlock),
    data(1, messageOf('/1'), END_STREAM),
    head(3, laterBlock),
    data(3, messageOf('/3'), END_STREAM),
    head(5, Buffer.concat([laterBlock, indexedLiteral('x-request-id', 'five')])),
    data(5, messageOf('/5'), END_STREAM),
    head(7, Buffer.concat([[68, 67, 66, 65, 64, 63].map(indexed), indexed(62)].flat())),
    data(7, messageOf('/7'), END_STREAM),
  ],
  'blocks that are equal, and one that is not': [
    ...hello,
    ...[1, 3].flatMap((id) => [
      head(id, literals([...checkFields, ['x-request-id', 'odd']])),
      data(id, messageOf(`/${id}`), END_STREAM),
    ]),
    head(5, literals([...checkFields, ['x-request-id', 'one']])),
    data(5, messageOf('/5')),
    head(5, literal('x-trailer', 'yes'), END_STREAM),
    head(7, literals([...checkFields, ['x-request-id', 'one']])),
    data(7, messageOf('/7'), END_STREAM),
  ],
  'blocks that are equal, and mean something else': [
    ...hello,
    ...[1, 5].flatMap((id) => [
      head(id, Buffer.concat([checkBlock, indexedLiteral('x-request-id', `of ${id}`)])),
      data(id, messageOf(`/${id}`), END_STREAM),
      head(id + 2, Buffer.concat([checkBlock, indexed(62)])),
      data(id + 2, messageOf(`/${id + 2}`), END_STREAM),
    ]),
  ],
  'headers in parts, with padding and priority': [
    ...hello,
    priority(3, 1),
    frame(Type.HEADERS, 0, 1, checkBlock.subarray(0, 20)),
    continuation(1, checkBlock.subarray(20, 21)),
    continuation(1, checkBlock.subarray(21), END_HEADERS),
    data(1, padded(messageOf('/1'), 7), END_STREAM | PADDED),
    head(3, padded(Buffer.concat([uint32(1), Buffer.from([9]), checkBlock]), 3), PADDED | PRIORITY),
    data(3, padded(Buffer.alloc(0), 0), PADDED),
    data(3, messageOf('/3'), END_STREAM),
  ],
  'messages in parts': [
    ...hello,
    head(1, literals([...checkFields, ['content-length', String(messageOf('/in-parts').length)]])),
    ...[0, 1, 4, 5, 9].map((at, i, all) =>
      data(1, messageOf('/in-parts').subarray(at, all[i + 1])),
    ),
    head(3, checkBlock),
    data(3, messageOf('/trailers', 30)),
    data(1, Buffer.alloc(0), END_STREAM),
    head(3, literal('x-trailer', 'yes'), END_STREAM),
  ],
  'small windows': [
    PREFACE,
    settings([INITIAL_WINDOW_SIZE, 3]),
    ...check(1, '/narrow'),
    windowUpdate(1, 2),
    settings([INITIAL_WINDOW_SIZE, 20]),
    ...check(3, '/wider'),
    windowUpdate(0, 100_000),
    windowUpdate(3, 100_000),
    settings([INITIAL_WINDOW_SIZE, 0]),
    windowUpdate(1, 30),
    settings([INITIAL_WINDOW_SIZE, 65_535]),
  ],
  'large answers': [
    ...hello,
    ...check(1, '/large/1'),
    ...check(3, '/large/3'),
    ping('large'),
    ...check(5, '/small'),
    windowUpdate(0, 30_000),
    windowUpdate(3, 1),
    ...check(7, '/large/7'),
  ],
  'resets and a farewell': [
    ...hello,
    ...check(1, '/1'),
    resetStream(1),
    head(3, checkBlock),
    resetStream(3),
    ...check(5, '/5'),
    frame(Type.PING, ACK, 0, Buffer.from('going aw')),
    ...check(7, '/7'),
    goAway(0),
    ...check(9, '/9'),
  ],
  'other methods': [
    ...hello,
    ...rpc(1, fieldsFor(`${HEALTH}/Check`), prefixed(Buffer.alloc(0))),
    head(3, literals(fieldsFor(`${HEALTH}/Watch`))),
    data(3, prefixed(Buffer.alloc(0))),
    ...rpc(5, fieldsFor('/nobody/Knows'), prefixed(Buffer.alloc(9))),
    ...rpc(
      7,
      fieldsFor(CHECK_PATH, ['grpc-timeout', '5S'], ['grpc-encoding', 'identity']),
      messageOf('/7'),
    ),
    head(
      9,
      literals([
        [':method', 'GET'],
        [':scheme', 'http'],
        [':path', '/'],
      ]),
      END_STREAM,
    ),
    head(11, literals(fieldsFor(REFLECTION))),
    data(11, prefixed(wire.field(7, '*'))),
    data(11, prefixed(wire.field(4, 'envoy.service.auth.v3.Authorization')), END_STREAM),
  ],
  'more than is done in a turn': [
    ...hello,
    ...Array.from({ length: 400 }, (_, index) => ping(`${index}`)),
    ...Array.from({ length: 30 }, (_, index) => check(2 * index + 1)).flat(),
    ...Array.from({ length: 200 }, () => windowUpdate(0, 1)),
  ],
  'a large message': [
    ...hello,
    head(1, checkBlock),
    ...[0, 1, 2, 3, 4].map((part) =>
      data(1, messageOf('/large', 72_000).subarray(part * 16_000, (part + 1) * 16_000)),
    ),
    data(1, Buffer.alloc(0), END_STREAM),
    ...check(3, '/after'),
  ],
};
