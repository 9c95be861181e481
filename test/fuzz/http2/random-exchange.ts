import fc from 'fast-check';
import {
  checkBlock,
  checkFields,
  data,
  fieldsFor,
  head,
  messageOf,
  padded,
  prefixed,
} from './checks.ts';
import { HELLO, MAX_STREAMS } from './exchange.ts';
import {
  END_HEADERS,
  END_STREAM,
  frame,
  goAway,
  INITIAL_WINDOW_SIZE,
  PADDED,
  ping,
  priority,
  resetStream,
  settings,
  Type,
  windowUpdate,
} from './frames.ts';
import { type Fields, indexedLiteral, literal, literals, tableSize } from './hpack.ts';

/** Frames of one stream, in their order; none may come between those of one piece. */
type Request = (id: number) => readonly Buffer[];

const message = (id: number): Buffer => messageOf(`/stream/${id}`, id);
const nothing = Buffer.alloc(0);
const sized =
  (fields: Fields): Request =>
  (id) => [head(id, literals(fields)), data(id, message(id), END_STREAM)];
const more = (...fields: Fields): Request => sized([...checkFields, ...fields]);

/** What both sources take, or both refuse; with a text, which has to wait for a window, ours alone does. */
const requests: readonly Request[] = [
  more(),
  more(),
  (id) => [
    head(id, literals([...checkFields, ['x-request-id', `id of ${id}`]])),
    data(id, message(id), END_STREAM),
  ],
  (id) => [
    head(id, Buffer.concat([checkBlock, indexedLiteral('x-request-id', `id of ${id}`)])),
    data(id, message(id), END_STREAM),
  ],
  (id) => [
    head(id, Buffer.concat([tableSize(0), tableSize(4_096), checkBlock])),
    data(id, message(id), END_STREAM),
  ],
  (id) => [
    Buffer.concat([
      frame(Type.HEADERS, 0, id, checkBlock.subarray(0, id)),
      frame(Type.CONTINUATION, 0, id, checkBlock.subarray(id, 60)),
      frame(Type.CONTINUATION, END_HEADERS, id, checkBlock.subarray(60)),
    ]),
    data(id, message(id), END_STREAM),
  ],
  (id) => [
    frame(Type.HEADERS, END_HEADERS | PADDED, id, padded(checkBlock, id)),
    frame(Type.DATA, PADDED, id, padded(message(id), 100)),
    frame(Type.DATA, PADDED | END_STREAM, id, padded(nothing, id)),
  ],
  (id) => [
    head(id, checkBlock),
    ...[0, 1, 5, 6, 20].map((at, i, all) => data(id, message(id).subarray(at, all[i + 1]))),
    data(id, nothing, END_STREAM),
  ],
  (id) => [
    head(id, checkBlock),
    data(id, message(id)),
    head(id, literal('x-trailer', 'a'), END_STREAM),
  ],
  (id) => [
    head(id, checkBlock),
    data(id, message(id)),
    head(id, literal(':path', 'a'), END_STREAM),
  ],
  (id) => [head(id, checkBlock), data(id, message(id)), head(id, literal('x-trailer', 'a'))],
  (id) => [head(id, checkBlock, END_STREAM)],
  (id) => [head(id, checkBlock), data(id, Buffer.concat([message(id), message(id)]), END_STREAM)],
  (id) => [head(id, checkBlock), data(id, message(id).subarray(0, id), END_STREAM)],
  (id) => [head(id, checkBlock), data(id, prefixed(Buffer.from([0x0a, 0xff])), END_STREAM)],
  (id) => [head(id, checkBlock), windowUpdate(id, 1_000), data(id, message(id), END_STREAM)],
  (id) => [head(id, checkBlock), resetStream(id)],
  (id) => [head(id, checkBlock)],
  (id) => [
    head(id, checkBlock),
    ping(`of ${id}`),
    data(id, message(id)),
    priority(id, id + 2),
    data(id, nothing, END_STREAM),
  ],
  sized(fieldsFor('/nobody/Knows')),
  sized(checkFields.filter(([name]) => name !== ':path')),
  sized(checkFields.filter(([name]) => name !== ':scheme')),
  more(['te', 'gzip']),
  more(['connection', 'close']),
  more(['Upper', 'case']),
  more([':path', '/twice']),
  more(['content-length', '100000']),
  more(['grpc-timeout', '9S']),
  more(['grpc-timeout', 'soon']),
  more(['grpc-encoding', 'identity']),
];

