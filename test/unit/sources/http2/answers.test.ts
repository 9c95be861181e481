import { describe, expect, it } from 'vitest';
import { allow, notEncoded, refuse } from '../../../../src/domain/decision.ts';
import { Answers } from '../../../../src/sources/http2/answers.ts';
import { Output } from '../../../../src/sources/http2/output.ts';
import { statusOnly } from '../../../../src/sources/http2/reply.ts';
import type { Refused } from '../../../../src/sources/http2/screen.ts';
import type { Stream } from '../../../../src/sources/http2/stream.ts';
import { decodeCheckResponse } from '../../../support/protobuf.ts';
import { FakeSocket } from './fake-socket.ts';
import { parseBlock, parseFrames } from './frames.ts';
import { streamOf } from './request.ts';

const DATA = 0;
const END_STREAM = 1;
const WINDOW = 65_535;

const OK = allow('success', [['x-user-id', 'alice']], []);
const LARGE = allow('success', [['x-claims', 'c'.repeat(20_000)]], []);
const STATUS = refuse('overload', { signal: 'grpc_status' });
const PLAIN: Refused = { kind: 'plain', httpStatus: 415, text: 'no gRPC\n' };

/** Answers of a connection that closes streams as the real one does. */
function start({ window = WINDOW } = {}) {
  const [output, peer] = [new Output(), new FakeSocket()];
  const told = { ended: [] as number[], answered: 0 };
  const answers = new Answers(output, {
    localEnded(stream) {
      told.ended.push(stream.id);
      stream.closed = stream.remoteEnded;
    },
    answered() {
      told.answered++;
    },
  });
  answers.queue.window = window;
  const frames = () => {
    output.flush(peer.socket);
    return parseFrames(peer.bytes);
  };
  return {
    answers,
    output,
    told,
    frames,
    /** Of a request that has come to its end, unless told otherwise. */
    open(id: number, { sendWindow = WINDOW, remoteEnded = true } = {}): Stream {
      const stream = streamOf(id, { owner: answers, sendWindow });
      stream.remoteEnded = remoteEnded;
      return stream;
    },
    /** As 'DATA 1 +9' with the number of bytes, or 'HEADERS 1 :status=200'; what ends in brackets. */
    sent: () =>
      frames().map(({ type, flags, stream, payload }) => {
        const fields = () => parseBlock(payload).map((field) => field.join('='));
        const content = type === DATA ? `+${payload.length}` : fields().join(' ');
        const what = `${type === DATA ? 'DATA' : 'HEADERS'} ${stream} ${content}`;
        return (flags & END_STREAM) === 0 ? what : `[${what}]`;
      }),
    /** What the DATA of a stream comes to. */
    payload: (id: number) =>
      Buffer.concat(
        frames()
          .filter(({ type, stream }) => type === DATA && stream === id)
          .map(({ payload }) => payload),
      ),
  };
}

const head = (id: number) => `HEADERS ${id} :status=200 content-type=application/grpc`;
const tail = (id: number) => `[HEADERS ${id} grpc-status=0]`;

