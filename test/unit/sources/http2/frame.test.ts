import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressFrame,
  ErrorCode,
  Flag,
  FRAME_HEAD_BYTES,
  FrameType,
  readUint31,
  readUint32,
  Setting,
  writeFrameHead,
  writeUint32,
} from '../../../../src/sources/http2/frame.ts';
import { frame, parseFrames } from './frames.ts';

const GUARD = 0xa5;
const uint32 = fc.nat(0xffff_ffff);

/** What `write` puts at 3 into bytes that are not its own. */
function written(length: number, write: (target: Buffer, at: number) => number): Buffer {
  const target = Buffer.alloc(length + 6, GUARD);
  expect(write(target, 3)).toBe(3 + length);
  expect([...target.subarray(0, 3), ...target.subarray(3 + length)]).toEqual(
    new Array(6).fill(GUARD),
  );
  return target.subarray(3, 3 + length);
}

describe('writeFrameHead', () => {
  it.each([
    [0, FrameType.SETTINGS, Flag.ACK, 0, '000000 04 01 00000000'],
    [1, FrameType.DATA, 0, 1, '000001 00 00 00000001'],
    [255, FrameType.HEADERS, 0x2d, 3, '0000ff 01 2d 00000003'],
    [256, FrameType.CONTINUATION, Flag.END_HEADERS, 0x1234_5678, '000100 09 04 12345678'],
    [16_384, FrameType.DATA, Flag.END_STREAM, 2 ** 31 - 1, '004000 00 01 7fffffff'],
    [2 ** 24 - 1, 0xff, 0xff, 2 ** 31 - 1, 'ffffff ff ff 7fffffff'],
  ])(
    'writes %i bytes of type %i with flags %i of stream %i as %s',
    (length, type, flags, id, hex) => {
      const head = written(FRAME_HEAD_BYTES, (target, at) =>
        writeFrameHead(target, at, length, type, flags, id),
      );
      expect(head.toString('hex')).toBe(hex.replaceAll(' ', ''));
    },
  );
});

describe('addressFrame', () => {
  it('puts the id of a stream into one frame, and changes nothing else', () => {
    const kept = Buffer.concat([frame(1, 4, 0, 'abc'), frame(0, 0, 0, 'data'), frame(1, 5, 0)]);
    const bytes = Buffer.from(kept);
    expect(addressFrame(bytes, 12, 2 ** 31 - 1)).toBe(21);
    expect(parseFrames(bytes).map(({ stream }) => stream)).toEqual([0, 2 ** 31 - 1, 0]);
    addressFrame(bytes, 12, 0);
    expect(bytes).toEqual(kept);
  });
});

describe('32 bits', () => {
  it('are written as node writes them', () => {
    fc.assert(
      fc.property(uint32, (value) => {
        const bytes = written(4, (target, at) => writeUint32(target, at, value));
        expect(bytes.readUInt32BE()).toBe(value);
      }),
    );
  });

  it('are read as node reads them, and 31 without the first', () => {
    fc.assert(
      fc.property(uint32, fc.nat(5), (value, at) => {
        const bytes = Buffer.alloc(9, GUARD);
        bytes.writeUInt32BE(value, at);
        expect(readUint32(bytes, at)).toBe(value);
        expect(readUint31(bytes, at)).toBe(value % 2 ** 31);
      }),
    );
  });

  it.each([
    ['00000000', 0, 0],
    ['7fffffff', 2 ** 31 - 1, 2 ** 31 - 1],
    ['80000000', 2 ** 31, 0],
    ['ffffffff', 2 ** 32 - 1, 2 ** 31 - 1],
  ])('%s is %i, and %i in 31 bits', (hex, all, without) => {
    expect(readUint32(Buffer.from(hex, 'hex'), 0)).toBe(all);
    expect(readUint31(Buffer.from(hex, 'hex'), 0)).toBe(without);
  });
});

describe('the numbers of RFC 9113', () => {
  it('are those of its registries', () => {
    expect(Object.keys(FrameType)).toEqual(
      'DATA HEADERS PRIORITY RST_STREAM SETTINGS PUSH_PROMISE PING GOAWAY WINDOW_UPDATE CONTINUATION'.split(
        ' ',
      ),
    );
    expect(Object.values(FrameType)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(Flag).toEqual({ END_STREAM: 1, ACK: 1, END_HEADERS: 4, PADDED: 8, PRIORITY: 32 });
    expect(ErrorCode).toMatchObject({
      NO_ERROR: 0,
      PROTOCOL_ERROR: 1,
      INTERNAL_ERROR: 2,
      FLOW_CONTROL_ERROR: 3,
      STREAM_CLOSED: 5,
      FRAME_SIZE_ERROR: 6,
      REFUSED_STREAM: 7,
      CANCEL: 8,
      COMPRESSION_ERROR: 9,
      ENHANCE_YOUR_CALM: 11,
    });
    expect(Setting).toMatchObject({
      ENABLE_PUSH: 2,
      MAX_CONCURRENT_STREAMS: 3,
      INITIAL_WINDOW_SIZE: 4,
      MAX_FRAME_SIZE: 5,
      MAX_HEADER_LIST_SIZE: 6,
    });
  });
});
