import { expect, it } from 'vitest';
import { until } from '../../support/until.ts';
import {
  Code,
  check,
  data,
  Flag,
  frame,
  GRPC_BLOCK,
  headers,
  INITIAL_WINDOW,
  integer,
  MAX_INT31,
  NOTHING,
  open,
  priority,
  reset,
  Setting,
  settings,
  Type,
  uint32,
  windowUpdate,
} from './frames.ts';
import { expectGone, goAways, resets, startRig } from './rig.ts';
import {
  ANSWERED,
  HANGING,
  IDLE,
  NEXT,
  OPEN,
  ofConnection,
  peerInAllStates,
  REFUSED_SO_FAR,
  RESET_BY_PEER,
  RESET_BY_US,
} from './states.ts';

const ONE_BYTE = Buffer.alloc(1);
const EIGHT_BYTES = Buffer.alloc(8);
const AMID = frame(Type.HEADERS, 0, NEXT);

const withBlock = (...bytes: number[]): Buffer =>
  headers(NEXT, Buffer.concat([GRPC_BLOCK, Buffer.from(bytes)]), Flag.END_STREAM);

type Breaches = Readonly<Record<string, Buffer>>;
const of = (code: number, counted: string, breaches: Breaches) =>
  Object.entries(breaches).map(([name, bytes]) => ({ name, bytes, code, counted }));

// "a" in Huffman's code is 00011.
const unreadable = of(Code.COMPRESSION_ERROR, 'compression_error', {
  'an index of 0': withBlock(0x80),
  'an index of nothing': withBlock(0x80 | 62),
  'a name at an index of nothing': withBlock(0x40 | 62, 0),
  'an index that overflows': withBlock(0xff, 0xff, 0xff, 0xff, 0xff, 0x0f),
  'a length that overflows': withBlock(0, 0x7f, ...Array(7).fill(0xff), 0x7f),
  'a length of zeros without end': withBlock(0, 0x7f, ...Array(40).fill(0x80)),
  'a length beyond the block': withBlock(0, 5, 0x61),
  'a name without a value': withBlock(0, 1, 0x61),
  'padding that is not all ones': withBlock(0, 1, 0x61, 0x81, 0b0001_1110),
  'padding of a byte and more': withBlock(0, 1, 0x61, 0x82, 0b0001_1111, 0xff),
  'the end of string spelled out': withBlock(0, 1, 0x61, 0x84, ...Array(4).fill(0xff)),
  'a change of the table after a field': withBlock(0x20),
  'a table larger than allowed': headers(NEXT, integer(4097, 5, 0x20)),
  'trailers that HPACK cannot read': headers(OPEN, Buffer.from([0x80]), Flag.END_STREAM),
  'the same of a stream that was reset': headers(RESET_BY_US, Buffer.from([0x80])),
});

const missized = of(Code.FRAME_SIZE_ERROR, 'frame_size_error', {
  'a frame above 16 KiB': data(OPEN, Buffer.alloc(16_385)),
  'the head of a frame of 16 MiB': Buffer.alloc(9, 0xff),
  'a short RST_STREAM': frame(Type.RST_STREAM, 0, OPEN, ONE_BYTE),
  'a short WINDOW_UPDATE': ofConnection(Type.WINDOW_UPDATE, ONE_BYTE),
  'a short PING': ofConnection(Type.PING, Buffer.alloc(7)),
  'a long PING': ofConnection(Type.PING, Buffer.alloc(9)),
  'half a setting': ofConnection(Type.SETTINGS, Buffer.alloc(5)),
  'settings in an ACK': frame(Type.SETTINGS, Flag.ACK, 0, Buffer.alloc(6)),
  'a short PRIORITY of a stream that is idle': frame(Type.PRIORITY, 0, IDLE, ONE_BYTE),
});

