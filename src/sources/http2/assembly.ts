import type { AssemblyBudget } from './message-reader.ts';

/** Bytes of messages in parts that all connections together may keep. */
const MAX_BYTES = 32 * 1024 * 1024;

/** What messages that came in parts take, from their first byte to their answer. */
export class Assembly implements AssemblyBudget {
  #taken = 0;

  take(bytes: number): boolean {
    if (this.#taken + bytes > MAX_BYTES) return false;
    this.#taken += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#taken -= bytes;
  }
}
