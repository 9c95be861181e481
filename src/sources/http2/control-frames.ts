import { ErrorCode, Flag, MAX_INT31, PRIORITY_BYTES, readUint31 } from './frame.ts';
import { type FrameWriter, PING_BYTES } from './frame-writer.ts';
import type { Refusal } from './meter.ts';
import { PeerSettings } from './peer-settings.ts';
import type { Requests } from './requests.ts';
import type { SendQueue } from './send-queue.ts';

export interface ControlOwner {
  /** Ends the connection. Always false: nothing more is read. */
  fail(code: ErrorCode, refusal: Refusal): false;
  /** The ACK of our SETTINGS has come. */
  greeted(): void;
  /** A frame makes as much work as `cost` others. False: the peer has made too much. */
  control(cost: number): boolean;
  /** One of our PINGs has come back. */
  pingAnswered(data: Uint8Array): void;
}

/** The frames that are about the connection. All members say whether more is to be read. */
export class ControlFrames {
  readonly peer = new PeerSettings();
  settingsSeen = false;
  readonly #owner: ControlOwner;
  readonly #requests: Requests;
  readonly #queue: SendQueue;
  readonly #writer: FrameWriter;

  constructor(owner: ControlOwner, requests: Requests, queue: SendQueue, writer: FrameWriter) {
    this.#owner = owner;
    this.#requests = requests;
    this.#queue = queue;
    this.#writer = writer;
  }

  windowUpdate(id: number, bytes: Buffer, start: number, stop: number): boolean {
    if (stop - start !== 4) return this.#fail(ErrorCode.FRAME_SIZE_ERROR);
    const increment = readUint31(bytes, start);
    if (id === 0) {
      if (increment === 0) return this.#fail(ErrorCode.PROTOCOL_ERROR);
      if (!this.#queue.widen(increment)) return this.#fail(ErrorCode.FLOW_CONTROL_ERROR);
    } else {
      const stream = this.#requests.streams.get(id);
      if (stream === undefined) {
        return id <= this.#requests.lastId || this.#fail(ErrorCode.PROTOCOL_ERROR);
      }
      if (increment === 0) return this.#requests.reset(stream, ErrorCode.PROTOCOL_ERROR);
      stream.sendWindow += increment;
      if (stream.sendWindow > MAX_INT31) {
        return this.#requests.reset(stream, ErrorCode.FLOW_CONTROL_ERROR, 'flow_control_error');
      }
    }
    this.#queue.resume();
    return true;
  }

  settings(flags: number, id: number, bytes: Buffer, start: number, stop: number): boolean {
    if (id !== 0) return this.#fail(ErrorCode.PROTOCOL_ERROR);
    if ((flags & Flag.ACK) !== 0) {
      this.#owner.greeted();
      return start === stop || this.#fail(ErrorCode.FRAME_SIZE_ERROR);
    }
    this.settingsSeen = true;
    const before = this.peer.initialWindow;
    const code = this.peer.read(bytes, start, stop);
    if (code !== ErrorCode.NO_ERROR) return this.#fail(code);
    const change = this.peer.initialWindow - before;
    if (change !== 0) {
      if (!this.#owner.control(this.#requests.streams.size)) return false;
      // Section 6.9.2: of streams that are open too, and it may well become negative.
      if (!this.#requests.shiftWindows(change)) return this.#fail(ErrorCode.FLOW_CONTROL_ERROR);
    }
    this.#writer.settingsAck();
    this.#queue.resume();
    return true;
  }

  ping(flags: number, id: number, bytes: Buffer, start: number, stop: number): boolean {
    if (id !== 0) return this.#fail(ErrorCode.PROTOCOL_ERROR);
    if (stop - start !== PING_BYTES) return this.#fail(ErrorCode.FRAME_SIZE_ERROR);
    const data = bytes.subarray(start, stop);
    if ((flags & Flag.ACK) === 0) this.#writer.ping(Flag.ACK, data);
    else this.#owner.pingAnswered(data);
    return true;
  }

  /** RFC 9113, section 5.3.2: nothing but its form is looked at. */
  priority(id: number, bytes: Buffer, start: number, stop: number): boolean {
    if (id === 0) return this.#fail(ErrorCode.PROTOCOL_ERROR);
    const isSized = stop - start === PRIORITY_BYTES;
    if (isSized && readUint31(bytes, start) !== id) return true;
    const code = isSized ? ErrorCode.PROTOCOL_ERROR : ErrorCode.FRAME_SIZE_ERROR;
    const stream = this.#requests.streams.get(id);
    // RST_STREAM must not be sent of a stream that is idle (section 6.4).
    if (stream === undefined) return this.#fail(code);
    return this.#requests.reset(stream, code);
  }

  goAway(id: number, length: number): boolean {
    if (id !== 0) return this.#fail(ErrorCode.PROTOCOL_ERROR);
    return length >= 8 || this.#fail(ErrorCode.FRAME_SIZE_ERROR);
  }

  #fail(code: ErrorCode): false {
    return this.#owner.fail(code, refusalOf(code));
  }
}

function refusalOf(code: ErrorCode): Refusal {
  if (code === ErrorCode.FRAME_SIZE_ERROR) return 'frame_size_error';
  return code === ErrorCode.FLOW_CONTROL_ERROR ? 'flow_control_error' : 'protocol_error';
}
