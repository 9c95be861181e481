import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader, PREFACE } from '../../../../src/sources/http2/frame-reader.ts';
import { type Frame, frame } from './frames.ts';

const MAX_BYTES = 16_384;

/** A reader, and what it passed on: views, not copies, so that bytes used twice would show. */
function start({ stopAfter = Number.POSITIVE_INFINITY } = {}) {
  const frames: Frame[] = [];
  let tooLarge = 0;
  const reader = new FrameReader({
    frame(type, flags, stream, bytes, from, to) {
      frames.push({ type, flags, stream, payload: bytes.subarray(from, to) });
      return frames.length < stopAfter;
    },
    frameTooLarge() {
      tooLarge++;
    },
  });
  return {
    reader,
    frames,
    tooLarge: () => tooLarge,
    /** Copies: no two chunks of a socket share memory either. */
    read: (...chunks: readonly Uint8Array[]) =>
      chunks.map((chunk) => reader.read(Buffer.from(chunk))),
  };
}

/** One that has its preface behind it. */
function greeted(options?: Parameters<typeof start>[0]) {
  const started = start(options);
  started.read(PREFACE);
  return started;
}

const bytesOf = ({ type, flags, stream, payload }: Frame) => frame(type, flags, stream, payload);
const wireOf = (frames: readonly Frame[]) => Buffer.concat(frames.map(bytesOf));
const plain = (frames: readonly Frame[]) =>
  frames.map(({ payload, ...rest }) => ({ ...rest, payload: payload.toString('hex') }));

