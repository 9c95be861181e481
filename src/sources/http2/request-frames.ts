import { ErrorCode, Flag, INITIAL_WINDOW, PRIORITY_BYTES, readUint31 } from './frame.ts';
import type { FrameWriter } from './frame-writer.ts';
import { HeaderBlock } from './header-block.ts';
import type { Requests, RequestsHost, RequestsOwner } from './requests.ts';

/** DATA that the peer may send before we have read any: several hundred Checks. */
const RECEIVE_WINDOW = 1024 * 1024;

/**
 * The frames that requests are made of: takes off padding and priority, puts header blocks together,
 * and keeps the connection's window open. All members say whether more is to be read.
 */
export class RequestFrames {
  readonly #host: RequestsHost;
  readonly #owner: RequestsOwner;
  readonly #requests: Requests;
  readonly #writer: FrameWriter;
  readonly #block = new HeaderBlock();
  #window = RECEIVE_WINDOW;

  constructor(host: RequestsHost, owner: RequestsOwner, requests: Requests, writer: FrameWriter) {
    this.#host = host;
    this.#owner = owner;
    this.#requests = requests;
    this.#writer = writer;
  }

  /** What is to be sent first: the window is as large as it is from the beginning. */
  open(): void {
    this.#writer.windowUpdate(0, RECEIVE_WINDOW - INITIAL_WINDOW);
  }

  /** The stream of which alone, and of which only CONTINUATION, may come; 0 = any frame may. */
  get openBlock(): number {
    return this.#block.stream;
  }

  /** When the block began that is not complete, in ms; infinite when there is none. */
  get blockBegunAt(): number {
    return this.#block.begunAt;
  }

  data(flags: number, id: number, bytes: Buffer, start: number, stop: number): boolean {
    const length = stop - start;
    this.#window -= length;
    if (this.#window < 0) {
      return this.#owner.fail(ErrorCode.FLOW_CONTROL_ERROR, 'flow_control_error');
    }
    if (this.#window < RECEIVE_WINDOW / 2) {
      this.#writer.windowUpdate(0, RECEIVE_WINDOW - this.#window);
      this.#window = RECEIVE_WINDOW;
    }
    const from = (flags & Flag.PADDED) === 0 ? start : start + 1;
    const to = endOfContent(flags, bytes, start, stop);
    if (id === 0 || to < from) return this.#protocolError();
    const endsStream = (flags & Flag.END_STREAM) !== 0;
    if (from === to && !endsStream && !this.#owner.control()) return false;
    return this.#requests.data(id, endsStream, length, bytes, from, to);
  }

  headers(flags: number, id: number, bytes: Buffer, start: number, stop: number): boolean {
    let from = (flags & Flag.PADDED) === 0 ? start : start + 1;
    const to = endOfContent(flags, bytes, start, stop);
    const hasPriority = (flags & Flag.PRIORITY) !== 0;
    const least = hasPriority ? PRIORITY_BYTES : 0;
    if (id === 0 || to - from < least) return this.#protocolError();
    // RFC 9113 has us ignore priority; a stream that depends on itself was malformed in RFC 7540.
    const isSelfDependent = hasPriority && readUint31(bytes, from) === id;
    from += least;
    const endsStream = (flags & Flag.END_STREAM) !== 0;
    if ((flags & Flag.END_HEADERS) === 0) {
      const fragment = bytes.subarray(from, to);
      this.#block.begin(id, endsStream, isSelfDependent, fragment, this.#host.now);
      return true;
    }
    return this.#requests.headers(id, endsStream, isSelfDependent, bytes, from, to);
  }

  continuation(flags: number, bytes: Buffer, start: number, stop: number): boolean {
    const block = this.#block;
    if (!block.add(bytes.subarray(start, stop))) {
      return this.#owner.fail(ErrorCode.ENHANCE_YOUR_CALM, 'header_block_too_large');
    }
    if ((flags & Flag.END_HEADERS) === 0) return true;
    const { stream, endsStream, isSelfDependent } = block;
    const whole = block.take();
    return this.#requests.headers(stream, endsStream, isSelfDependent, whole, 0, whole.length);
  }

  #protocolError(): false {
    return this.#owner.fail(ErrorCode.PROTOCOL_ERROR, 'protocol_error');
  }
}

/** Where padding begins; before `start` when there is more of it than there is room (section 6.1). */
function endOfContent(flags: number, bytes: Uint8Array, start: number, stop: number): number {
  if ((flags & Flag.PADDED) === 0) return stop;
  return stop > start ? stop - (bytes[start] as number) : -1;
}