/** Of the connection, between the frames of its streams; whether an answer has gone out matters to none. */
const others: readonly Buffer[] = [
  settings(),
  settings([INITIAL_WINDOW_SIZE, 70_000]),
  settings([1, 0], [3, 1], [6, 100], [99, 1]),
  windowUpdate(0, 5_000),
  ping('between'),
  frame(0xbb, 0xff, 0, Buffer.alloc(9)),
  frame(0xbb, 0xff, 1, Buffer.alloc(9)),
];

/** What both end a connection for. */
const ends: readonly Buffer[] = [
  data(0, nothing),
  data(1_001, message(1)),
  head(0, checkBlock),
  head(2, checkBlock),
  head(1_001, tableSize(5_000)),
  head(1_001, Buffer.from([0x80])),
  frame(Type.HEADERS, PADDED | END_HEADERS, 1_001, Buffer.from([9])),
  frame(Type.CONTINUATION, END_HEADERS, 1_001, checkBlock),
  Buffer.concat([frame(Type.HEADERS, 0, 1_001, checkBlock), ping('amid')]),
  resetStream(0),
  resetStream(1_001),
  frame(Type.RST_STREAM, 0, 1, Buffer.alloc(3)),
  settings([2, 2]),
  settings([4, 2 ** 31]),
  settings([5, 1]),
  frame(Type.SETTINGS, 0, 0, Buffer.alloc(4)),
  frame(Type.SETTINGS, 0, 1),
  frame(Type.PUSH_PROMISE, END_HEADERS, 1, Buffer.alloc(4)),
  frame(Type.PING, 0, 0, Buffer.alloc(9)),
  frame(Type.PING, 0, 1, Buffer.alloc(8)),
  goAway(0).fill(1, 5, 9),
  windowUpdate(0, 0),
  windowUpdate(0, 2 ** 31 - 1),
  windowUpdate(1_001, 1),
  frame(Type.DATA, 0, 1, Buffer.alloc(16_385)),
];

/** Streams begin in the order of their ids; beyond that their frames come in any order. */
function interleave(
  requested: readonly Request[],
  between: readonly Buffer[],
  order: readonly number[],
): Buffer {
  const waiting = requested.map((request, index) => [...request(2 * index + 1)]);
  const running: Buffer[][] = [[...between]];
  const sent: Buffer[] = [];
  for (let turn = 0; ; turn++) {
    const next = waiting[0];
    const open = running.filter((frames) => frames.length > 0);
    if (next === undefined && open.length === 0) return Buffer.concat(sent);
    const choice = (order[turn % order.length] ?? 0) % (open.length + (next === undefined ? 0 : 1));
    const frames = open[choice] ?? (waiting.shift() as Buffer[]);
    if (open[choice] === undefined) running.push(frames);
    sent.push(frames.shift() as Buffer);
  }
}

const body = fc
  .tuple(
    fc.array(fc.constantFrom(...requests), { maxLength: MAX_STREAMS }),
    fc.array(fc.constantFrom(...others), { maxLength: 4 }),
    fc.array(fc.nat(100), { minLength: 1, maxLength: 30 }),
  )
  .map(([requested, between, order]) => interleave(requested, between, order));

/** A greeting, streams that overlap, and perhaps an end: what is sent, step by step. */
export const randomSteps: fc.Arbitrary<Buffer[]> = fc
  .tuple(fc.constantFrom(65_535, 65_535, 0, 100), body, fc.option(fc.constantFrom(...ends)))
  .map(([window, bytes, end]) => {
    const hello = Buffer.concat([HELLO, settings([INITIAL_WINDOW_SIZE, window])]);
    return end === null ? [hello, bytes] : [hello, bytes, end];
  });