describe('a reply', () => {
  it('is three frames, each with the id of its stream', () => {
    const { open, sent, payload, told } = start();
    open(5).reply(OK);
    const bytes = payload(5).length;
    expect(sent()).toEqual([head(5), `DATA 5 +${bytes}`, tail(5)]);
    expect(decodeCheckResponse(payload(5).subarray(5)).headers).toMatchObject([{ value: 'alice' }]);
    expect(told).toEqual({ ended: [5], answered: 1 });
  });

  it('is encoded once for all streams, and each has its own id', () => {
    const { open, frames } = start();
    const decision = allow('success', [], []);
    open(1).reply(decision);
    const kept = decision.wire.http2;
    for (let id = 3; id < 100; id += 2) open(id).reply(decision);
    expect(decision.wire.http2).toBe(kept);
    const ids = Array.from({ length: 50 }, (_, i) => 2 * i + 1);
    expect(frames().map(({ stream }) => stream)).toEqual(ids.flatMap((id) => [id, id, id]));
  });

  it('takes its DATA off both windows', () => {
    const { answers, open, payload } = start();
    const stream = open(1);
    stream.reply(OK);
    const bytes = payload(1).length;
    expect([answers.queue.window, stream.sendWindow]).toEqual([WINDOW - bytes, WINDOW - bytes]);
  });

  it('just fits the windows, and goes out at once', () => {
    const first = start();
    first.open(1).reply(OK);
    const bytes = first.payload(1).length;
    const { answers, open, sent } = start({ window: bytes });
    open(1, { sendWindow: bytes }).reply(OK);
    expect(sent()).toEqual([head(1), `DATA 1 +${bytes}`, tail(1)]);
    expect([answers.queue.window, answers.queue.isEmpty]).toEqual([0, true]);
  });

  it.each([
    ['of the stream', { sendWindow: 4 }, {}],
    ['of the connection', {}, { window: 4 }],
  ])('that the window %s is too small for comes in parts', (_, stream, connection) => {
    const { answers, open, sent, payload, told } = start(connection);
    const slow = open(1, stream);
    slow.reply(OK);
    expect(sent()).toEqual([head(1), 'DATA 1 +4']);
    expect(told).toEqual({ ended: [], answered: 1 });
    answers.queue.widen(WINDOW);
    slow.sendWindow += WINDOW;
    answers.queue.resume();
    expect(sent().at(-1)).toBe(tail(1));
    expect(decodeCheckResponse(payload(1).subarray(5)).kind).toBe('ok_response');
    expect(told.ended).toEqual([1]);
  });

  it('that is larger than a frame comes in several', () => {
    const { open, sent, payload } = start();
    open(1).reply(LARGE);
    const rest = payload(1).length - 16_384;
    expect(sent()).toEqual([head(1), 'DATA 1 +16384', `DATA 1 +${rest}`, tail(1)]);
    expect(decodeCheckResponse(payload(1).subarray(5)).headers[0]?.value).toHaveLength(20_000);
  });

  it('that is a status is one frame, and needs no window', () => {
    const { open, sent, told } = start({ window: 0 });
    open(1, { sendWindow: -5 }).reply(STATUS);
    expect(sent()).toEqual([
      '[HEADERS 1 :status=200 content-type=application/grpc grpc-status=14 grpc-message=overload]',
    ]);
    expect(told).toEqual({ ended: [1], answered: 1 });
  });

  it('holds up no other when it has to wait', () => {
    const { open, sent } = start();
    open(1, { sendWindow: 0 }).reply(OK);
    open(3).reply(OK);
    expect(sent()).toEqual([head(1), head(3), expect.stringMatching(/^DATA 3/), tail(3)]);
  });
});

describe('an answer that comes too late', () => {
  const answer: readonly [what: string, answer: (stream: Stream) => void][] = [
    ['a reply', (stream) => stream.reply(OK)],
    ['a status', (stream) => stream.reply(STATUS)],
    ['a message', (stream) => stream.send(Buffer.from('x'))],
    ['an end', (stream) => stream.finish(0)],
  ];

  it.each(answer)('goes nowhere: %s on a stream that is closed', (_, late) => {
    const { open, sent, told } = start();
    const stream = open(1);
    stream.closed = true;
    late(stream);
    expect(sent()).toEqual([]);
    expect(told).toEqual({ ended: [], answered: 0 });
  });

  it.each(answer)('goes nowhere: %s after the end', (_, late) => {
    const { open, sent, told } = start();
    const stream = open(1, { remoteEnded: false });
    stream.finish(5, 'gone');
    const before = sent();
    late(stream);
    expect(sent()).toEqual(before);
    expect(told).toEqual({ ended: [1], answered: 1 });
  });

  it.each(answer)('goes nowhere: %s after an end that waits for its window', (_, late) => {
    const { answers, open, sent, told } = start();
    const stream = open(1, { sendWindow: 0, remoteEnded: false });
    stream.send(Buffer.from('a'));
    stream.finish(0);
    late(stream);
    stream.sendWindow = WINDOW;
    answers.queue.resume();
    expect(sent()).toEqual([head(1), 'DATA 1 +6', tail(1)]);
    expect(told.ended).toEqual([1]);
  });

  it.each(answer)('goes nowhere: %s after a refusal that waits for its window', (_, late) => {
    const { answers, open, sent, told } = start();
    const stream = open(1, { sendWindow: 2, remoteEnded: false });
    answers.refuse(stream, PLAIN);
    late(stream);
    stream.sendWindow = WINDOW;
    answers.queue.resume();
    expect(sent().slice(1)).toEqual(['DATA 1 +2', '[DATA 1 +6]']);
    expect(told.ended).toEqual([1]);
  });

  it('goes nowhere: a second reply', () => {
    const { open, sent } = start();
    const stream = open(1, { remoteEnded: false });
    stream.reply(OK);
    stream.reply(OK);
    expect(sent()).toHaveLength(3);
  });
});

