import { MAX_BLOCK_BYTES } from './hpack/decoder.ts';

/** CONTINUATION frames that a block may have: Envoy and others send blocks as small as ours in one. */
const MAX_CONTINUATIONS = 16;

/** A header block that comes in several frames (RFC 9113, section 4.3). */
export class HeaderBlock {
  /** The stream whose block is not complete; 0 = none. No other frame may come meanwhile. */
  stream = 0;
  endsStream = false;
  isSelfDependent = false;
  /** When the block began, in ms; infinite when there is none. */
  begunAt = Number.POSITIVE_INFINITY;
  #parts: Buffer[] = [];
  #length = 0;

  begin(
    stream: number,
    endsStream: boolean,
    isSelfDependent: boolean,
    fragment: Uint8Array,
    now: number,
  ): void {
    this.begunAt = now;
    this.stream = stream;
    this.endsStream = endsStream;
    this.isSelfDependent = isSelfDependent;
    this.#parts = [Buffer.from(fragment)];
    this.#length = fragment.length;
  }

  /** False when it has become more than anybody honest sends (CVE-2024-27316). */
  add(fragment: Uint8Array): boolean {
    this.#parts.push(Buffer.from(fragment));
    this.#length += fragment.length;
    return this.#parts.length <= 1 + MAX_CONTINUATIONS && this.#length <= MAX_BLOCK_BYTES;
  }

  take(): Buffer {
    const block = Buffer.concat(this.#parts);
    this.stream = 0;
    this.begunAt = Number.POSITIVE_INFINITY;
    this.#parts = [];
    return block;
  }
}
