import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Output } from '../../../../src/sources/http2/output.ts';
import { FakeSocket } from './fake-socket.ts';
import { frame, parseFrames } from './frames.ts';

const LARGE = 200 * 1024;

function put(output: Output, text: string): number {
  const at = output.reserve(text.length);
  output.bytes.write(text, at, 'latin1');
  return at;
}

describe('Output', () => {
  it('gathers what is written, and sends it in one go', () => {
    const [output, peer] = [new Output(), new FakeSocket()];
    expect(put(output, 'abc')).toBe(0);
    expect(output.append(Buffer.from('de'))).toBe(3);
    expect(put(output, '')).toBe(5);
    expect(put(output, 'f')).toBe(5);
    expect(output.length).toBe(6);
    output.flush(peer.socket);
    expect(peer.written.map(String)).toEqual(['abcdef']);
    expect(output.length).toBe(0);
  });

  it('writes nothing when there is nothing', () => {
    const [output, peer] = [new Output(), new FakeSocket()];
    output.flush(peer.socket);
    put(output, 'a');
    output.flush(peer.socket);
    output.flush(peer.socket);
    expect(peer.written).toHaveLength(1);
  });

  it('keeps what was written when it grows', () => {
    const [output, peer] = [new Output(), new FakeSocket()];
    put(output, 'start');
    const before = output.bytes;
    put(output, 'x'.repeat(before.length));
    expect(output.bytes.length).toBeGreaterThan(before.length);
    put(output, 'end');
    output.flush(peer.socket);
    expect(String(peer.written[0])).toBe(`start${'x'.repeat(before.length)}end`);
  });

  it('makes room for more than twice what it has', () => {
    const output = new Output();
    put(output, 'a');
    const at = output.append(Buffer.alloc(10 * output.bytes.length, 'b'));
    expect(output.bytes.toString('latin1', 0, at + 1)).toBe('ab');
    expect(output.bytes.length).toBeGreaterThanOrEqual(output.length);
  });

  it('puts the id of a stream into a frame, whether it has room for it or not', () => {
    const [output, peer] = [new Output(), new FakeSocket()];
    const kept = frame(1, 5, 0, 'x'.repeat(90));
    for (let id = 1; id < 1_000; id++) output.appendFrame(kept, id);
    output.flush(peer.socket);
    const ids = parseFrames(peer.bytes).map(({ stream }) => stream);
    expect(ids).toEqual(Array.from({ length: 999 }, (_, i) => i + 1));
    expect(kept).toEqual(frame(1, 5, 0, 'x'.repeat(90)));
  });

  it('uses its bytes again when the socket has taken them', () => {
    const [output, peer] = [new Output(), new FakeSocket()];
    put(output, 'a');
    const { bytes } = output;
    output.flush(peer.socket);
    put(output, 'b');
    expect(output.bytes).toBe(bytes);
  });

  it('leaves its bytes to a socket that has not', () => {
    const [output, peer] = [new Output(), new FakeSocket()];
    peer.takes = false;
    for (const text of ['a', 'b', 'c']) {
      put(output, text);
      output.flush(peer.socket);
    }
    expect(peer.written.map(String)).toEqual(['a', 'b', 'c']);
  });

  it('leaves its bytes to a socket that still has some of those before', () => {
    const [output, peer] = [new Output(), new FakeSocket()];
    peer.writableLength = 1;
    put(output, 'a');
    output.flush(peer.socket);
    put(output, 'b');
    expect(peer.written.map(String)).toEqual(['a']);
  });

  it('does not keep a large buffer for good', () => {
    const [output, peer] = [new Output(), new FakeSocket()];
    put(output, 'x'.repeat(LARGE));
    output.flush(peer.socket);
    put(output, 'a');
    expect(output.bytes.length).toBeLessThan(LARGE);
  });

  it('sends what was written in its order, whatever the socket takes', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 20 });
    const step = fc.oneof(
      { weight: 5, arbitrary: text },
      { weight: 1, arbitrary: fc.constant('x'.repeat(9_000)) },
      { weight: 2, arbitrary: fc.record({ takes: fc.boolean() }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const [output, peer] = [new Output(), new FakeSocket()];
        let expected = '';
        for (const action of steps) {
          if (typeof action === 'string') {
            expected += action;
            put(output, action);
          } else {
            peer.takes = action.takes;
            if (action.takes) peer.writableLength = 0;
            output.flush(peer.socket);
          }
        }
        output.flush(peer.socket);
        expect(peer.bytes.toString('latin1')).toBe(expected);
      }),
    );
  });
});
