import { readUint32 } from './frame.ts';

/** Flag and length before every message (gRPC over HTTP/2, Length-Prefixed-Message). */
export const MESSAGE_PREFIX_BYTES = 5;

/** What messages are kept in while they come. */
export const BLOCK_BYTES = 4096;

/** Blocks for messages that have come in part, all together. */
export interface Blocks {
  /** Undefined when there is no room for another one. Its bytes are anything. */
  takeBlock(): Buffer | undefined;
  giveBlock(block: Buffer): void;
}

/** A whole message, or undefined for one that was not kept, of which all bytes have come. */
export type MessageSink = (message: Buffer | undefined) => void;

/**
 * Puts together messages that come in several frames. Bytes are copied, lest a frame of one byte
 * keeps a whole chunk of the socket alive, and memory grows as they come and not as announced. What
 * is larger than `maxKeptBytes`, or finds no room in the budget, is counted and thrown away.
 */
export class MessageReader {
  readonly #maxKeptBytes: number;
  readonly #blocks: Blocks;
  readonly #prefix = new Uint8Array(MESSAGE_PREFIX_BYTES);
  #prefixLength = 0;
  /** Undefined: the message is not kept. */
  #kept: Buffer[] | undefined;
  #length = 0;
  #received = 0;
  #messages = 0;
  #compressed = false;

  constructor(maxKeptBytes: number, blocks: Blocks) {
    this.#maxKeptBytes = maxKeptBytes;
    this.#blocks = blocks;
  }

  /** Messages that are complete. */
  get messages(): number {
    return this.#messages;
  }

  /** Whether the last message is not complete. */
  get isPartial(): boolean {
    return this.#prefixLength > 0;
  }

  /** Whether a message said that it is compressed: that is nothing we read. */
  get isCompressed(): boolean {
    return this.#compressed;
  }

  /** Bytes that the message announced; 0 before it has. */
  get announcedBytes(): number {
    return this.#prefixLength === MESSAGE_PREFIX_BYTES ? this.#length : 0;
  }

  read(bytes: Buffer, start: number, stop: number, sink: MessageSink): void {
    let pos = start;
    while (pos < stop && !this.#compressed) {
      if (this.#prefixLength < MESSAGE_PREFIX_BYTES) {
        this.#prefix[this.#prefixLength++] = bytes[pos++] as number;
        if (this.#prefixLength === MESSAGE_PREFIX_BYTES) this.#begin();
        else continue;
      }
      const taken = Math.min(stop - pos, this.#length - this.#received);
      this.#keep(bytes, pos, pos + taken);
      this.#received += taken;
      pos += taken;
      if (this.#received === this.#length) this.#end(sink);
    }
  }

  /** Gives back what is held. */
  drop(): void {
    for (const block of this.#kept ?? []) this.#blocks.giveBlock(block);
    this.#kept = undefined;
  }

  #begin(): void {
    this.#compressed = this.#prefix[0] !== 0;
    this.#length = readUint32(this.#prefix, 1);
    this.#received = 0;
    if (!this.#compressed && this.#length <= this.#maxKeptBytes) this.#kept = [];
  }

  #keep(bytes: Buffer, start: number, stop: number): void {
    for (let pos = start; pos < stop && this.#kept !== undefined; ) {
      const at = (this.#received + pos - start) % BLOCK_BYTES;
      const block = at === 0 ? this.#blocks.takeBlock() : this.#kept.at(-1);
      if (block === undefined) {
        this.drop();
        return;
      }
      if (at === 0) this.#kept.push(block);
      pos += bytes.copy(block, at, pos, stop);
    }
  }

  #end(sink: MessageSink): void {
    const message = this.#kept && Buffer.concat(this.#kept, this.#length);
    this.#messages++;
    this.#prefixLength = 0;
    this.drop();
    sink(message);
  }
}
