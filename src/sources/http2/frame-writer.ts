import {
  type ErrorCode,
  Flag,
  FRAME_HEAD_BYTES,
  FrameType,
  writeFrameHead,
  writeUint32,
} from './frame.ts';
import type { Output } from './output.ts';

const SETTING_BYTES = 6;
export const PING_BYTES = 8;

/** Writes the frames that have no part in an answer. */
export class FrameWriter {
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
  }

  settings(settings: readonly (readonly [id: number, value: number])[]): void {
    let at = this.#frame(settings.length * SETTING_BYTES, FrameType.SETTINGS, 0, 0);
    for (const [id, value] of settings) {
      this.#output.bytes[at] = id >>> 8;
      this.#output.bytes[at + 1] = id;
      at = this.#uint32(at + 2, value);
    }
  }

  settingsAck(): void {
    this.#frame(0, FrameType.SETTINGS, Flag.ACK, 0);
  }

  /** `data`: PING_BYTES of them. */
  ping(flags: number, data: Uint8Array): void {
    const at = this.#frame(PING_BYTES, FrameType.PING, flags, 0);
    this.#output.bytes.set(data, at);
  }

  goAway(lastStream: number, code: ErrorCode): void {
    const at = this.#frame(8, FrameType.GOAWAY, 0, 0);
    this.#uint32(this.#uint32(at, lastStream), code);
  }

  resetStream(stream: number, code: ErrorCode): void {
    this.#uint32(this.#frame(4, FrameType.RST_STREAM, 0, stream), code);
  }

  /** `stream`: 0 = the connection. */
  windowUpdate(stream: number, increment: number): void {
    this.#uint32(this.#frame(4, FrameType.WINDOW_UPDATE, 0, stream), increment);
  }

  #frame(length: number, type: number, flags: number, stream: number): number {
    const at = this.#output.reserve(FRAME_HEAD_BYTES + length);
    return writeFrameHead(this.#output.bytes, at, length, type, flags, stream);
  }

  #uint32(at: number, value: number): number {
    return writeUint32(this.#output.bytes, at, value);
  }
}
