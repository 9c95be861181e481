import fc from 'fast-check';
import * as wire from '../support/wire.ts';

type Mutation = (bytes: Buffer) => Buffer;

const position = fc.nat(2 ** 20);
/** Bytes with a meaning: tags, lengths, the ends of numbers and of their ranges. */
const byte = fc.oneof(
  fc.constantFrom(0, 1, 0x0a, 0x0b, 0x0c, 0x0f, 0x10, 0x12, 0x1a, 0x22, 0x6a, 0x7f, 0x80, 0xff),
  fc.nat(0xff),
);
const piece = fc.oneof(
  fc.array(byte, { minLength: 1, maxLength: 8 }).map((values) => Buffer.from(values)),
  fc.constantFrom(wire.method('M'), wire.header('a', 'm'), wire.field(1, 'a'), wire.group(2)),
  fc.constantFrom(wire.headerMap(wire.raw('a', 'm')), wire.http(wire.method('M'))),
);

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(position, fc.nat(7)).map(([at, bit]) => change(at, (value) => value ^ (1 << bit))),
  fc.tuple(position, byte).map(([at, value]) => change(at, () => value)),
  fc.tuple(position, fc.constantFrom(-1, 1)).map(([at, by]) => change(at, (value) => value + by)),
  fc.tuple(position, piece).map(([at, inserted]) => splice(at, 0, () => inserted)),
  fc.tuple(position, fc.nat(8)).map(([at, count]) => splice(at, count, () => Buffer.alloc(0))),
  fc.tuple(position, fc.nat(40)).map(([at, count]) => splice(at, count, twice)),
  position.map(
    (at): Mutation =>
      (bytes) =>
        bytes.subarray(0, at % (bytes.length + 1)),
  ),
);

const twice: Mutation = (bytes) => Buffer.concat([bytes, bytes]);

function change(at: number, by: (value: number) => number): Mutation {
  return (bytes) => {
    if (bytes.length === 0) return bytes;
    const changed = Buffer.from(bytes);
    const index = at % bytes.length;
    changed[index] = by(changed[index] as number);
    return changed;
  };
}

function splice(at: number, count: number, by: Mutation): Mutation {
  return (bytes) => {
    const start = at % (bytes.length + 1);
    const end = Math.min(start + count, bytes.length);
    return Buffer.concat([
      bytes.subarray(0, start),
      by(bytes.subarray(start, end)),
      bytes.subarray(end),
    ]);
  };
}

/** The same bytes with a few changes. */
export function mutated(base: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  return fc
    .tuple(base, fc.array(mutation, { minLength: 1, maxLength: 4 }))
    .map(([bytes, mutations]) => mutations.reduce((changed, mutate) => mutate(changed), bytes));
}
