import { STATIC_ENTRIES } from '../../../../../src/sources/http2/hpack/static-table.ts';
import { FIRST_DYNAMIC, type Pair } from './blocks.ts';

/** RFC 7541, section 4, at its plainest: an array of strings. */
export class PlainTable {
  entries: Pair[] = [];
  #maxBytes = 4096;

  at(index: number): Pair | undefined {
    return STATIC_ENTRIES[index - 1] ?? this.entries[index - FIRST_DYNAMIC];
  }

  get bytes(): number {
    return this.entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
  }

  resize(maxBytes: number): void {
    this.#maxBytes = maxBytes;
    this.#evict(0);
  }

  insert(entry: Pair): void {
    this.#evict(sizeOf(entry));
    if (sizeOf(entry) <= this.#maxBytes) this.entries.unshift(entry);
  }

  #evict(room: number): void {
    while (this.entries.length > 0 && this.bytes + room > this.#maxBytes) this.entries.pop();
  }
}

const sizeOf = ([name, value]: Pair): number => name.length + value.length + 32;
