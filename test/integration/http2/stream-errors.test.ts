import { expect, it } from 'vitest';
import type { Call } from '../../../src/domain/call.ts';
import { until } from '../../support/until.ts';
import { framed } from '../sources/clients.ts';
import {
  block,
  Code,
  check,
  data,
  type Fields,
  Flag,
  frame,
  GRPC_BLOCK,
  GRPC_FIELDS,
  headers,
  MAX_INT31,
  NOTHING,
  open,
  openPath,
  priority,
  reset,
  Type,
  uint32,
  windowUpdate,
} from './frames.ts';
import { framesOf, OK, resets, settle, startRig } from './rig.ts';
import { HANGING, NEXT, OPEN, peerInAllStates } from './states.ts';

const ONE_BYTE = Buffer.alloc(1);
const LATER = 101;

type Breaches = Readonly<Record<string, Buffer>>;
const of = (stream: number, code: number, counted: string, breaches: Breaches) =>
  Object.entries(breaches).map(([name, bytes]) => ({ name, stream, code, counted, bytes }));

const request = (fields: Fields): Buffer => headers(NEXT, block(fields));
const requestWith = (...fields: Fields): Buffer => request([...GRPC_FIELDS, ...fields]);
const without = (name: string): Buffer => request(GRPC_FIELDS.filter((field) => field[0] !== name));
const trailers = (...fields: Fields): Buffer => headers(OPEN, block(fields), Flag.END_STREAM);
/** Of five bytes. */
const announcing = (length: number): Buffer =>
  Buffer.concat([
    requestWith(['content-length', String(length)]),
    data(NEXT, framed(NOTHING), Flag.END_STREAM),
  ]);

// RFC 9113, section 8.1.1
const malformed = of(NEXT, Code.PROTOCOL_ERROR, 'stream_error', {
  'an upper-case name': requestWith(['A', 'b']),
  'a name of no length': requestWith(['', 'b']),
  'a name with a space': requestWith(['a b', 'c']),
  'a name with a colon': requestWith(['a:b', 'c']),
  'a line feed in a value': requestWith(['a', 'b\nc']),
  'a carriage return in a value': requestWith(['a', 'b\rc']),
  'a NUL in a value': requestWith(['a', 'b\0c']),
  'a space before a value': requestWith(['a', ' b']),
  'a tab after a value': requestWith(['a', 'b\t']),
  'a header named connection': requestWith(['connection', 'close']),
  'a header named keep-alive': requestWith(['keep-alive', '5']),
  'a header named proxy-connection': requestWith(['proxy-connection', 'close']),
  'a header named transfer-encoding': requestWith(['transfer-encoding', 'chunked']),
  'a header named upgrade': requestWith(['upgrade', 'h2c']),
  'a TE of something else': requestWith(['te', 'gzip']),
  'a pseudo-header nobody knows': request([[':a', 'b'], ...GRPC_FIELDS]),
  'the :status of a response': request([[':status', '200'], ...GRPC_FIELDS]),
  'a pseudo-header twice': request([[':method', 'POST'], ...GRPC_FIELDS]),
  'a pseudo-header after a field': requestWith([':authority', 'a']),
  'no :method': without(':method'),
  'no :scheme': without(':scheme'),
  'no :path': without(':path'),
  'no field at all': headers(NEXT, NOTHING),
  'a content-length that is no number': requestWith(['content-length', '+5']),
  'less DATA than announced': announcing(6),
  'more DATA than announced': announcing(4),
  'HEADERS that depend on their own stream': headers(
    NEXT,
    Buffer.concat([uint32(NEXT), ONE_BYTE, GRPC_BLOCK]),
    Flag.PRIORITY,
  ),
});

const badTrailers = of(OPEN, Code.PROTOCOL_ERROR, 'stream_error', {
  'trailers without END_STREAM': headers(OPEN, block([['a', 'b']])),
  'a pseudo-header in trailers': trailers([':path', '/']),
  'an upper-case name in trailers': trailers(['A', 'b']),
  'a connection header in trailers': trailers(['connection', 'close']),
  'PRIORITY on itself while the request goes on': priority(OPEN, OPEN),
});

const afterTheEnd = of(HANGING, Code.STREAM_CLOSED, 'stream_error', {
  'HEADERS after END_STREAM': headers(HANGING, GRPC_BLOCK, Flag.END_STREAM),
  'DATA after END_STREAM': data(HANGING, ONE_BYTE),
  'empty DATA after END_STREAM': data(HANGING, NOTHING, Flag.END_STREAM),
});

const badFrames = [
  ...of(HANGING, Code.PROTOCOL_ERROR, 'stream_error', {
    'a window widened by 0': windowUpdate(HANGING, 0),
    'PRIORITY on itself': priority(HANGING, HANGING),
  }),
  ...of(HANGING, Code.FRAME_SIZE_ERROR, 'stream_error', {
    'a short PRIORITY': frame(Type.PRIORITY, 0, HANGING, uint32(0)),
  }),
  ...of(HANGING, Code.FLOW_CONTROL_ERROR, 'flow_control_error', {
    'a window above 2^31-1': windowUpdate(HANGING, MAX_INT31),
  }),
  ...of(NEXT, Code.FLOW_CONTROL_ERROR, 'flow_control_error', {
    // Nobody reads on for a method that is not served.
    'more DATA than the window allows': Buffer.concat([
      openPath(NEXT, '/a.B/C'),
      ...Array.from({ length: 5 }, () => data(NEXT, Buffer.alloc(16_384))),
    ]),
  }),
];

it.each([malformed, badTrailers, afterTheEnd, badFrames].flat())(
  '$name ends the stream, and no other',
  async ({ stream, code, counted, bytes }) => {
    await using rig = await startRig();
    await using peer = await peerInAllStates(rig);
    const before = rig.refused[counted] ?? 0;
    peer.socket.write(bytes);
    await until(() => resets(peer).length === 2);
    expect(resets(peer)[1]).toEqual({ stream, code });
    expect(rig.refused[counted]).toBe(before + 1);

    // Its call is told, the others are not, and the connection serves on.
    expect(rig.calls).toHaveLength(2);
    expect(rig.calls[1]?.open).toBe(stream !== HANGING);
    peer.socket.write(check(LATER));
    await until(() => rig.calls.length === 3);
    settle(rig.calls[2] as Call, OK);
    await until(() => framesOf(peer, LATER).length === 3);
    expect(peer.closed).toBe(false);
  },
);

it('one stream more than there may be is refused, until another ends', async () => {
  await using rig = await startRig({ maxConcurrentStreams: 2 });
  await using peer = await rig.greeted();
  peer.socket.write(Buffer.concat([check(1), open(3), check(5)]));
  await until(() => resets(peer).length > 0);
  expect(resets(peer)).toEqual([{ stream: 5, code: Code.REFUSED_STREAM }]);
  expect(rig.refused).toEqual({ stream_limit: 1 });

  peer.socket.write(Buffer.concat([reset(3), check(7)]));
  await until(() => rig.calls.length === 2);
  expect(rig.openCalls).toBe(2);
  expect(resets(peer)).toHaveLength(1);
});
