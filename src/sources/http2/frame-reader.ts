import { FRAME_HEAD_BYTES, FrameType, MAX_FRAME_BYTES, readUint31 } from './frame.ts';

/** Told of frames as they come. The payload is [start, stop) of `bytes`, which are not used again. */
export interface FrameHandler {
  /** False: no more is wanted. */
  frame(
    type: number,
    flags: number,
    stream: number,
    bytes: Buffer,
    start: number,
    stop: number,
  ): boolean;
  /** A frame above MAX_FRAME_BYTES is announced; nothing is read from then on. */
  frameTooLarge(): void;
}

/** What every client has to say first (RFC 9113, section 3.4). */
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/**
 * Work that one connection may make in a turn, counted in bytes of header blocks: about half a
 * millisecond. A chunk of Envoy's Checks is a third of it. Who sends more waits for the next turn, and
 * not the others for him.
 */
const WORK_PER_TURN = 16 * 1024;
/** What a frame is counted as, besides. */
const WORK_PER_FRAME = 64;

/**
 * Cuts what a socket brings into frames, in place; only a frame that two chunks share is copied.
 *
 *     chunk    …tail of a frame│frame│frame│frame│head of a fra…
 *              ── goes to ─────┘                 └── starts the next held frame
 *                 the held frame
 */
export class FrameReader {
  readonly #handler: FrameHandler;
  #prefaceSeen = 0;
  readonly #head = Buffer.allocUnsafeSlow(FRAME_HEAD_BYTES);
  #headLength = 0;
  /** The frame that is incomplete: its head is complete then. */
  #held: Buffer | undefined;
  #heldLength = 0;
  /** Of the last chunk, what is left for later turns. */
  #unread: Buffer | undefined;
  #work = 0;
  #done = false;

  constructor(handler: FrameHandler) {
    this.#handler = handler;
  }

  get hasPreface(): boolean {
    return this.#prefaceSeen === PREFACE.length;
  }

  /** Whether `readOn` is to be called in the next turn, and nothing read before. */
  get isBehind(): boolean {
    return this.#unread !== undefined;
  }

  /** The next part of the chunk that was too much for one turn. */
  readOn(): boolean {
    const chunk = this.#unread;
    this.#unread = undefined;
    return chunk === undefined || this.read(chunk);
  }

  /** False when what came is no HTTP/2. */
  read(chunk: Buffer): boolean {
    if (this.#done) return true;
    let pos = 0;
    this.#work = 0;
    while (!this.hasPreface && pos < chunk.length) {
      if (chunk[pos++] !== PREFACE[this.#prefaceSeen++]) return false;
    }
    pos = this.#finishHeld(chunk, pos);
    while (!this.#done && chunk.length - pos >= FRAME_HEAD_BYTES) {
      if (this.#work >= WORK_PER_TURN) {
        this.#unread = chunk.subarray(pos);
        return true;
      }
      const length = this.#lengthOf(chunk, pos);
      if (this.#done) return true;
      const stop = pos + FRAME_HEAD_BYTES + length;
      if (stop > chunk.length) break;
      this.#pass(chunk, pos, stop);
      pos = stop;
    }
    if (!this.#done && pos < chunk.length) this.#hold(chunk, pos);
    return true;
  }

  /** Nothing is passed on from now on. */
  stop(): void {
    this.#done = true;
    this.#unread = undefined;
  }

  #pass(bytes: Buffer, at: number, stop: number): void {
    const type = bytes[at + 3] as number;
    const flags = bytes[at + 4] as number;
    const stream = readUint31(bytes, at + 5);
    this.#work += WORK_PER_FRAME;
    if (type === FrameType.HEADERS || type === FrameType.CONTINUATION) this.#work += stop - at;
    if (!this.#handler.frame(type, flags, stream, bytes, at + FRAME_HEAD_BYTES, stop)) this.stop();
  }

  #lengthOf(bytes: Uint8Array, at: number): number {
    const length =
      ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
    if (length > MAX_FRAME_BYTES) {
      this.stop();
      this.#handler.frameTooLarge();
    }
    return length;
  }

  /** Adds to the frame that is held; returns where its bytes end in the chunk. */
  #finishHeld(chunk: Buffer, from: number): number {
    let pos = from;
    if (this.#held === undefined) {
      if (this.#headLength === 0) return pos;
      pos = this.#holdHead(chunk, pos);
      if (this.#held === undefined) return pos;
    }
    const held = this.#held as Buffer;
    const taken = chunk.copy(held, this.#heldLength, pos);
    this.#heldLength += taken;
    if (this.#heldLength === held.length) {
      this.#held = undefined;
      this.#headLength = 0;
      this.#pass(held, 0, held.length);
    }
    return pos + taken;
  }

  #hold(chunk: Buffer, from: number): void {
    const pos = this.#holdHead(chunk, from);
    if (this.#held === undefined) return;
    this.#heldLength += chunk.copy(this.#held, this.#heldLength, pos);
  }

  #holdHead(chunk: Buffer, from: number): number {
    const taken = chunk.copy(this.#head, this.#headLength, from);
    this.#headLength += taken;
    if (this.#headLength === FRAME_HEAD_BYTES) {
      const length = this.#lengthOf(this.#head, 0);
      if (this.#done) return from + taken;
      this.#held = Buffer.allocUnsafe(FRAME_HEAD_BYTES + length);
      this.#heldLength = this.#head.copy(this.#held);
    }
    return from + taken;
  }
}
