import { check, checkBlock, data, head, messageOf, padded, prefixed } from './checks.ts';
import { type Cases, LATER, MAX_STREAMS } from './exchange.ts';
import {
  ACK,
  END_HEADERS,
  END_STREAM,
  frame,
  goAway,
  INITIAL_WINDOW_SIZE,
  MAX_WINDOW,
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

const NOTHING = Buffer.alloc(0);
const bytes = (...values: readonly number[]): Buffer => Buffer.from(values);

const end = (id: number, content: Buffer = messageOf(`/${id}`)): Buffer =>
  data(id, content, END_STREAM);
const withPriority = (on: number): Buffer => Buffer.concat([uint32(on), bytes(15), checkBlock]);

/** Sent before anything else is. */
export const greetings: Cases = {
  'no preface': [Buffer.from('GET / HTTP/1.1\r\n\r\n'.repeat(3))],
  'a preface without SETTINGS': [PREFACE, ...check(1)],
  'SETTINGS that are an ACK first': [PREFACE, settingsAck],
  'a PING before SETTINGS': [PREFACE, ping('early'), settings()],
  'requests at once': [PREFACE, settings(), ...check(1), ...check(3)],
};

/** Frames: their lengths, flags and streams, and where they may come. */
export const frameCases: Cases = {
  padding: [
    frame(Type.HEADERS, END_HEADERS | PADDED, 1, padded(checkBlock, 9)),
    frame(Type.DATA, END_STREAM | PADDED, 1, padded(messageOf('/1'), 200)),
  ],
  'padding alone': [head(1), frame(Type.DATA, PADDED, 1, padded(NOTHING, 5)), end(1)],
  'too much padding in DATA': [head(1), frame(Type.DATA, PADDED | END_STREAM, 1, bytes(9, 0, 0))],
  'too much padding in HEADERS': [frame(Type.HEADERS, END_HEADERS | PADDED, 1, bytes(200, 0, 0))],
  'DATA that is padded but empty': [head(1), frame(Type.DATA, PADDED, 1)],
  'priority in HEADERS': [frame(Type.HEADERS, END_HEADERS | PRIORITY, 1, withPriority(0)), end(1)],
  'HEADERS that depend on themselves': [
    frame(Type.HEADERS, END_HEADERS | PRIORITY, 1, withPriority(1)),
    end(1),
  ],
  'HEADERS too short for their priority': [
    frame(Type.HEADERS, END_HEADERS | PRIORITY, 1, bytes(0, 0)),
  ],
  'a reset before the message': [head(1), resetStream(1)],
  'a reset of an answered stream': [...check(1), LATER, resetStream(1)],
  'a reset of stream 0': [resetStream(0)],
  'a reset of an idle stream': [resetStream(1)],
  'a reset of a wrong length': [head(1), frame(Type.RST_STREAM, 0, 1, bytes(0))],
  'DATA after a reset by the client': [head(1), resetStream(1), end(1)],
  'DATA on stream 0': [data(0, bytes(0))],
  'DATA on an idle stream': [data(1, bytes(0))],
  'DATA on a stream that is half closed': [head(1, checkBlock, END_STREAM), end(1)],
  'HEADERS on stream 0': [head(0)],
  'HEADERS on an even stream': [head(2), end(2)],
  'HEADERS with a smaller id': [...check(5), ...check(3)],
  'HEADERS on a stream that was used': [...check(1), LATER, ...check(1)],
  'CONTINUATION without HEADERS': [frame(Type.CONTINUATION, END_HEADERS, 1, checkBlock)],
  'CONTINUATION after END_HEADERS': [head(1), frame(Type.CONTINUATION, END_HEADERS, 1)],
  'CONTINUATION of another stream': [
    frame(Type.HEADERS, 0, 1, checkBlock.subarray(0, 9)),
    frame(Type.CONTINUATION, END_HEADERS, 3, checkBlock.subarray(9)),
  ],
  'DATA amid a header checkBlock': [frame(Type.HEADERS, 0, 1, checkBlock), end(1)],
  'an unknown frame amid a header checkBlock': [
    frame(Type.HEADERS, 0, 1, checkBlock),
    frame(0xbb, 0, 0),
  ],
  'empty CONTINUATIONs without end': [
    frame(Type.HEADERS, 0, 1, checkBlock),
    ...Array.from({ length: 40 }, () => frame(Type.CONTINUATION, 0, 1)),
  ],
  PRIORITY: [priority(1), ...check(1), priority(1), priority(77, 1)],
  'PRIORITY on stream 0': [priority(0)],
  'PRIORITY of a wrong length': [head(1), frame(Type.PRIORITY, 0, 1, uint32(0)), end(1)],
  'PRIORITY on itself': [head(1), priority(1, 1), end(1)],
  'SETTINGS of all kinds': [
    settings([1, 0], [2, 0], [3, 5], [4, 70_000], [5, 20_000], [6, 4_000], [200, 1]),
    ...check(1),
  ],
  'SETTINGS on a stream': [frame(Type.SETTINGS, 0, 1)],
  'SETTINGS of a wrong length': [frame(Type.SETTINGS, 0, 0, bytes(0, 1, 0))],
  'an ACK of SETTINGS with a payload': [frame(Type.SETTINGS, ACK, 0, Buffer.alloc(6))],
  'an ACK of SETTINGS that were not sent': [settingsAck, ...check(1)],
  'ENABLE_PUSH of 2': [settings([2, 2])],
  'INITIAL_WINDOW_SIZE above the largest': [settings([INITIAL_WINDOW_SIZE, MAX_WINDOW + 1])],
  'MAX_FRAME_SIZE below the least': [settings([5, 16_383])],
  'MAX_FRAME_SIZE above the largest': [settings([5, 2 ** 24])],
  'a window of 0 that is opened later': [
    settings([INITIAL_WINDOW_SIZE, 0]),
    ...check(1),
    windowUpdate(1, 5),
    settings([INITIAL_WINDOW_SIZE, 100]),
  ],
  'a window of 0': [settings([INITIAL_WINDOW_SIZE, 0]), ...check(1)],
  PUSH_PROMISE: [frame(Type.PUSH_PROMISE, END_HEADERS, 1, uint32(2))],
  PING: [ping('12345678'), ping('ack', ACK), ...check(1)],
  'PING on a stream': [frame(Type.PING, 0, 1, Buffer.alloc(8))],
  'PING of a wrong length': [frame(Type.PING, 0, 0, Buffer.alloc(7))],
  GOAWAY: [...check(1), LATER, goAway(0)],
  'GOAWAY with an error': [goAway(0, 2)],
  'GOAWAY on a stream': [frame(Type.GOAWAY, 0, 1, uint32(0, 0))],
  'GOAWAY that is too short': [frame(Type.GOAWAY, 0, 0, uint32(0))],
  'WINDOW_UPDATE of the connection': [windowUpdate(0, 1_000), ...check(1)],
  'WINDOW_UPDATE of the connection by 0': [windowUpdate(0, 0)],
  'WINDOW_UPDATE of the connection above the largest': [windowUpdate(0, MAX_WINDOW)],
  'WINDOW_UPDATE of a stream by 0': [head(1), windowUpdate(1, 0), end(1)],
  'WINDOW_UPDATE of a stream above the largest': [head(1), windowUpdate(1, MAX_WINDOW), end(1)],
  'WINDOW_UPDATE of an idle stream': [windowUpdate(1, 1)],
  'WINDOW_UPDATE of a wrong length': [frame(Type.WINDOW_UPDATE, 0, 0, bytes(0, 1))],
  'WINDOW_UPDATE of an answered stream': [...check(1), LATER, windowUpdate(1, 9), ...check(3)],
  'an unknown frame': [frame(0xbb, 0xff, 7, Buffer.alloc(20)), ...check(1)],
  'unknown flags': [
    frame(Type.HEADERS, END_HEADERS | 0x40, 1, checkBlock),
    frame(Type.DATA, 0x81, 1, messageOf('/1')),
  ],
  'a frame that is too large': [frame(Type.DATA, 0, 1, Buffer.alloc(16_385))],
  'the preface again': [PREFACE],
  'more DATA than the window': [
    head(1),
    ...Array.from({ length: 5 }, () => data(1, prefixed(Buffer.alloc(16_379)))),
  ],
  'more streams than there may be': Array.from({ length: MAX_STREAMS + 1 }, (_, i) =>
    head(2 * i + 1),
  ),
};
