import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Output } from '../../../../src/sources/http2/output.ts';
import { okTail } from '../../../../src/sources/http2/reply.ts';
import { SendQueue } from '../../../../src/sources/http2/send-queue.ts';
import type { Stream } from '../../../../src/sources/http2/stream.ts';
import { survivors } from '../../../support/gc.ts';
import { FakeSocket } from './fake-socket.ts';
import { type Frame, parseFrames } from './frames.ts';
import { streamOf } from './request.ts';

const DATA = 0;
const HEADERS = 1;
const END_STREAM = 1;
const MAX_FRAME_BYTES = 16_384;
const WINDOW = 65_535;
const WIDE = 2 ** 31 - 1;

function start({ window = WINDOW } = {}) {
  const [output, peer] = [new Output(), new FakeSocket()];
  const ended: number[] = [];
  const queue = new SendQueue(output, ({ id }) => void ended.push(id));
  queue.window = window;
  return {
    queue,
    ended,
    /** All that has gone out. */
    frames(): readonly Frame[] {
      output.flush(peer.socket);
      return parseFrames(peer.bytes);
    },
  };
}

/** As 'DATA 3: text', with what ends a stream in brackets. */
function told(frames: readonly Frame[]): string[] {
  return frames.map(({ type, flags, stream, payload }) => {
    const what = type === DATA ? `DATA ${stream}: ${payload}` : `HEADERS ${stream}`;
    return (flags & END_STREAM) === 0 ? what : `[${what}]`;
  });
}

const sizes = (frames: readonly Frame[]) => frames.map(({ payload }) => payload.length);

describe('SendQueue', () => {
  it('keeps little of streams that closed while the peer opened no window', async () => {
    const { queue } = start({ window: 0 });
    const waiting = streamOf(1);
    queue.push(waiting, Buffer.from('kept'), { tail: okTail });
    const refs: WeakRef<object>[] = [];
    for (let id = 3; id < 20_003; id += 2) {
      const stream = streamOf(id);
      queue.push(stream, Buffer.from('lost'), { tail: okTail });
      stream.closed = true;
      refs.push(new WeakRef(stream));
    }
    expect(await survivors(refs)).toBeLessThan(300);
    expect(queue.isEmpty).toBe(false);
  });

  it('sends at once what the windows allow', () => {
    const { queue, frames, ended } = start();
    const stream = streamOf(3);
    queue.push(stream, Buffer.from('a'));
    queue.push(stream, Buffer.from('b'), { tail: okTail });
    expect(told(frames())).toEqual(['DATA 3: a', 'DATA 3: b', '[HEADERS 3]']);
    expect(queue.isEmpty).toBe(true);
    expect(ended).toEqual([3]);
    expect([queue.window, stream.sendWindow, queue.sentBytes]).toEqual([WINDOW - 2, WINDOW - 2, 2]);
  });

  it('sends a tail without payload, and without a window', () => {
    const { queue, frames, ended } = start({ window: 0 });
    queue.push(streamOf(1, { sendWindow: 0 }), Buffer.alloc(0), { tail: okTail });
    expect(told(frames())).toEqual(['[HEADERS 1]']);
    expect(frames()[0]?.payload).toEqual(parseFrames(okTail)[0]?.payload);
    expect(ended).toEqual([1]);
  });

  it('tells of the end only when it has gone out', () => {
    const { queue, frames, ended } = start();
    const stream = streamOf(1, { sendWindow: 2 });
    queue.push(stream, Buffer.from('abc'), { tail: okTail });
    expect(told(frames())).toEqual(['DATA 1: ab']);
    expect([queue.isEmpty, stream.queued, ended]).toEqual([false, 1, []]);
    stream.sendWindow = 1;
    queue.resume();
    expect(told(frames()).slice(1)).toEqual(['DATA 1: c', '[HEADERS 1]']);
    expect([queue.isEmpty, stream.queued, ended]).toEqual([true, 0, [1]]);
  });

  it('marks the last piece of payload that ends a stream, and no other', () => {
    const { queue, frames, ended } = start();
    const stream = streamOf(1, { sendWindow: 3 });
    queue.push(stream, Buffer.from('abcdef'), { endsStream: true });
    for (let i = 0; i < 2; i++) {
      stream.sendWindow += 2;
      queue.resume();
    }
    expect(told(frames())).toEqual(['DATA 1: abc', 'DATA 1: de', '[DATA 1: f]']);
    expect(ended).toEqual([1]);
  });

  it('cuts payload into frames that every peer takes', () => {
    const { queue, frames } = start({ window: WIDE });
    const stream = streamOf(1, { sendWindow: WIDE });
    queue.push(stream, Buffer.alloc(2 * MAX_FRAME_BYTES + 1), { endsStream: true });
    queue.push(streamOf(3), Buffer.alloc(MAX_FRAME_BYTES), { endsStream: true });
    expect(sizes(frames())).toEqual([MAX_FRAME_BYTES, MAX_FRAME_BYTES, 1, MAX_FRAME_BYTES]);
    expect(frames().map(({ flags }) => flags)).toEqual([0, 0, END_STREAM, END_STREAM]);
  });

  it('does not copy what waits: it has to stay as it is', () => {
    const { queue, frames } = start({ window: 0 });
    const bytes = Buffer.from('abc');
    queue.push(streamOf(1), bytes);
    bytes.write('xyz');
    queue.window = 3;
    queue.resume();
    expect(told(frames())).toEqual(['DATA 1: xyz']);
  });
});

