import { Field } from '../field.ts';
import { decodeHuffman } from './huffman.ts';
import { HeaderTable } from './table.ts';

/** Told of the fields of a block, in their order. A field is good until the next one. */
export interface FieldSink {
  field(field: Field): void;
}

/** Longest header block that is decoded, compressed. */
export const MAX_BLOCK_BYTES = 64 * 1024;

// Huffman's shortest code has 5 bits. Decoding never awaits: one scratch serves all connections.
const scratch = Buffer.allocUnsafeSlow(Math.ceil((MAX_BLOCK_BYTES * 8) / 5));
const literal = new Field();

/** Bytes of an integer after its first: 28 bits, far above all that is allowed. */
const MAX_INTEGER_BYTES = 4;
const BROKEN = -1;

/** HPACK decoder of one connection (RFC 7541). It makes no strings of what it passes on. */
export class HeaderDecoder {
  readonly table = new HeaderTable();
  #pos = 0;
  #scratchEnd = 0;

  /**
   * Reads one block, at most MAX_BLOCK_BYTES. False when it is broken: the table is then out of step
   * for good, which is a connection error (RFC 9113, section 4.3).
   */
  decode(bytes: Buffer, start: number, stop: number, sink: FieldSink): boolean {
    this.#pos = start;
    this.#scratchEnd = 0;
    let mayResize = true;
    while (this.#pos < stop) {
      const first = bytes[this.#pos] as number;
      if ((first & 0x80) !== 0) {
        const index = this.#integer(bytes, stop, 0x7f);
        const field = index > 0 ? this.table.at(index) : undefined;
        if (field === undefined) return false;
        sink.field(field);
      } else if ((first & 0x40) !== 0) {
        if (!this.#literal(bytes, stop, 0x3f)) return false;
        sink.field(literal);
        this.table.insert(literal);
      } else if ((first & 0x20) !== 0) {
        const size = this.#integer(bytes, stop, 0x1f);
        if (!mayResize || size === BROKEN || !this.table.resize(size)) return false;
        continue;
      } else {
        if (!this.#literal(bytes, stop, 0x0f)) return false;
        sink.field(literal);
      }
      mayResize = false;
    }
    return true;
  }

  /** Section 6.2; `mask`: of the index of the name, 0 being a name that is spelled out. */
  #literal(bytes: Buffer, stop: number, mask: number): boolean {
    const index = this.#integer(bytes, stop, mask);
    if (index === BROKEN) return false;
    if (index > 0) {
      const named = this.table.at(index);
      if (named === undefined) return false;
      literal.nameBytes = named.nameBytes;
      literal.nameStart = named.nameStart;
      literal.nameStop = named.nameStop;
      literal.nameKind = named.nameKind;
    } else {
      if (!this.#string(bytes, stop)) return false;
      literal.nameBytes = literal.valueBytes;
      literal.nameStart = literal.valueStart;
      literal.nameStop = literal.valueStop;
      literal.judgeName();
    }
    if (!this.#string(bytes, stop)) return false;
    literal.judgeValue();
    return true;
  }

  /** Section 5.2. Becomes the value of `literal`: in place, or decoded in the scratch. */
  #string(bytes: Buffer, stop: number): boolean {
    const isHuffman = this.#pos < stop && ((bytes[this.#pos] as number) & 0x80) !== 0;
    const length = this.#integer(bytes, stop, 0x7f);
    const start = this.#pos;
    if (length === BROKEN || length > stop - start) return false;
    this.#pos = start + length;
    if (isHuffman) {
      const end = decodeHuffman(bytes, start, this.#pos, scratch, this.#scratchEnd);
      literal.valueBytes = scratch;
      literal.valueStart = this.#scratchEnd;
      literal.valueStop = this.#scratchEnd = end;
      return end !== BROKEN;
    }
    literal.valueBytes = bytes;
    literal.valueStart = start;
    literal.valueStop = this.#pos;
    return true;
  }

  /** Section 5.1; BROKEN where it is cut short or too large. */
  #integer(bytes: Uint8Array, stop: number, mask: number): number {
    if (this.#pos >= stop) return BROKEN;
    let value = (bytes[this.#pos++] as number) & mask;
    if (value < mask) return value;
    for (let shift = 0; shift < 7 * MAX_INTEGER_BYTES; shift += 7) {
      if (this.#pos >= stop) return BROKEN;
      const byte = bytes[this.#pos++] as number;
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return BROKEN;
  }
}
