/** Longest block that is remembered: what a proxy repeats takes some 50 bytes. */
const MAX_BYTES = 256;
const NONE = -1;

/**
 * The last header block of a connection. A proxy's blocks are mostly one and the same, byte for
 * byte: comparing one takes a tenth of what decoding it does. Two such blocks mean the same as long
 * as the table has not changed; a block that changes it is never remembered.
 */
export class BlockMemo {
  readonly #bytes = new Uint8Array(MAX_BYTES);
  #length = 0;
  #generation = NONE;

  /** `generation`: of the table that the block would be decoded with. */
  holds(bytes: Uint8Array, start: number, stop: number, generation: number): boolean {
    if (generation !== this.#generation || stop - start !== this.#length) return false;
    for (let at = 0; at < this.#length; at++) {
      if (bytes[start + at] !== this.#bytes[at]) return false;
    }
    return true;
  }

  /** `before`, `after`: generations of the table around its decoding. */
  remember(block: Uint8Array, start: number, stop: number, before: number, after: number): void {
    this.#generation = NONE;
    if (before !== after || stop - start > MAX_BYTES) return;
    for (let at = start; at < stop; at++) this.#bytes[at - start] = block[at] as number;
    this.#length = stop - start;
    this.#generation = after;
  }

  forget(): void {
    this.#generation = NONE;
  }
}
