import type { AssemblyBudget } from './message-reader.ts';

/** Bytes of messages in parts that all connections together may keep. */
const MAX_BYTES = 32 * 1024 * 1024;

/** What messages that came in parts take, from their first byte to their answer. */
export class Assembly implements AssemblyBudget {
  readonly #onRefused: () => void;
  #taken = 0;

  /** `onRefused` is told when there is no room. */
  constructor(onRefused: () => void) {
    this.#onRefused = onRefused;
  }

  take(bytes: number): boolean {
    const fits = this.#taken + bytes <= MAX_BYTES;
    if (fits) this.#taken += bytes;
    else this.#onRefused();
    return fits;
  }

  give(bytes: number): void {
    this.#taken -= bytes;
  }
}
