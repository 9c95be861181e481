import {
  Flag,
  FRAME_HEAD_BYTES,
  FrameType,
  INITIAL_WINDOW,
  MAX_FRAME_BYTES,
  MAX_INT31,
  writeFrameHead,
} from './frame.ts';
import type { Output } from './output.ts';
import type { Stream } from './stream.ts';

/** Pieces of streams that have closed are looked for once there are so many, and then twice what was left. */
const MIN_PRUNE_LENGTH = 256;

interface Piece {
  readonly stream: Stream;
  /** Payload of DATA. */
  readonly bytes: Uint8Array;
  sent: number;
  /** HEADERS that end the stream, after the payload. */
  readonly tail: Uint8Array | undefined;
  /** Whether the payload ends the stream. */
  readonly endsStream: boolean;
}

/**
 * Sends DATA as far as the peer's windows allow (RFC 9113, section 5.2), and keeps the rest. Of each
 * stream everything goes out in its order; a stream whose window is closed holds up no other.
 */
export class SendQueue {
  /** What the peer takes on the connection. */
  window = INITIAL_WINDOW;
  /** Of pieces that had to wait. */
  sentBytes = 0;
  readonly #output: Output;
  readonly #ended: (stream: Stream) => void;
  #pieces: Piece[] = [];
  #pruneAt = MIN_PRUNE_LENGTH;

  /** `ended` is told of a stream whose last frame has gone out. */
  constructor(output: Output, ended: (stream: Stream) => void) {
    this.#output = output;
    this.#ended = ended;
  }

  get isEmpty(): boolean {
    return this.#pieces.every(({ stream }) => stream.closed);
  }

  /** Payload of DATA, then perhaps `tail`; both may be left out. */
  push(
    stream: Stream,
    bytes: Uint8Array,
    { tail, endsStream = false }: { tail?: Uint8Array; endsStream?: boolean } = {},
  ): void {
    const piece: Piece = { stream, bytes, sent: 0, tail, endsStream };
    if (stream.queued === 0 && this.#send(piece)) return;
    stream.queued++;
    this.#pieces.push(piece);
    if (this.#pieces.length >= this.#pruneAt) this.#prune();
  }

  /** A peer that opens no window may go on to ask, and to cancel what it asked. */
  #prune(): void {
    this.#pieces = this.#pieces.filter(({ stream }) => !stream.closed);
    this.#pruneAt = Math.max(2 * this.#pieces.length, MIN_PRUNE_LENGTH);
  }

  /** False when it makes the window larger than any may be. */
  widen(increment: number): boolean {
    this.window += increment;
    return this.window <= MAX_INT31;
  }

  /** To be called when windows have opened. */
  resume(): void {
    if (this.#pieces.length === 0) return;
    const blocked = new Set<Stream>();
    this.#pieces = this.#pieces.filter((piece) => {
      const { stream } = piece;
      if (stream.closed) return false;
      if (blocked.has(stream) || !this.#send(piece)) {
        blocked.add(stream);
        return true;
      }
      stream.queued--;
      return false;
    });
  }

  /** False when some of it has to wait. */
  #send(piece: Piece): boolean {
    const { stream, bytes, tail } = piece;
    while (piece.sent < bytes.length) {
      const room = Math.min(this.window, stream.sendWindow, MAX_FRAME_BYTES);
      if (room <= 0) return false;
      const length = Math.min(room, bytes.length - piece.sent);
      const isLast = piece.endsStream && piece.sent + length === bytes.length;
      const { DATA } = FrameType;
      const at = this.#output.reserve(FRAME_HEAD_BYTES + length);
      const flags = isLast ? Flag.END_STREAM : 0;
      const start = writeFrameHead(this.#output.bytes, at, length, DATA, flags, stream.id);
      this.#output.bytes.set(bytes.subarray(piece.sent, piece.sent + length), start);
      piece.sent += length;
      this.window -= length;
      stream.sendWindow -= length;
      this.sentBytes += length;
    }
    if (tail !== undefined) this.#output.appendFrame(tail, stream.id);
    if (tail !== undefined || piece.endsStream) this.#ended(stream);
    return true;
  }
}
