import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ErrorCode } from '../../../../src/sources/http2/frame.ts';
import { PeerSettings } from '../../../../src/sources/http2/peer-settings.ts';

type Entry = readonly [id: number, value: number];

const HEADER_TABLE_SIZE = 1;
const ENABLE_PUSH = 2;
const MAX_CONCURRENT_STREAMS = 3;
const INITIAL_WINDOW_SIZE = 4;
const MAX_FRAME_SIZE = 5;
const MAX_HEADER_LIST_SIZE = 6;
const MAX_UINT32 = 2 ** 32 - 1;

function payload(entries: readonly Entry[]): Buffer {
  const bytes = Buffer.alloc(6 * entries.length);
  entries.forEach(([id, value], i) => {
    bytes.writeUInt32BE(value, bytes.writeUInt16BE(id, 6 * i));
  });
  return bytes;
}

function read(bytes: Uint8Array, settings = new PeerSettings()) {
  const around = Buffer.concat([Buffer.alloc(3, 0xff), bytes, Buffer.alloc(3, 0xff)]);
  const code = settings.read(around, 3, 3 + bytes.length);
  return { code, window: settings.initialWindow };
}

describe('PeerSettings', () => {
  it('are those of RFC 9113 until others come', () => {
    expect(new PeerSettings().initialWindow).toBe(65_535);
    expect(read(payload([]))).toEqual({ code: ErrorCode.NO_ERROR, window: 65_535 });
  });

  it.each<[name: string, entry: Entry, code: keyof typeof ErrorCode]>([
    ['HEADER_TABLE_SIZE', [HEADER_TABLE_SIZE, 0], 'NO_ERROR'],
    ['HEADER_TABLE_SIZE', [HEADER_TABLE_SIZE, MAX_UINT32], 'NO_ERROR'],
    ['ENABLE_PUSH', [ENABLE_PUSH, 0], 'NO_ERROR'],
    ['ENABLE_PUSH', [ENABLE_PUSH, 1], 'NO_ERROR'],
    ['ENABLE_PUSH', [ENABLE_PUSH, 2], 'PROTOCOL_ERROR'],
    ['ENABLE_PUSH', [ENABLE_PUSH, MAX_UINT32], 'PROTOCOL_ERROR'],
    ['MAX_CONCURRENT_STREAMS', [MAX_CONCURRENT_STREAMS, 0], 'NO_ERROR'],
    ['MAX_CONCURRENT_STREAMS', [MAX_CONCURRENT_STREAMS, MAX_UINT32], 'NO_ERROR'],
    ['INITIAL_WINDOW_SIZE', [INITIAL_WINDOW_SIZE, 0], 'NO_ERROR'],
    ['INITIAL_WINDOW_SIZE', [INITIAL_WINDOW_SIZE, 2 ** 31 - 1], 'NO_ERROR'],
    ['INITIAL_WINDOW_SIZE', [INITIAL_WINDOW_SIZE, 2 ** 31], 'FLOW_CONTROL_ERROR'],
    ['INITIAL_WINDOW_SIZE', [INITIAL_WINDOW_SIZE, MAX_UINT32], 'FLOW_CONTROL_ERROR'],
    ['MAX_FRAME_SIZE', [MAX_FRAME_SIZE, 0], 'PROTOCOL_ERROR'],
    ['MAX_FRAME_SIZE', [MAX_FRAME_SIZE, 16_383], 'PROTOCOL_ERROR'],
    ['MAX_FRAME_SIZE', [MAX_FRAME_SIZE, 16_384], 'NO_ERROR'],
    ['MAX_FRAME_SIZE', [MAX_FRAME_SIZE, 16_777_215], 'NO_ERROR'],
    ['MAX_FRAME_SIZE', [MAX_FRAME_SIZE, 16_777_216], 'PROTOCOL_ERROR'],
    ['MAX_FRAME_SIZE', [MAX_FRAME_SIZE, MAX_UINT32], 'PROTOCOL_ERROR'],
    ['MAX_HEADER_LIST_SIZE', [MAX_HEADER_LIST_SIZE, 0], 'NO_ERROR'],
    ['what is unknown', [7, MAX_UINT32], 'NO_ERROR'],
    ['what is unknown', [0, MAX_UINT32], 'NO_ERROR'],
    ['what is unknown', [0x0204, MAX_UINT32], 'NO_ERROR'],
    ['what is unknown', [0xffff, 3], 'NO_ERROR'],
  ])('%s, as %j, is %s', (_, entry, code) => {
    expect(read(payload([entry])).code).toBe(ErrorCode[code]);
    expect(read(payload([[7, 1], entry, [8, 1]])).code).toBe(ErrorCode[code]);
  });

  it.each([1, 2, 3, 4, 5, 7, 11, 13, 100])('have no frame of %i bytes', (length) => {
    expect(read(Buffer.alloc(length))).toEqual({
      code: ErrorCode.FRAME_SIZE_ERROR,
      window: 65_535,
    });
  });

  it('have the last window that a frame names', () => {
    const entries: Entry[] = [
      [INITIAL_WINDOW_SIZE, 0],
      [ENABLE_PUSH, 0],
      [INITIAL_WINDOW_SIZE, 100],
    ];
    expect(read(payload(entries)).window).toBe(100);
  });

  it('keep what a later frame does not name', () => {
    const settings = new PeerSettings();
    read(payload([[INITIAL_WINDOW_SIZE, 0x0102_0304]]), settings);
    expect(read(payload([[ENABLE_PUSH, 0]]), settings).window).toBe(0x0102_0304);
    expect(read(payload([]), settings).window).toBe(0x0102_0304);
  });

  it('never have a window that none may be', () => {
    const entry = fc.tuple(fc.nat(8), fc.oneof(fc.nat(MAX_UINT32), fc.constant(2 ** 31)));
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 6 }), (entries) => {
        const { code, window } = read(payload(entries));
        expect(window).toBeLessThanOrEqual(2 ** 31 - 1);
        const last = entries.findLast(([id]) => id === INITIAL_WINDOW_SIZE);
        if (code === ErrorCode.NO_ERROR) expect(window).toBe(last?.[1] ?? 65_535);
      }),
    );
  });
});