describe('a window', () => {
  it.each([0, -1, -70_000])('of %i bytes of a stream holds up that stream alone', (sendWindow) => {
    const { queue, frames } = start();
    const blocked = streamOf(1, { sendWindow });
    queue.push(blocked, Buffer.from('a'), { tail: okTail });
    queue.push(streamOf(3), Buffer.from('b'), { tail: okTail });
    queue.resume();
    expect(told(frames())).toEqual(['DATA 3: b', '[HEADERS 3]']);
    blocked.sendWindow += 1 - sendWindow;
    queue.resume();
    expect(told(frames()).slice(2)).toEqual(['DATA 1: a', '[HEADERS 1]']);
  });

  it.each([0, -1])('of %i bytes of the connection holds up all payload', (window) => {
    const { queue, frames, ended } = start({ window });
    queue.push(streamOf(1), Buffer.from('a'));
    queue.push(streamOf(3), Buffer.from('b'));
    queue.push(streamOf(5), Buffer.alloc(0), { tail: okTail });
    queue.resume();
    expect(told(frames())).toEqual(['[HEADERS 5]']);
    expect(ended).toEqual([5]);
    queue.widen(1 - window);
    queue.resume();
    expect(told(frames()).slice(1)).toEqual(['DATA 1: a']);
  });

  it('keeps the order of a stream: what comes later waits, too', () => {
    const { queue, frames } = start();
    const stream = streamOf(1, { sendWindow: 1 });
    queue.push(stream, Buffer.from('ab'));
    queue.push(stream, Buffer.alloc(0), { tail: okTail });
    queue.resume();
    expect(told(frames())).toEqual(['DATA 1: a']);
    stream.sendWindow = 10;
    queue.push(stream, Buffer.from('late'));
    expect(told(frames())).toEqual(['DATA 1: a']);
    queue.resume();
    expect(told(frames()).slice(1)).toEqual(['DATA 1: b', '[HEADERS 1]', 'DATA 1: late']);
  });

  it('of the connection is used by those who wait, in their order', () => {
    const { queue, frames } = start({ window: 0 });
    for (const [id, text] of [
      [1, 'aaaa'],
      [3, 'bbbb'],
      [5, 'cccc'],
    ] as const) {
      queue.push(streamOf(id), Buffer.from(text));
    }
    queue.widen(6);
    queue.resume();
    expect(told(frames())).toEqual(['DATA 1: aaaa', 'DATA 3: bb']);
    queue.widen(6);
    queue.resume();
    expect(told(frames()).slice(2)).toEqual(['DATA 3: bb', 'DATA 5: cccc']);
  });

  it('may be 2^31-1 bytes large, and no larger', () => {
    const { queue } = start({ window: 1 });
    expect(queue.widen(WIDE - 1)).toBe(true);
    expect(queue.window).toBe(WIDE);
    expect(queue.widen(1)).toBe(false);
  });
});

describe('a stream that is closed', () => {
  it('is sent nothing more', () => {
    const { queue, frames, ended } = start({ window: 0 });
    const [gone, other] = [streamOf(1), streamOf(3)];
    queue.push(gone, Buffer.from('a'), { tail: okTail });
    queue.push(other, Buffer.from('b'));
    queue.push(gone, Buffer.alloc(0), { tail: okTail });
    gone.closed = true;
    queue.widen(100);
    queue.resume();
    expect(told(frames())).toEqual(['DATA 3: b']);
    expect([queue.isEmpty, ended]).toEqual([true, []]);
  });

  it('leaves nothing behind that waits', () => {
    const { queue } = start();
    const gone = streamOf(1, { sendWindow: 0 });
    queue.push(gone, Buffer.from('a'), { tail: okTail });
    expect(queue.isEmpty).toBe(false);
    gone.closed = true;
    expect(queue.isEmpty).toBe(true);
  });

  it('by its end is sent nothing that came after it', () => {
    const [output, peer] = [new Output(), new FakeSocket()];
    const queue = new SendQueue(output, (stream) => {
      stream.closed = true;
    });
    const stream = streamOf(1, { sendWindow: 0 });
    queue.push(stream, Buffer.from('a'), { tail: okTail });
    queue.push(stream, Buffer.from('b'));
    stream.sendWindow = 10;
    queue.resume();
    output.flush(peer.socket);
    expect(told(parseFrames(peer.bytes))).toEqual(['DATA 1: a', '[HEADERS 1]']);
  });
});

