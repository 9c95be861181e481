import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AssemblyBudget,
  MessageReader,
} from '../../../../src/sources/http2/message-reader.ts';

const MAX_BYTES = 20_000;
/** What is kept at first of a message, however long it says that it is. */
const FIRST_BYTES = 4_096;

/** Lets so many bytes be taken at once, and sees to it that none are given back twice. */
class FakeBudget implements AssemblyBudget {
  readonly #limit: number;
  taken = 0;
  peak = 0;

  constructor(limit = Number.POSITIVE_INFINITY) {
    this.#limit = limit;
  }

  take(bytes: number): boolean {
    expect(bytes).toBeGreaterThanOrEqual(0);
    if (this.taken + bytes > this.#limit) return false;
    this.taken += bytes;
    this.peak = Math.max(this.peak, this.taken);
    return true;
  }

  give(bytes: number): void {
    this.taken -= bytes;
    expect(this.taken).toBeGreaterThanOrEqual(0);
  }
}

function start(budget = new FakeBudget(), maxBytes = MAX_BYTES) {
  const reader = new MessageReader(maxBytes, budget);
  const messages: (Buffer | undefined)[] = [];
  return {
    reader,
    budget,
    messages,
    /** Each part stands between others in its own buffer, which is spoilt after it was read. */
    read(...parts: readonly Uint8Array[]) {
      for (const part of parts) {
        const bytes = Buffer.concat([Buffer.from('\xff'), part, Buffer.from('\xff')]);
        reader.read(bytes, 2, 2 + part.length, (message) => void messages.push(message));
        bytes.fill(0xee);
      }
    },
  };
}

function framed(message: Uint8Array, flag = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

function announced(length: number, flag = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(length, 1);
  return prefix;
}

const bytewise = (bytes: Uint8Array) => Array.from(bytes, (byte) => Buffer.of(byte));

/** Bytes cut at places that are given in any order. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length];
  ends.sort((a, b) => a - b);
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

const someMessage = fc.oneof(
  fc.uint8Array({ maxLength: 30 }),
  fc.integer({ min: FIRST_BYTES - 1, max: 3 * FIRST_BYTES }).map((size) => Buffer.alloc(size, 7)),
);
const somePlaces = fc.array(fc.nat(100_000), { maxLength: 20 });

describe('MessageReader', () => {
  it('reads a message wherever it is cut', () => {
    const bytes = framed(Buffer.from('a message'));
    for (let place = 0; place <= bytes.length; place++) {
      const { read, messages, reader } = start();
      read(bytes.subarray(0, place));
      expect(reader.isPartial, `cut at ${place}`).toBe(place > 0 && place < bytes.length);
      read(bytes.subarray(place));
      expect(messages.map(String)).toEqual(['a message']);
      expect([reader.messages, reader.isPartial]).toEqual([1, false]);
    }
  });

  it('reads several, byte by byte', () => {
    const { read, messages, reader } = start();
    read(...bytewise(Buffer.concat(['a', '', 'bc', ''].map((text) => framed(Buffer.from(text))))));
    expect(messages.map(String)).toEqual(['a', '', 'bc', '']);
    expect(reader.messages).toBe(4);
  });

  it('reads any number of messages however they are cut, and keeps nothing', () => {
    fc.assert(
      fc.property(fc.array(someMessage, { maxLength: 5 }), somePlaces, (expected, places) => {
        const { read, messages, reader, budget } = start();
        read(...cut(Buffer.concat(expected.map((message) => framed(message))), places));
        expect(messages.length).toBe(expected.length);
        expected.forEach((message, i) => {
          expect(messages[i]?.equals(message), `message ${i}`).toBe(true);
        });
        expect(reader).toMatchObject({ messages: expected.length, isPartial: false });
        expect(budget.taken).toBe(0);
      }),
    );
  });

  it('tells of an empty one as soon as its prefix is there', () => {
    const { read, messages } = start();
    read(...bytewise(announced(0)));
    expect(messages).toEqual([Buffer.alloc(0)]);
  });

  it('knows what is announced while it is under way', () => {
    const { read, reader } = start();
    const seen = bytewise(framed(Buffer.from('abc'))).map((part) => {
      read(part);
      return reader.announcedBytes;
    });
    expect(seen).toEqual([0, 0, 0, 0, 3, 3, 3, 0]);
  });

  it('knows what is announced of one that it will not keep', () => {
    const { read, reader } = start(new FakeBudget(0));
    read(announced(2 ** 32 - 1));
    expect(reader.announcedBytes).toBe(2 ** 32 - 1);
    expect(start().reader.announcedBytes).toBe(0);
  });
});

describe('a message that is compressed', () => {
  it.each([1, 2, 128, 255])('is none that is read: flag %i', (flag) => {
    const { read, messages, reader, budget } = start();
    read(framed(Buffer.from('first')), ...bytewise(framed(Buffer.from('second'), flag)));
    expect(reader.isCompressed).toBe(true);
    expect(messages.filter((message) => message !== undefined).map(String)).toEqual(['first']);
    expect(budget.taken).toBe(0);
  });

  it('is the last one that is looked at', () => {
    const { read, messages, reader, budget } = start();
    read(Buffer.concat([framed(Buffer.from('x'), 1), framed(Buffer.from('y'))]));
    read(framed(Buffer.from('z')));
    expect(messages.filter((message) => message !== undefined)).toEqual([]);
    expect(reader.isCompressed).toBe(true);
    expect(budget.peak).toBe(0);
  });

  it('is told from others', () => {
    const { read, reader } = start();
    read(framed(Buffer.from('x')));
    expect(reader.isCompressed).toBe(false);
  });
});

describe('a message that is too large', () => {
  it('is counted and thrown away, however it is cut', () => {
    const bytes = Buffer.concat([framed(Buffer.alloc(MAX_BYTES + 1)), framed(Buffer.from('x'))]);
    fc.assert(
      fc.property(somePlaces, (places) => {
        const { read, messages, reader, budget } = start();
        read(...cut(bytes, places));
        expect(messages).toEqual([undefined, Buffer.from('x')]);
        expect(reader.messages).toBe(2);
        expect([budget.taken, budget.peak]).toEqual([0, 1]);
      }),
    );
  });

  it('has one byte more than the largest', () => {
    const { read, messages } = start();
    read(framed(Buffer.alloc(MAX_BYTES)));
    expect(messages[0]).toHaveLength(MAX_BYTES);
  });

  it('may be 4 GiB long and never come', () => {
    const { read, messages, reader, budget } = start();
    read(announced(2 ** 32 - 1), Buffer.alloc(100_000));
    expect(messages).toEqual([]);
    expect(reader).toMatchObject({ isPartial: true, messages: 0 });
    expect(budget.peak).toBe(0);
  });
});

describe('the memory that is taken', () => {
  it('grows as bytes come, and not as they are announced', () => {
    const { read, budget } = start();
    read(announced(MAX_BYTES));
    expect(budget.taken).toBe(FIRST_BYTES);
    read(Buffer.alloc(FIRST_BYTES));
    expect(budget.taken).toBe(FIRST_BYTES);
    read(Buffer.alloc(1));
    expect(budget.taken).toBe(2 * FIRST_BYTES);
    read(Buffer.alloc(MAX_BYTES - FIRST_BYTES - 2));
    expect(budget.taken).toBe(MAX_BYTES - 1);
    read(Buffer.alloc(1));
    expect(budget.taken).toBe(0);
  });

  it('is no more than the message, and at most twice what has come', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: MAX_BYTES }), somePlaces, (length, places) => {
        const { read, budget } = start();
        let came = 0;
        for (const part of cut(Buffer.alloc(length - 1), places)) {
          read(came === 0 ? Buffer.concat([announced(length), part]) : part);
          came += part.length;
          if (came === 0) return;
          expect(budget.taken).toBeGreaterThanOrEqual(came);
          expect(budget.taken).toBeLessThanOrEqual(
            Math.min(length, Math.max(FIRST_BYTES, 2 * came)),
          );
        }
      }),
    );
  });

  it('is given back when the reader is dropped in the middle, once', () => {
    const { read, reader, budget } = start();
    read(framed(Buffer.from('whole')), announced(10_000), Buffer.alloc(6_000));
    expect(budget.taken).toBeGreaterThan(0);
    reader.drop();
    reader.drop();
    expect(budget.taken).toBe(0);
  });

  it('is not taken at all by a reader that has read nothing', () => {
    const { reader, budget } = start();
    reader.drop();
    expect([budget.taken, budget.peak]).toEqual([0, 0]);
  });

  it.each([
    ['at its beginning', 0],
    ['as it grows', FIRST_BYTES],
    ['as it grows once more', 2 * FIRST_BYTES],
    ['for its last byte', 9_999],
  ])('costs a message that finds no room %s its content, and nothing else', (_, limit) => {
    const { read, messages, reader, budget } = start(new FakeBudget(limit));
    const bytes = framed(Buffer.alloc(10_000, 1));
    read(bytes.subarray(0, 3_000), bytes.subarray(3_000, 7_000), bytes.subarray(7_000));
    expect(messages).toEqual([undefined]);
    expect(budget.taken).toBe(0);
    read(announced(0));
    expect([messages.length, reader.messages]).toEqual([2, 2]);
  });

  it('is all given back, whatever came and whatever there was room for', () => {
    const someFrame = fc.record({ message: someMessage, flag: fc.constantFrom(0, 0, 0, 1) });
    const limit = fc.constantFrom(0, 10, FIRST_BYTES, 2 * FIRST_BYTES, Number.POSITIVE_INFINITY);
    fc.assert(
      fc.property(
        fc.array(someFrame, { maxLength: 4 }),
        somePlaces,
        fc.nat(40_000),
        limit,
        (frames, places, end, room) => {
          const { read, reader, budget, messages } = start(new FakeBudget(room), 9_000);
          const all = Buffer.concat(frames.map(({ message, flag }) => framed(message, flag)));
          read(...cut(all.subarray(0, end), places));
          expect(reader.messages).toBe(messages.length);
          messages.forEach((message, i) => {
            const { message: expected } = frames[i] as (typeof frames)[number];
            if (message !== undefined) expect(message.equals(expected)).toBe(true);
          });
          reader.drop();
          expect(budget.taken).toBe(0);
        },
      ),
    );
  });
});