/** Bytes cut at places that are given in any order. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length];
  ends.sort((a, b) => a - b);
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

const someFrame = fc.record({
  type: fc.nat(255),
  flags: fc.nat(255),
  stream: fc.nat(2 ** 31 - 1),
  payload: fc
    .oneof(
      { weight: 4, arbitrary: fc.uint8Array({ maxLength: 40 }) },
      { weight: 1, arbitrary: fc.constant(Buffer.alloc(300, 7)) },
    )
    .map((bytes) => Buffer.from(bytes)),
});

const SAMPLE: readonly Frame[] = [
  { type: 4, flags: 0, stream: 0, payload: Buffer.alloc(0) },
  { type: 1, flags: 4, stream: 1, payload: Buffer.from('headers') },
  { type: 0, flags: 1, stream: 1, payload: Buffer.from('data') },
  { type: 0, flags: 1, stream: 2 ** 31 - 1, payload: Buffer.alloc(0) },
  { type: 6, flags: 1, stream: 0, payload: Buffer.from('12345678') },
];
const SAMPLE_BYTES = Buffer.concat([PREFACE, wireOf(SAMPLE)]);

describe('FrameReader', () => {
  it('reads the same frames wherever they are cut once', () => {
    for (let place = 0; place <= SAMPLE_BYTES.length; place++) {
      const { read, frames } = start();
      expect(read(...cut(SAMPLE_BYTES, [place]))).toEqual([true, true]);
      expect(plain(frames), `cut at ${place}`).toEqual(plain(SAMPLE));
    }
  });

  it('reads the same frames byte by byte, each as soon as it is complete', () => {
    const { read, frames } = start();
    const counts: number[] = [];
    for (const byte of SAMPLE_BYTES) {
      expect(read(Buffer.of(byte))).toEqual([true]);
      counts.push(frames.length);
    }
    expect(plain(frames)).toEqual(plain(SAMPLE));
    let end = PREFACE.length;
    SAMPLE.forEach((expected, i) => {
      end += bytesOf(expected).length;
      expect(counts.slice(end - 2, end)).toEqual([i, i + 1]);
    });
  });

  it('reads the same frames however they are cut', () => {
    const places = fc.array(fc.nat(2_000), { maxLength: 40 });
    fc.assert(
      fc.property(fc.array(someFrame, { maxLength: 12 }), places, (expected, where) => {
        const { read, frames, tooLarge } = start();
        const bytes = Buffer.concat([PREFACE, wireOf(expected)]);
        expect(read(...cut(bytes, where))).not.toContain(false);
        expect(plain(frames)).toEqual(plain(expected));
        expect(tooLarge()).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('passes on a frame that is whole without a copy', () => {
    const { reader, frames } = greeted();
    const chunk = wireOf(SAMPLE);
    reader.read(chunk);
    for (const { payload } of frames) expect(payload.buffer).toBe(chunk.buffer);
  });

  it('does not look at the first bit of a stream identifier', () => {
    const { read, frames } = greeted();
    const chunk = frame(0, 0, 2 ** 31 + 5, 'x');
    read(chunk, chunk.subarray(0, 7), chunk.subarray(7));
    expect(frames.map(({ stream }) => stream)).toEqual([5, 5]);
  });
});

describe('the preface', () => {
  it('is that of RFC 9113', () => {
    expect(PREFACE.toString('hex')).toBe('505249202a20485454502f322e300d0a0d0a534d0d0a0d0a');
  });

  it('is there once its last byte is', () => {
    const { reader, read } = start();
    expect(reader.hasPreface).toBe(false);
    read(PREFACE.subarray(0, -1));
    expect(reader.hasPreface).toBe(false);
    read(PREFACE.subarray(-1));
    expect(reader.hasPreface).toBe(true);
  });

  it.each(Array.from(PREFACE, (_, at) => at))('may not differ in byte %i', (at) => {
    const wrong = Buffer.from(PREFACE);
    wrong[at] = (PREFACE[at] as number) ^ 0x20;
    const whole = start();
    expect(whole.read(Buffer.concat([wrong, bytesOf(SAMPLE[0] as Frame)]))).toEqual([false]);
    expect(whole.frames).toEqual([]);

    const bytewise = start();
    expect(bytewise.read(wrong.subarray(0, at), wrong.subarray(at, at + 1))).toEqual([true, false]);
  });

  it.each([
    ['HTTP/1.1', Buffer.from('GET / HTTP/1.1\r\nhost: a\r\n\r\n')],
    ['TLS', Buffer.from('1603010200010001fc0303', 'hex')],
    ['frames without it', wireOf(SAMPLE)],
    ['one byte', Buffer.from([0])],
  ])('is not %s', (_, bytes) => {
    expect(start().read(bytes)).toEqual([false]);
  });
});

describe('a frame that is too large', () => {
  const tooLarge = frame(0, 0, 1, Buffer.alloc(MAX_BYTES + 1));

  it('has one byte more than the largest', () => {
    const { read, frames, tooLarge: count } = greeted();
    read(frame(0, 0, 1, Buffer.alloc(MAX_BYTES)));
    expect([frames[0]?.payload.length, count()]).toEqual([MAX_BYTES, 0]);
    read(tooLarge);
    expect([frames.length, count()]).toEqual([1, 1]);
  });

  it.each([0, 1, 3, 8])('is told of by its head, of which %i bytes came before', (bytes) => {
    const { read, tooLarge: count } = greeted();
    read(tooLarge.subarray(0, bytes), tooLarge.subarray(bytes, 8));
    expect(count()).toBe(0);
    read(tooLarge.subarray(Math.max(bytes, 8), 9));
    expect(count()).toBe(1);
  });

  it.each([1, 9, 10, 5_000])('is told of once, in chunks of %i bytes', (size) => {
    const { read, frames, tooLarge: count } = greeted();
    const bytes = Buffer.concat([wireOf(SAMPLE), tooLarge, wireOf(SAMPLE)]);
    for (let at = 0; at < bytes.length; at += size) read(bytes.subarray(at, at + size));
    expect(plain(frames)).toEqual(plain(SAMPLE));
    expect(count()).toBe(1);
  });
});

describe('stop', () => {
  it('comes with the frame after which no more is wanted', () => {
    const { read, frames } = greeted({ stopAfter: 2 });
    expect(read(wireOf(SAMPLE), wireOf(SAMPLE))).toEqual([true, true]);
    expect(plain(frames)).toEqual(plain(SAMPLE.slice(0, 2)));
  });

  it('comes with a frame that came in parts, too', () => {
    const { read, frames } = greeted({ stopAfter: 2 });
    for (const byte of wireOf(SAMPLE)) read(Buffer.of(byte));
    expect(plain(frames)).toEqual(plain(SAMPLE.slice(0, 2)));
  });

  it.each([0, 1, 8, 9, 10, 12])('lets no frame through of which %i bytes have come', (bytes) => {
    const { reader, read, frames } = greeted();
    const whole = frame(0, 0, 1, 'data');
    read(whole.subarray(0, bytes));
    reader.stop();
    read(whole.subarray(bytes), whole);
    expect(frames).toEqual([]);
  });

  it.each([0, 1, 8])(
    'lets no more be told of a frame that is too large, after %i bytes',
    (bytes) => {
      const { reader, read, tooLarge } = greeted();
      const head = frame(0, 0, 1, Buffer.alloc(MAX_BYTES + 1)).subarray(0, 9);
      read(head.subarray(0, bytes));
      reader.stop();
      read(head.subarray(bytes));
      expect(tooLarge()).toBe(0);
    },
  );

  it('ends the look at the preface, too', () => {
    const { reader, read } = start();
    expect(read(Buffer.from('GET / HTTP'))).toEqual([false]);
    reader.stop();
    expect(read(Buffer.from('/1.1\r\n'), Buffer.from('\r\n'))).toEqual([true, true]);
  });
});
