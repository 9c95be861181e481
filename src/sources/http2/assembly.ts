import { BLOCK_BYTES, type Blocks } from './message-reader.ts';

/** Bytes of messages in parts that all connections together may keep, and one of them. */
const MAX_BYTES = 32 * 1024 * 1024;
const MAX_SHARE_BYTES = 8 * 1024 * 1024;
/** Blocks kept for the next message: 4 MiB. */
const MAX_SPARE_BLOCKS = 1024;

/** What an assembly is a share of. */
export interface AssemblyRoom {
  /** Blocks to be used again. */
  readonly spare: Buffer[];
  /** False when there is no room for so many bytes. */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

/**
 * What messages that came in parts take, from their first byte to their answer. Blocks are used again:
 * a peer whose messages never end would otherwise have V8 collect its whole heap every second
 * (measured: p99 of somebody else's checks 15 ms, and 4 so).
 */
export class Assembly implements AssemblyRoom, Blocks {
  readonly spare: Buffer[];
  readonly #maxBytes: number;
  readonly #onRefused: () => void;
  readonly #whole: AssemblyRoom | undefined;
  #taken = 0;

  /** `onRefused` is told when there is no room. `whole`: what this is a share of. */
  constructor(onRefused: () => void, whole?: AssemblyRoom) {
    this.#maxBytes = whole === undefined ? MAX_BYTES : MAX_SHARE_BYTES;
    this.#onRefused = onRefused;
    this.#whole = whole;
    this.spare = whole?.spare ?? [];
  }

  take(bytes: number): boolean {
    if (this.#taken + bytes > this.#maxBytes) {
      this.#onRefused();
      return false;
    }
    if (this.#whole?.take(bytes) === false) return false;
    this.#taken += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#taken -= bytes;
    this.#whole?.give(bytes);
  }

  takeBlock(): Buffer | undefined {
    if (!this.take(BLOCK_BYTES)) return undefined;
    return this.spare.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
  }

  giveBlock(block: Buffer): void {
    this.give(BLOCK_BYTES);
    if (this.spare.length < MAX_SPARE_BLOCKS) this.spare.push(block);
  }
}
