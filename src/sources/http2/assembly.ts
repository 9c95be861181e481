import type { AssemblyBudget } from './message-reader.ts';

/** Bytes of messages in parts that all connections together may keep, and one of them. */
const MAX_BYTES = 32 * 1024 * 1024;
const MAX_SHARE_BYTES = 8 * 1024 * 1024;

/** What messages that came in parts take, from their first byte to their answer. */
export class Assembly implements AssemblyBudget {
  readonly #maxBytes: number;
  readonly #onRefused: () => void;
  readonly #whole: AssemblyBudget | undefined;
  #taken = 0;

  /** `onRefused` is told when there is no room. `whole`: what this is a share of. */
  constructor(onRefused: () => void, whole?: AssemblyBudget) {
    this.#maxBytes = whole === undefined ? MAX_BYTES : MAX_SHARE_BYTES;
    this.#onRefused = onRefused;
    this.#whole = whole;
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
}
