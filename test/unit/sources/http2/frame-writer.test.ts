import { describe, expect, it } from 'vitest';
import { ErrorCode, Flag, FrameType, Setting } from '../../../../src/sources/http2/frame.ts';
import { FrameWriter, PING_BYTES } from '../../../../src/sources/http2/frame-writer.ts';
import { Output } from '../../../../src/sources/http2/output.ts';
import { FakeSocket } from './fake-socket.ts';
import { type Frame, parseFrames } from './frames.ts';

/** In hexadecimal, as the payload is. */
function written(
  write: (writer: FrameWriter) => void,
): (Omit<Frame, 'payload'> & { hex: string })[] {
  const [output, peer] = [new Output(), new FakeSocket()];
  write(new FrameWriter(output));
  output.flush(peer.socket);
  return parseFrames(peer.bytes).map(({ payload, ...frame }) => ({
    ...frame,
    hex: payload.toString('hex'),
  }));
}

describe('FrameWriter', () => {
  it.each<[what: string, write: (writer: FrameWriter) => void, frame: readonly unknown[]]>([
    ['no settings', (to) => to.settings([]), [FrameType.SETTINGS, 0, 0, '']],
    [
      'settings',
      (to) =>
        to.settings([
          [Setting.MAX_CONCURRENT_STREAMS, 250],
          [0x0102, 0xfffe_fdfc],
        ]),
      [FrameType.SETTINGS, 0, 0, '0003000000fa0102fffefdfc'],
    ],
    ['their ACK', (to) => to.settingsAck(), [FrameType.SETTINGS, Flag.ACK, 0, '']],
    [
      'a PING',
      (to) => to.ping(0, Buffer.from('01234567')),
      [FrameType.PING, 0, 0, '3031323334353637'],
    ],
    [
      'its ACK',
      (to) => to.ping(Flag.ACK, Buffer.alloc(PING_BYTES, 0xff)),
      [FrameType.PING, Flag.ACK, 0, 'ffffffffffffffff'],
    ],
    [
      'GOAWAY',
      (to) => to.goAway(2 ** 31 - 1, ErrorCode.ENHANCE_YOUR_CALM),
      [FrameType.GOAWAY, 0, 0, '7fffffff0000000b'],
    ],
    [
      'RST_STREAM',
      (to) => to.resetStream(0x0102_0305, ErrorCode.CANCEL),
      [FrameType.RST_STREAM, 0, 0x0102_0305, '00000008'],
    ],
    [
      'WINDOW_UPDATE of the connection',
      (to) => to.windowUpdate(0, 2 ** 31 - 1),
      [FrameType.WINDOW_UPDATE, 0, 0, '7fffffff'],
    ],
    [
      'WINDOW_UPDATE of a stream',
      (to) => to.windowUpdate(7, 1),
      [FrameType.WINDOW_UPDATE, 0, 7, '00000001'],
    ],
  ])('writes %s', (_, write, [type, flags, stream, hex]) => {
    expect(written(write)).toEqual([{ type, flags, stream, hex }]);
  });

  it('writes one frame after the other, as its output grows', () => {
    const frames = written((writer) => {
      for (let id = 1; id < 4_000; id += 2) {
        writer.resetStream(id, ErrorCode.CANCEL);
        writer.ping(Flag.ACK, Buffer.alloc(PING_BYTES, id));
      }
    });
    expect(frames).toHaveLength(4_000);
    const ids = Array.from({ length: 2_000 }, (_, i) => 2 * i + 1);
    expect(frames.map(({ stream }) => stream)).toEqual(ids.flatMap((id) => [id, 0]));
  });
});
