import fc from 'fast-check';
import { frameEdit } from './frame-edits.ts';
import { type Session, sessions } from './sessions.ts';

type ByteEdit = (bytes: Buffer) => Buffer;

const position = fc.nat(2 ** 16);
const bit = fc.nat(7);

const byteEdit: fc.Arbitrary<ByteEdit> = fc.oneof<fc.Arbitrary<ByteEdit>[]>(
  fc.tuple(position, bit).map(([at, which]): ByteEdit => {
    return (bytes) => {
      if (bytes.length === 0) return bytes;
      const copy = Buffer.from(bytes);
      const index = at % copy.length;
      copy[index] = (copy[index] as number) ^ (1 << which);
      return copy;
    };
  }),
  fc.tuple(position, position, fc.nat(40)).map(([at, from, count]): ByteEdit => {
    return (bytes) => {
      const start = at % (bytes.length + 1);
      const source = from % (bytes.length + 1);
      const piece = bytes.subarray(source, source + count);
      return Buffer.concat([bytes.subarray(0, start), piece, bytes.subarray(start)]);
    };
  }),
  fc.tuple(position, fc.nat(20)).map(([at, count]): ByteEdit => {
    return (bytes) => {
      const start = at % (bytes.length + 1);
      return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + count)]);
    };
  }),
  position.map(
    (at): ByteEdit =>
      (bytes) =>
        bytes.subarray(0, at % (bytes.length + 1)),
  ),
);

const session: fc.Arbitrary<Session> = fc.oneof(
  ...[...sessions.values()].map((frames) => ({
    // Long ones cost as much as many that are short.
    weight: Buffer.concat(frames).length > 10_000 ? 1 : 8,
    arbitrary: fc.constant(frames),
  })),
);

/** What a client sends: an honest session with a few changes, of frames mostly. */
export const hostileInput: fc.Arbitrary<Buffer> = fc
  .tuple(
    session,
    fc.array(frameEdit, { maxLength: 4 }),
    fc.oneof(
      { weight: 4, arbitrary: fc.constant([] as ByteEdit[]) },
      { weight: 1, arbitrary: fc.array(byteEdit, { maxLength: 2 }) },
    ),
  )
  .map(([frames, frameEdits, byteEdits]) => {
    const edited = frameEdits.reduce((all, edit) => edit(all), [...frames]);
    return byteEdits.reduce<Buffer>((bytes, edit) => edit(bytes), Buffer.concat(edited));
  });
