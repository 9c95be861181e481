import type { Socket } from 'node:net';
import { addressFrame } from './frame.ts';

const FIRST_BYTES = 8 * 1024;
const LARGEST_KEPT_BYTES = 128 * 1024;
const NOTHING = Buffer.alloc(0);

/**
 * What a connection has to say, gathered until the end of the turn, and then one write. The buffer is
 * used again unless the socket still needs it.
 */
export class Output {
  bytes = NOTHING;
  length = 0;

  /** Makes room for so many bytes, which are to be written at once; returns where they go. */
  reserve(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.bytes.length) this.#grow();
    return at;
  }

  /** Returns where they went. */
  append(frames: Uint8Array): number {
    const at = this.reserve(frames.length);
    this.bytes.set(frames, at);
    return at;
  }

  /** Bytes that are kept as characters. */
  appendText(frames: string): number {
    const at = this.reserve(frames.length);
    this.bytes.write(frames, at, 'latin1');
    return at;
  }

  /** A frame that is kept without the id of its stream. */
  appendFrame(frame: Uint8Array, stream: number): void {
    const at = this.append(frame); // it may put another buffer in the place of `bytes`
    addressFrame(this.bytes, at, stream);
  }

  flush(socket: Socket): void {
    if (this.length === 0) return;
    socket.write(this.bytes.subarray(0, this.length));
    this.length = 0;
    // The system mostly takes everything at once, and has then copied it.
    const isTaken = socket.writableLength === 0;
    if (!isTaken || this.bytes.length > LARGEST_KEPT_BYTES) this.bytes = NOTHING;
  }

  #grow(): void {
    const size = Math.max(this.length, 2 * this.bytes.length, FIRST_BYTES);
    const grown = Buffer.allocUnsafeSlow(size);
    grown.set(this.bytes);
    this.bytes = grown;
  }
}
