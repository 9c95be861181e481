import type { Stream } from './stream.ts';

/** A power of two. Ids count up, so as many open streams as this need no chain. */
const PLACES = 256;

/**
 * The streams of a connection by their id. Neither a Map nor an array that grows: a Map that is
 * rebuilt leaves its old table behind, and all that it held lives on until the next full collection
 * (see docs/tuning.md); this costs nothing but the links.
 *
 *     places  │ 1│ 3│ 5│ … │511│      stream 513 hangs before stream 1
 */
export class StreamTable {
  readonly #places = new Array<Stream | undefined>(PLACES).fill(undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): Stream | undefined {
    let stream = this.#places[placeOf(id)];
    while (stream !== undefined && stream.id !== id) stream = stream.next;
    return stream;
  }

  /** Of an id that is not there. */
  add(stream: Stream): void {
    const place = placeOf(stream.id);
    stream.next = this.#places[place];
    this.#places[place] = stream;
    this.#size++;
  }

  /** Of a stream that is there. */
  delete(stream: Stream): void {
    const place = placeOf(stream.id);
    let before = this.#places[place];
    if (before === stream) {
      this.#places[place] = stream.next;
    } else {
      while (before !== undefined && before.next !== stream) before = before.next;
      if (before === undefined) return;
      before.next = stream.next;
    }
    stream.next = undefined;
    this.#size--;
  }

  /** `visit` may delete the stream that it is given. */
  forEach(visit: (stream: Stream) => void): void {
    if (this.#size === 0) return;
    for (let place = 0; place < PLACES; place++) {
      for (let stream = this.#places[place]; stream !== undefined; ) {
        const { next } = stream;
        visit(stream);
        stream = next;
      }
    }
  }
}

function placeOf(id: number): number {
  return (id >>> 1) & (PLACES - 1);
}
