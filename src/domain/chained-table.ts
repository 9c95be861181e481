/** What can be kept in a chained table: the next one at the same place hangs on it. */
export interface Chained<Item> {
  /** A whole number, always the same. */
  readonly hash: number;
  next: Item | undefined;
}

/**
 * A hash table for what comes and goes with every check. Neither a Map nor an array that grows: a Map
 * that is rebuilt leaves its old table behind, and all that it held lives on until the next full
 * collection (see docs/tuning.md); this costs nothing but the links.
 *
 *     places  │ a │   │ d │ … │     an item with the hash of a hangs before it
 */
export class ChainedTable<Item extends Chained<Item>> {
  readonly #places: (Item | undefined)[];
  readonly #mask: number;
  #size = 0;

  /** `places`: a power of two. As many items whose hashes count up need no chain. */
  constructor(places: number) {
    this.#places = new Array<Item | undefined>(places).fill(undefined);
    this.#mask = places - 1;
  }

  get size(): number {
    return this.#size;
  }

  /** The first of those, by `next`, among which an item with this hash is. */
  first(hash: number): Item | undefined {
    return this.#places[hash & this.#mask];
  }

  /** Of an item that is not there. */
  add(item: Item): void {
    const place = item.hash & this.#mask;
    item.next = this.#places[place];
    this.#places[place] = item;
    this.#size++;
  }

  /** Does nothing for an item that is not there. */
  delete(item: Item): void {
    const place = item.hash & this.#mask;
    let before = this.#places[place];
    if (before === item) {
      this.#places[place] = item.next;
    } else {
      while (before !== undefined && before.next !== item) before = before.next;
      if (before === undefined) return;
      before.next = item.next;
    }
    item.next = undefined;
    this.#size--;
  }

  /** `visit` may delete the item that it is given, and no other. */
  forEach(visit: (item: Item) => void): void {
    if (this.#size === 0) return;
    for (const first of this.#places) {
      for (let item = first; item !== undefined; ) {
        const { next } = item;
        visit(item);
        item = next;
      }
    }
  }
}
