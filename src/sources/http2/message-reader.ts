import { readUint32 } from './frame.ts';

/** Flag and length before every message (gRPC over HTTP/2, Length-Prefixed-Message). */
export const MESSAGE_PREFIX_BYTES = 5;

/** Bytes of messages that have come in part, all together. */
export interface AssemblyBudget {
  /** False when there is no room for them. */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

/** A whole message, or undefined for one that was not kept, of which all bytes have come. */
export type MessageSink = (message: Buffer | undefined) => void;

const FIRST_BYTES = 4096;

/**
 * Puts together messages that come in several frames. Bytes are copied, lest a frame of one byte
 * keeps a whole chunk of the socket alive, and memory grows as they come and not as announced. What
 * is larger than `maxKeptBytes`, or finds no room in the budget, is counted and thrown away.
 */
export class MessageReader {
  readonly #maxKeptBytes: number;
  readonly #budget: AssemblyBudget;
  readonly #prefix = new Uint8Array(MESSAGE_PREFIX_BYTES);
  #prefixLength = 0;
  #kept: Buffer | undefined;
  #length = 0;
  #received = 0;
  #messages = 0;
  #compressed = false;

  constructor(maxKeptBytes: number, budget: AssemblyBudget) {
    this.#maxKeptBytes = maxKeptBytes;
    this.#budget = budget;
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
    if (this.#kept !== undefined) this.#budget.give(this.#kept.length);
    this.#kept = undefined;
  }

  #begin(): void {
    this.#compressed = this.#prefix[0] !== 0;
    this.#length = readUint32(this.#prefix, 1);
    this.#received = 0;
    if (this.#compressed || this.#length > this.#maxKeptBytes) return;
    const size = Math.min(this.#length, FIRST_BYTES);
    if (this.#budget.take(size)) this.#kept = Buffer.allocUnsafe(size);
  }

  #keep(bytes: Buffer, start: number, stop: number): void {
    if (this.#kept === undefined) return;
    const needed = this.#received + stop - start;
    if (needed > this.#kept.length && !this.#grow(needed)) this.drop();
    else bytes.copy(this.#kept, this.#received, start, stop);
  }

  #grow(needed: number): boolean {
    const kept = this.#kept as Buffer;
    const size = Math.min(this.#length, Math.max(needed, 2 * kept.length));
    if (!this.#budget.take(size - kept.length)) return false;
    this.#kept = Buffer.concat([kept], size);
    return true;
  }

  #end(sink: MessageSink): void {
    const kept = this.#kept;
    this.#messages++;
    this.#prefixLength = 0;
    this.drop();
    sink(kept);
  }
}