const overflowing = of(Code.FLOW_CONTROL_ERROR, 'flow_control_error', {
  'windows of 2^31': settings([Setting.INITIAL_WINDOW_SIZE, 2 ** 31]),
  'a window of the connection above 2^31-1': windowUpdate(0, MAX_INT31),
  'settings that make a window overflow': Buffer.concat([
    windowUpdate(HANGING, MAX_INT31 - INITIAL_WINDOW),
    settings([Setting.INITIAL_WINDOW_SIZE, INITIAL_WINDOW + 1]),
  ]),
});

// Closed streams count as such also when their ids were skipped (RFC 9113, section 5.1.1).
const ofClosedStreams = of(Code.STREAM_CLOSED, 'protocol_error', {
  'a stream that was answered': check(ANSWERED),
  'a stream that the peer has reset': open(RESET_BY_PEER),
  'a stream that was skipped': Buffer.concat([open(21), open(19)]),
  'DATA of a stream that is closed': data(ANSWERED, ONE_BYTE),
});

const outOfPlace = of(Code.PROTOCOL_ERROR, 'protocol_error', {
  'an even stream': open(12),
  'HEADERS on stream 0': headers(0, GRPC_BLOCK),
  'DATA on stream 0': data(0, ONE_BYTE),
  'RST_STREAM on stream 0': reset(0),
  'PRIORITY on stream 0': priority(0, 3),
  'DATA of a stream that is idle': data(IDLE, ONE_BYTE),
  'RST_STREAM of a stream that is idle': reset(IDLE),
  'WINDOW_UPDATE of a stream that is idle': windowUpdate(IDLE, 1),
  'an idle stream that depends on itself': priority(IDLE, IDLE),
  'SETTINGS on a stream': frame(Type.SETTINGS, 0, OPEN),
  'PING on a stream': frame(Type.PING, 0, OPEN, EIGHT_BYTES),
  'GOAWAY on a stream': frame(Type.GOAWAY, 0, OPEN, EIGHT_BYTES),
  PUSH_PROMISE: frame(Type.PUSH_PROMISE, Flag.END_HEADERS, OPEN, uint32(2)),
  'CONTINUATION of nothing': frame(Type.CONTINUATION, Flag.END_HEADERS, OPEN),
  'CONTINUATION of another stream': Buffer.concat([AMID, frame(Type.CONTINUATION, 0, OPEN)]),
  'an unknown frame amid a header block': Buffer.concat([AMID, frame(0xfa, 0, NEXT)]),
  'PING amid a header block': Buffer.concat([AMID, ofConnection(Type.PING, EIGHT_BYTES)]),
  'more padding than there is room': data(OPEN, Buffer.from([2, 0]), Flag.PADDED),
  'padding of no length': data(OPEN, NOTHING, Flag.PADDED),
  'HEADERS of nothing but padding': headers(NEXT, ONE_BYTE.fill(1), Flag.PADDED),
  'HEADERS too short for their priority': headers(NEXT, Buffer.alloc(4), Flag.PRIORITY),
  'a connection widened by 0': windowUpdate(0, 0),
  'a push that is neither on nor off': settings([Setting.ENABLE_PUSH, 2]),
  'frames below the least size': settings([Setting.MAX_FRAME_SIZE, 16_383]),
  'frames above the largest size': settings([Setting.MAX_FRAME_SIZE, 2 ** 24]),
});

it.each([unreadable, missized, overflowing, ofClosedStreams, outOfPlace].flat())(
  '$name ends the connection, and its calls, and no other',
  async ({ bytes, code, counted }) => {
    await using rig = await startRig();
    await using victim = await rig.victim();
    await using peer = await peerInAllStates(rig);
    peer.socket.write(bytes);
    await until(() => peer.closed);
    expect(goAways(peer)).toMatchObject([{ code }]);
    expect(resets(peer)).toHaveLength(1);
    expect(rig.refused).toEqual({ ...REFUSED_SO_FAR, [counted]: 1 });
    await expectGone(rig, peer, 1);
    expect((await victim.ask()).code).toBe(0);
  },
);
