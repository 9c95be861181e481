/** Wire types of protobuf (protobuf.dev, "Encoding"). */
export const WireType = {
  VARINT: 0,
  FIXED64: 1,
  LENGTH_DELIMITED: 2,
  START_GROUP: 3,
  END_GROUP: 4,
  FIXED32: 5,
} as const;

/** Messages and groups within one another that are followed; as in protobuf's own parsers. */
const MAX_DEPTH = 100;
/** A 64-bit number in steps of seven bits. */
const MAX_VARINT_BYTES = 10;

const NO_BYTES: Uint8Array = new Uint8Array(0);

/**
 * Walks over the fields of one protobuf message, in place.
 *
 *     cursor.over(bytes, start, end);
 *     while (cursor.next()) …           number, wireType, and the content in [start, stop)
 *     if (cursor.broken) …
 *
 * Never throws and never leaves [start, end): what cannot be read ends the walk and sets `broken`.
 * The work is linear in the number of bytes. A cursor is reused; it allocates nothing.
 */
export class FieldCursor {
  /** Number of the field stood on. */
  number = 0;
  wireType = 0;
  /** Where the content begins: after the tag and, if there is one, the length. */
  start = 0;
  /** Where the content ends, exclusive. */
  stop = 0;
  broken = false;
  #bytes = NO_BYTES;
  #pos = 0;
  #end = 0;
  readonly #maxGroups: number;

  /** `level`: how many messages the one walked over stands in. */
  constructor(level = 0) {
    this.#maxGroups = MAX_DEPTH - level;
  }

  over(bytes: Uint8Array, start: number, end: number): this {
    this.#bytes = bytes;
    this.#pos = start;
    this.#end = end;
    this.broken = false;
    return this;
  }

  next(): boolean {
    if (this.#pos >= this.#end) return false;
    this.#readTag();
    this.start = this.#pos;
    this.#skip(this.wireType, this.number);
    this.stop = this.#pos;
    return !this.broken;
  }

  /** Whether this is field `number`, and holds a string, bytes or a message. */
  is(number: number): boolean {
    return this.number === number && this.wireType === WireType.LENGTH_DELIMITED;
  }

  #readTag(): void {
    const tag = this.#readUint32();
    this.number = tag >>> 3;
    this.wireType = tag & 7;
    if (this.number === 0) this.#break();
  }

  /** Tags and lengths: at most five bytes, of which the last holds four bits. */
  #readUint32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      if (this.#pos >= this.#end) return this.#break();
      const byte = this.#bytes[this.#pos++] as number;
      if (shift === 28 && byte > 0x0f) return this.#break();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    return this.#break();
  }

  #skip(wireType: number, number: number): void {
    if (wireType === WireType.LENGTH_DELIMITED) {
      const length = this.#readUint32();
      this.start = this.#pos;
      this.#skipBytes(length);
    } else if (wireType === WireType.VARINT) this.#skipVarint();
    else if (wireType === WireType.FIXED64) this.#skipBytes(8);
    else if (wireType === WireType.FIXED32) this.#skipBytes(4);
    else if (wireType === WireType.START_GROUP) this.#skipGroup(number);
    else this.#break();
  }

  #skipVarint(): void {
    for (let length = 1; length <= MAX_VARINT_BYTES; length++) {
      if (this.#pos >= this.#end) break;
      if ((this.#bytes[this.#pos++] as number) < 0x80) return;
    }
    this.#break();
  }

  #skipBytes(count: number): void {
    if (count > this.#end - this.#pos) this.#break();
    else this.#pos += count;
  }

  /** Without recursion: hostile bytes choose the depth. */
  #skipGroup(number: number): void {
    const open = [number];
    const { start } = this;
    while (open.length > 0 && !this.broken) {
      const tag = this.#readUint32();
      const inner = tag >>> 3;
      const wireType = tag & 7;
      if (inner === 0) this.#break();
      else if (wireType === WireType.END_GROUP) {
        if (open.pop() !== inner) this.#break();
      } else if (wireType === WireType.START_GROUP) {
        if (open.push(inner) > this.#maxGroups) this.#break();
      } else this.#skip(wireType, inner);
    }
    this.start = start; // which strings within have moved
  }

  #break(): number {
    this.broken = true;
    this.#pos = this.#end;
    return 0;
  }
}
