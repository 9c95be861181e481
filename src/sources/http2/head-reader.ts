import { BlockMemo } from './hpack/block-memo.ts';
import { HeaderDecoder } from './hpack/decoder.ts';
import { RequestHead } from './request-head.ts';

/**
 * Reads the header blocks of one connection: all of them, and in the order in which they come, since
 * each may change how the next is read (RFC 7541, section 2.2). False where one cannot be read.
 */
export class HeadReader {
  /** Of the block read last, and so of every one that equals it. */
  readonly head = new RequestHead();
  readonly #decoder = new HeaderDecoder();
  readonly #memo = new BlockMemo();

  request(bytes: Buffer, start: number, stop: number): boolean {
    const { table } = this.#decoder;
    if (this.#memo.holds(bytes, start, stop, table.generation)) return true;
    const before = table.generation;
    this.head.beginRequest();
    if (!this.#decoder.decode(bytes, start, stop, this.head)) return false;
    this.head.end();
    this.#memo.remember(bytes, start, stop, before, table.generation);
    return true;
  }

  trailers(bytes: Buffer, start: number, stop: number): boolean {
    this.#memo.forget();
    this.head.beginTrailers();
    return this.#decoder.decode(bytes, start, stop, this.head);
  }
}
