import {
  ErrorCode,
  INITIAL_WINDOW,
  MAX_FRAME_BYTES,
  MAX_INT31,
  readUint32,
  Setting,
} from './frame.ts';

const ENTRY_BYTES = 6;
const LARGEST_FRAME_SIZE = 0xff_ffff;

/** What the peer has set, as far as it concerns us (RFC 9113, section 6.5.2). */
export class PeerSettings {
  initialWindow = INITIAL_WINDOW;

  /**
   * Reads the payload of a SETTINGS frame. What is unknown, and what a server that pushes nothing and
   * compresses nothing has no use for, is checked and left.
   */
  read(bytes: Uint8Array, start: number, stop: number): ErrorCode {
    if ((stop - start) % ENTRY_BYTES !== 0) return ErrorCode.FRAME_SIZE_ERROR;
    for (let at = start; at < stop; at += ENTRY_BYTES) {
      const id = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
      const value = readUint32(bytes, at + 2);
      if (id === Setting.INITIAL_WINDOW_SIZE) {
        if (value > MAX_INT31) return ErrorCode.FLOW_CONTROL_ERROR;
        this.initialWindow = value;
      } else if (id === Setting.ENABLE_PUSH) {
        if (value > 1) return ErrorCode.PROTOCOL_ERROR;
      } else if (id === Setting.MAX_FRAME_SIZE) {
        if (value < MAX_FRAME_BYTES || value > LARGEST_FRAME_SIZE) return ErrorCode.PROTOCOL_ERROR;
      }
    }
    return ErrorCode.NO_ERROR;
  }
}