interface Sent {
  readonly stream: Stream;
  pushed: Buffer;
  /** What the windows of the stream have allowed in all. */
  allowed: number;
  end: 'tail' | 'data' | undefined;
}

const someId = fc.nat(3);
const someBytes = fc.oneof(fc.nat(20), fc.constantFrom(0, MAX_FRAME_BYTES, 3 * MAX_FRAME_BYTES));
const someStep = fc.oneof(
  { weight: 5, arbitrary: fc.record({ push: someId, bytes: someBytes, end: fc.nat(9) }) },
  { weight: 3, arbitrary: fc.record({ widen: someId, by: someBytes }) },
  { weight: 3, arbitrary: fc.record({ widenAll: someBytes }) },
  { weight: 1, arbitrary: fc.record({ shift: fc.integer({ min: -30_000, max: 30_000 }) }) },
  { weight: 1, arbitrary: fc.record({ close: someId }) },
);

describe('whatever is pushed and however windows move', () => {
  it('what goes out is what was pushed, in its order and within the windows', () => {
    fc.assert(
      fc.property(fc.array(someStep, { maxLength: 40 }), fc.nat(40), (steps, window) => {
        const { queue, frames, ended } = start({ window });
        let allowed = window;
        const all: Sent[] = [1, 3, 5, 7].map((id) => ({
          stream: streamOf(id, { sendWindow: 10 * id }),
          pushed: Buffer.alloc(0),
          allowed: 10 * id,
          end: undefined,
        }));
        const of = (i: number) => all[i] as Sent;
        const shift = (sent: Sent, by: number) => {
          sent.stream.sendWindow += by;
          sent.allowed += by;
        };
        const mostAllowed = all.map((sent) => sent.allowed);

        for (const step of steps) {
          if ('push' in step) {
            const sent = of(step.push);
            if (sent.end !== undefined || sent.stream.closed) continue;
            const bytes = Buffer.alloc(step.bytes, sent.pushed.length % 251);
            sent.pushed = Buffer.concat([sent.pushed, bytes]);
            if (step.end === 0) sent.end = 'tail';
            if (step.end === 1 && bytes.length > 0) sent.end = 'data';
            queue.push(sent.stream, bytes, {
              ...(sent.end === 'tail' && { tail: okTail }),
              endsStream: sent.end === 'data',
            });
          } else if ('widen' in step) shift(of(step.widen), step.by);
          else if ('widenAll' in step) {
            queue.widen(step.widenAll);
            allowed += step.widenAll;
          } else if ('shift' in step) for (const sent of all) shift(sent, step.shift);
          else of(step.close).stream.closed = true;
          queue.resume();
          all.forEach((sent, i) => {
            mostAllowed[i] = Math.max(mostAllowed[i] as number, sent.allowed);
          });
          check(all, frames(), ended, mostAllowed, allowed);
          // Nothing is kept that could go.
          for (const { stream } of all) {
            if (stream.queued === 0 || stream.closed) continue;
            expect(Math.min(queue.window, stream.sendWindow)).toBeLessThanOrEqual(0);
          }
        }

        queue.window = WIDE;
        for (const { stream } of all) stream.sendWindow = WIDE;
        queue.resume();
        expect(queue.isEmpty).toBe(true);
        for (const { stream, pushed, end } of all) {
          if (stream.closed) continue;
          expect(payloadOf(frames(), stream.id).equals(pushed)).toBe(true);
          expect(ended.includes(stream.id)).toBe(end !== undefined);
        }
      }),
      { numRuns: 200 },
    );
  });
});

const payloadOf = (frames: readonly Frame[], id: number) =>
  Buffer.concat(
    frames.filter(({ type, stream }) => type === DATA && stream === id).map((it) => it.payload),
  );

function check(
  all: readonly Sent[],
  frames: readonly Frame[],
  ended: readonly number[],
  mostAllowed: readonly number[],
  allowed: number,
): void {
  expect(Math.max(0, ...sizes(frames))).toBeLessThanOrEqual(MAX_FRAME_BYTES);
  let total = 0;
  all.forEach(({ stream, pushed, end }, i) => {
    const own = frames.filter((frame) => frame.stream === stream.id);
    const payload = payloadOf(frames, stream.id);
    total += payload.length;
    expect(pushed.subarray(0, payload.length).equals(payload)).toBe(true);
    expect(payload.length).toBeLessThanOrEqual(Math.max(0, mostAllowed[i] as number));
    const ends = own.filter(({ flags }) => (flags & END_STREAM) !== 0);
    expect(ends.length).toBe(ended.filter((id) => id === stream.id).length);
    if (ends.length === 0) return;
    expect(ends).toEqual([own.at(-1)]);
    expect(ends[0]?.type).toBe(end === 'tail' ? HEADERS : DATA);
    expect(payload.length).toBe(pushed.length);
  });
  expect(total).toBeLessThanOrEqual(allowed);
}
