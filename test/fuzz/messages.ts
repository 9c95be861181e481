import fc from 'fast-check';
import * as wire from '../support/wire.ts';

type Bytes = fc.Arbitrary<Buffer>;
type Weighted = fc.WeightedArbitrary<Buffer>;

const name: Bytes = fc
  .constantFrom('authorization', 'authorizatio', 'Authorization', 'a', 'aa', 'b', '', 'é', '\xff')
  .map((text) => Buffer.from(text, 'latin1'));
const text: Bytes = fc
  .constantFrom('', 'v', 'w', 'Bearer t', 'GET', '/p?q', '\x12\x01', '\xff', '\xe2\x82', 'é', 'v\0')
  .map((latin1) => Buffer.from(latin1, 'latin1'));
const long: Bytes = fc.integer({ min: 120, max: 300 }).map((length) => Buffer.alloc(length, 'x'));
const content: Bytes = choice([8, text], [1, long]);

/** Numbers of fields that are known somewhere, and of some that are not. */
const number = fc.constantFrom(1, 2, 3, 4, 5, 9, 10, 12, 13, 16, 500, 2 ** 29 - 1);
const depth = fc.constantFrom(1, 2, 3, 90, 94, 95, 96, 97, 98, 99, 100, 101, 103, 150);
const varint = fc.oneof(fc.nat(200), fc.constantFrom(2 ** 31, 2 ** 32, 2 ** 53 - 1));

const scalar: Bytes = choice(
  [2, fc.tuple(number, varint).map(([at, value]) => wire.number(at, value))],
  [1, number.map(wire.fixed32)],
  [1, number.map(wire.fixed64)],
);
const group: Bytes = choice(
  [2, fc.tuple(number, scalar, text).map(([at, a, b]) => wire.group(at, a, wire.field(at, b)))],
  [1, fc.tuple(number, number).map(([a, b]) => wire.group(a, wire.group(b), wire.group(a)))],
  [1, depth.map((levels) => wire.groups(levels))],
  [1, fc.tuple(depth, scalar).map(([levels, inner]) => wire.groups(levels, inner))],
);
/** A number in more bytes than it needs: at most ten of a varint, five of a tag or a length. */
const padded: Bytes = fc
  .tuple(number, fc.integer({ min: 1, max: 11 }), text)
  .chain(([at, size, it]) =>
    fc.constantFrom(
      wire.bytes(wire.tag(at, 0), pad(1, size)),
      wire.bytes(wire.tag(at, 2), pad(it.length, size), it),
      wire.bytes(pad(at * 8 + 2, size), wire.varint(it.length), it),
    ),
  );
/** The fifth byte of a tag or of a length has bits above the 32 that count. */
const overflowing: Bytes = fc
  .tuple(number, fc.integer({ min: 0x10, max: 0x7f }), text)
  .chain(([at, fifth, it]) =>
    fc.constantFrom(
      wire.bytes(overflow(at * 8 + 2, fifth), wire.varint(it.length), it),
      wire.bytes(wire.tag(at, 2), overflow(it.length, fifth), it),
    ),
  );
/** Field number 0. */
const zero: Bytes = fc.nat(7).map((wireType) => wire.bytes(wire.tag(0, wireType), wire.varint(0)));
const broken: Bytes = choice(
  [1, fc.tuple(number, number).map(([a, b]) => wire.bytes(wire.tag(a, 3), wire.tag(b, 4)))],
  [1, fc.tuple(number, fc.nat(7)).map(([at, wireType]) => wire.tag(at, wireType))],
  [1, zero],
  [1, fc.tuple(number, zero).map(([at, inner]) => wire.group(at, inner))],
  [
    1,
    fc.tuple(number, fc.nat(3)).map(([at, size]) => wire.bytes(wire.tag(at, 2), wire.varint(size))),
  ],
  [1, overflowing],
);

const junk: readonly Weighted[] = weighted(
  [3, scalar],
  [2, group],
  [2, padded],
  [1, fc.tuple(number, content).map(([at, it]) => wire.field(at, it))],
);

/** Fields of a message: mostly those it knows, sometimes others, rarely broken ones. */
function message(known: Bytes, maxLength: number): Bytes {
  const field = fc.oneof({ weight: 60, arbitrary: known }, ...junk, {
    weight: 1,
    arbitrary: broken,
  });
  return fc.array(field, { maxLength }).map((fields) => wire.bytes(...fields));
}

const inField = (at: number, inner: Bytes): Bytes => inner.map((it) => wire.field(at, it));

const entry = message(
  choice(
    [4, inField(1, name)],
    [4, inField(2, content)],
    [1, inField(3, choice([1, text], [1, fc.constant(Buffer.alloc(0))]))],
  ),
  4,
);
const headerMap = message(inField(1, entry), 4);
const http = message(
  choice(
    [1, inField(2, content)],
    [3, inField(3, entry)],
    [1, inField(4, content)],
    [1, inField(5, content)],
    [2, inField(13, headerMap)],
  ),
  8,
);
const request = message(inField(2, http), 2);
const attributes = message(choice([3, inField(4, request)], [1, inField(10, entry)]), 3);

/** CheckRequests that nobody would send, put together as the wire format has it. */
export const messages: Bytes = message(inField(1, attributes), 2);

function choice(...options: readonly (readonly [weight: number, arbitrary: Bytes])[]): Bytes {
  return fc.oneof(...weighted(...options));
}

function weighted(...options: readonly (readonly [number, Bytes])[]): readonly Weighted[] {
  return options.map(([weight, arbitrary]) => ({ weight, arbitrary }));
}

/** `value`, small, in `size` bytes if it needs no more. */
function pad(value: number, size: number): Buffer {
  const digits = wire.varint(value);
  if (size <= digits.length) return digits;
  const padding = Buffer.alloc(size - digits.length, 0x80);
  padding[padding.length - 1] = 0;
  const last = digits.length - 1;
  digits[last] = (digits[last] as number) | 0x80;
  return wire.bytes(digits, padding);
}

function overflow(value: number, fifth: number): Buffer {
  const digits = pad(value, 5);
  digits[4] = (digits[4] as number) | fifth;
  return digits;
}