describe('a stream of messages', () => {
  it('has its head once, and ends with its status', () => {
    const { open, sent, payload, told } = start();
    const stream = open(1);
    stream.send(Buffer.from('a'));
    stream.send(Buffer.alloc(0));
    expect(told).toEqual({ ended: [], answered: 2 });
    stream.finish(0);
    expect(sent()).toEqual([head(1), 'DATA 1 +6', 'DATA 1 +5', tail(1)]);
    expect(payload(1).toString('latin1')).toBe('\0\0\0\0\x01a\0\0\0\0\0');
    expect(told).toEqual({ ended: [1], answered: 3 });
  });

  it('ends without a message, too', () => {
    const { open, sent } = start();
    open(1).finish(12, 'one, please');
    expect(sent()).toEqual([
      '[HEADERS 1 :status=200 content-type=application/grpc grpc-status=12 grpc-message=one, please]',
    ]);
  });

  it('ends after what waits for its window', () => {
    const { answers, open, sent, told } = start();
    const stream = open(1, { sendWindow: 3 });
    stream.send(Buffer.from('abc'));
    stream.finish(14, 'later');
    expect(sent()).toEqual([head(1), 'DATA 1 +3']);
    expect(told.ended).toEqual([]);
    stream.sendWindow = 100;
    answers.queue.resume();
    expect(sent().slice(2)).toEqual(['DATA 1 +5', '[HEADERS 1 grpc-status=14 grpc-message=later]']);
    expect(told.ended).toEqual([1]);
  });
});

describe('a refusal', () => {
  it('of gRPC is the frame that it is', () => {
    const { answers, open, sent, told } = start();
    answers.refuse(open(7), { kind: 'status', frame: statusOnly(12, 'no') });
    expect(sent()).toEqual([
      '[HEADERS 7 :status=200 content-type=application/grpc grpc-status=12 grpc-message=no]',
    ]);
    expect(told.ended).toEqual([7]);
  });

  it('of what is no gRPC is a head and a text', () => {
    const { answers, open, sent, payload, told } = start();
    answers.refuse(open(7), PLAIN);
    expect(sent()).toEqual(['HEADERS 7 :status=415 content-type=text/plain', '[DATA 7 +8]']);
    expect(payload(7).toString()).toBe('no gRPC\n');
    expect(told.ended).toEqual([7]);
  });
});

describe('output that grows or was left to the socket', () => {
  const ways: readonly [what: string, answer: (stream: Stream, answers: Answers) => void][] = [
    ['replies', (stream) => stream.reply(OK)],
    ['statuses', (stream) => stream.reply(STATUS)],
    ['messages', (stream) => stream.send(Buffer.from('x'))],
    ['ends', (stream) => stream.finish(5, 'gone')],
    [
      'messages and ends',
      (stream) => {
        stream.send(Buffer.alloc(40));
        stream.finish(0);
      },
    ],
    ['refusals', (stream, answers) => answers.refuse(stream, PLAIN)],
  ];

  it.each(ways)('has the id of its stream in every frame of many %s', (_, answer) => {
    const { answers, open, frames } = start({ window: 2 ** 31 - 1 });
    for (let id = 1; id < 2_000; id += 2) answer(open(id), answers);
    const ids = frames().map(({ stream }) => stream);
    expect(new Set(ids).size).toBe(1_000);
    expect(ids.toSorted((a, b) => a - b)).toEqual(ids);
    expect(ids[0]).toBe(1);
  });
});

it('a decision that cannot be framed leaves its stream to another one', () => {
  const { answers, open, sent } = start();
  const broken = { ...OK, spec: { ...OK.spec, grpcCode: 7 as const }, wire: notEncoded() };
  const other = open(3);
  expect(() => answers.reply(other, broken)).toThrow(/contradict/);
  answers.reply(other, OK);
  expect(sent()).toEqual([head(3), expect.stringContaining('DATA 3'), tail(3)]);
});
