import fc from 'fast-check';
import { HEAD_BYTES, PADDED, PREFACE, Type } from './frames.ts';
import { hostileFields, hostileFrames } from './hostile-frames.ts';
import { sessions } from './sessions.ts';

/** Changes frames; the preface is one of them. */
export type FrameEdit = (frames: Buffer[]) => Buffer[];

const position = fc.nat(2 ** 16);
const bit = fc.nat(7);

function frameIndex(frames: readonly Buffer[], at: number): number {
  return at % frames.length;
}

/** Puts another frame in the place of one, or several. */
function replace(at: number, by: (frame: Buffer, all: readonly Buffer[]) => Buffer[]): FrameEdit {
  return (frames) => {
    if (frames.length === 0) return frames;
    const index = frameIndex(frames, at);
    return frames.toSpliced(index, 1, ...by(frames[index] as Buffer, frames));
  };
}

/** The next frame from there on that is of the type, if there is one. */
function replaceOf(type: number, at: number, by: (frame: Buffer) => Buffer[]): FrameEdit {
  return (frames) => {
    for (let i = 0; i < frames.length; i++) {
      const index = frameIndex(frames, at + i);
      const bytes = frames[index] as Buffer;
      if (index > 0 && bytes.length >= HEAD_BYTES && bytes[3] === type) {
        return frames.toSpliced(index, 1, ...by(bytes));
      }
    }
    return frames;
  };
}

function changed(bytes: Buffer, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes);
  if (copy.length >= HEAD_BYTES) change(copy);
  return copy;
}

/** The same head, but for the length, before another payload. */
function withPayload(bytes: Buffer, payload: Buffer): Buffer {
  const head = Buffer.from(bytes.subarray(0, HEAD_BYTES));
  head.writeUIntBE(payload.length, 0, 3);
  return Buffer.concat([head, payload]);
}

const idsOf = (frames: readonly Buffer[]): readonly number[] => {
  const ids = frames
    .filter((bytes) => bytes.length >= HEAD_BYTES && !bytes.equals(PREFACE))
    .map((bytes) => bytes.readUInt32BE(5) & 0x7fff_ffff);
  const last = Math.max(0, ...ids);
  return [...ids, last + 1, last + 2, 0, 2, 2 ** 31 - 1];
};

const move: fc.Arbitrary<FrameEdit> = fc.tuple(position, position, fc.boolean()).map(
  ([from, to, stays]): FrameEdit =>
    (frames) => {
      if (frames.length === 0) return frames;
      const moved = frames[frameIndex(frames, from)] as Buffer;
      const rest = stays ? frames : frames.toSpliced(frameIndex(frames, from), 1);
      return rest.toSpliced(to % (rest.length + 1), 0, moved);
    },
);
const insert: fc.Arbitrary<FrameEdit> = fc
  .tuple(position, fc.constantFrom(...hostileFrames), position)
  .map(
    ([at, make, id]): FrameEdit =>
      (frames) => {
        const ids = idsOf(frames);
        const index = 1 + (at % Math.max(1, frames.length));
        return frames.toSpliced(index, 0, make(ids[id % ids.length] as number));
      },
  );
const spliceIn: fc.Arbitrary<FrameEdit> = fc
  .tuple(position, position, fc.constantFrom(...sessions.values()))
  .map(
    ([at, from, other]): FrameEdit =>
      (frames) => [
        ...frames.slice(0, at % (frames.length + 1)),
        ...other.slice(from % (other.length + 1)),
      ],
  );
const padFrame = (type: number): fc.Arbitrary<FrameEdit> =>
  fc.tuple(position, fc.nat(20)).map(([at, length]) =>
    replaceOf(type, at, (bytes) => {
      if (((bytes[4] as number) & PADDED) !== 0) return [bytes];
      const content = bytes.subarray(HEAD_BYTES);
      const payload = Buffer.concat([Buffer.from([length]), content, Buffer.alloc(length)]);
      return [
        changed(withPayload(bytes, payload), (copy) =>
          copy.writeUInt8((copy[4] as number) | PADDED, 4),
        ),
      ];
    }),
  );
/** HEADERS become HEADERS and CONTINUATION, DATA becomes two; all flags but the last one's are lost. */
const splitFrame = (type: number, restType: number): fc.Arbitrary<FrameEdit> =>
  fc.tuple(position, position).map(([at, where]) =>
    replaceOf(type, at, (bytes) => {
      const content = bytes.subarray(HEAD_BYTES);
      const middle = where % (content.length + 1);
      const first = changed(withPayload(bytes, content.subarray(0, middle)), (copy) =>
        copy.writeUInt8(type === Type.HEADERS ? (copy[4] as number) & 0x1 : 0, 4),
      );
      const rest = changed(withPayload(bytes, content.subarray(middle)), (copy) => {
        copy[3] = restType;
        if (restType === Type.CONTINUATION) copy[4] = (copy[4] as number) & 0x4;
      });
      return [first, rest];
    }),
  );
const addField: fc.Arbitrary<FrameEdit> = fc
  .tuple(position, fc.constantFrom(...hostileFields), fc.boolean())
  .map(([at, field, isFirst]) =>
    replaceOf(Type.HEADERS, at, (bytes) => {
      const block = bytes.subarray(HEAD_BYTES);
      return [withPayload(bytes, Buffer.concat(isFirst ? [field, block] : [block, field]))];
    }),
  );

export const frameEdit: fc.Arbitrary<FrameEdit> = fc.oneof(
  { weight: 3, arbitrary: move },
  { weight: 8, arbitrary: insert },
  { weight: 2, arbitrary: spliceIn },
  { weight: 2, arbitrary: position.map((at) => replace(at, () => [])) },
  { weight: 1, arbitrary: padFrame(Type.DATA) },
  { weight: 1, arbitrary: padFrame(Type.HEADERS) },
  { weight: 1, arbitrary: splitFrame(Type.DATA, Type.DATA) },
  { weight: 1, arbitrary: splitFrame(Type.HEADERS, Type.CONTINUATION) },
  { weight: 4, arbitrary: addField },
  // Type, flags, stream, length, payload.
  { weight: 1, arbitrary: withHead((copy, value) => copy.writeUInt8(value % 11, 3)) },
  {
    weight: 2,
    arbitrary: withHead((copy, value) =>
      copy.writeUInt8((copy[4] as number) ^ (1 << (value % 8)), 4),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(position, position).map(([at, id]) =>
      replace(at, (bytes, all) => {
        const ids = idsOf(all);
        return [changed(bytes, (copy) => copy.writeUInt32BE(ids[id % ids.length] as number, 5))];
      }),
    ),
  },
  { weight: 1, arbitrary: withHead((copy, value) => copy.writeUIntBE(value, 0, 3)) },
  {
    weight: 2,
    arbitrary: fc.tuple(position, position).map(([at, length]) =>
      replace(at, (bytes) => {
        const payload = bytes.subarray(HEAD_BYTES);
        return [withPayload(bytes, payload.subarray(0, length % (payload.length + 1)))];
      }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(position, position, bit).map(([at, where, which]) =>
      replace(at, (bytes) => [
        changed(bytes, (copy) => {
          const index = HEAD_BYTES + (where % Math.max(1, copy.length - HEAD_BYTES));
          if (index < copy.length) copy[index] = (copy[index] as number) ^ (1 << which);
        }),
      ]),
    ),
  },
);

function withHead(change: (copy: Buffer, value: number) => void): fc.Arbitrary<FrameEdit> {
  return fc
    .tuple(position, position)
    .map(([at, value]) => replace(at, (bytes) => [changed(bytes, (copy) => change(copy, value))]));
}
