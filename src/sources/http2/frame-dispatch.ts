import type { ControlFrames } from './control-frames.ts';
import { ErrorCode, Flag, FrameType } from './frame.ts';
import type { FrameHandler } from './frame-reader.ts';
import type { Refusal } from './meter.ts';
import type { RequestFrames } from './request-frames.ts';
import type { Requests } from './requests.ts';
import type { Stream } from './stream.ts';

export interface DispatchOwner {
  /** Ends the connection. Always false: nothing more is read. */
  fail(code: ErrorCode, refusal: Refusal): false;
  /** A frame has come that carries no request. False when that was once too often. */
  control(): boolean;
  /** The peer has reset a stream that was not answered. False when that was once too often. */
  resetByPeer(stream: Stream): boolean;
}

/** Hands each frame to the part of the connection that it is for, if it may come now. */
export class FrameDispatch implements FrameHandler {
  readonly #owner: DispatchOwner;
  readonly #requests: Requests;
  readonly #frames: RequestFrames;
  readonly #controls: ControlFrames;

  constructor(
    owner: DispatchOwner,
    requests: Requests,
    frames: RequestFrames,
    controls: ControlFrames,
  ) {
    this.#owner = owner;
    this.#requests = requests;
    this.#frames = frames;
    this.#controls = controls;
  }

  frame(
    type: number,
    flags: number,
    id: number,
    bytes: Buffer,
    start: number,
    stop: number,
  ): boolean {
    if (!this.#isAllowed(type, flags, id)) return this.#protocolError();
    switch (type) {
      case FrameType.DATA:
        return this.#frames.data(flags, id, bytes, start, stop);
      case FrameType.HEADERS:
        return this.#frames.headers(flags, id, bytes, start, stop);
      case FrameType.CONTINUATION:
        return this.#frames.continuation(flags, bytes, start, stop);
      case FrameType.RST_STREAM:
        return this.#rstStream(id, stop - start);
      case FrameType.PUSH_PROMISE:
        return this.#protocolError();
    }
    if (!this.#owner.control()) return false;
    switch (type) {
      case FrameType.WINDOW_UPDATE:
        return this.#controls.windowUpdate(id, bytes, start, stop);
      case FrameType.SETTINGS:
        return this.#controls.settings(flags, id, bytes, start, stop);
      case FrameType.PING:
        return this.#controls.ping(flags, id, bytes, start, stop);
      case FrameType.PRIORITY:
        return this.#controls.priority(id, bytes, start, stop);
      case FrameType.GOAWAY:
        return this.#controls.goAway(id, stop - start);
      default:
        return true;
    }
  }

  frameTooLarge(): void {
    this.#frameSizeError();
  }

  /** SETTINGS come first, and nothing comes between the parts of a header block. */
  #isAllowed(type: number, flags: number, id: number): boolean {
    const block = this.#frames.openBlock;
    if (type === FrameType.CONTINUATION) return block !== 0 && block === id;
    if (block !== 0) return false;
    return this.#controls.settingsSeen || (type === FrameType.SETTINGS && (flags & Flag.ACK) === 0);
  }

  #rstStream(id: number, length: number): boolean {
    if (length !== 4) return this.#frameSizeError();
    if (id === 0 || id > this.#requests.lastId) return this.#protocolError();
    const stream = this.#requests.streams.get(id);
    // Of a stream that is closed: it has crossed our last frame.
    if (stream === undefined) return this.#owner.control();
    this.#requests.cancel(stream);
    return stream.localEnded || this.#owner.resetByPeer(stream);
  }

  #protocolError(): false {
    return this.#owner.fail(ErrorCode.PROTOCOL_ERROR, 'protocol_error');
  }

  #frameSizeError(): false {
    return this.#owner.fail(ErrorCode.FRAME_SIZE_ERROR, 'frame_size_error');
  }
}
