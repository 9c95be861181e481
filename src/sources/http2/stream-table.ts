import { ChainedTable } from '../../domain/chained-table.ts';
import type { Stream } from './stream.ts';

const PLACES = 256;

/** The streams of a connection by their id. */
export class StreamTable {
  readonly #table = new ChainedTable<Stream>(PLACES);

  get size(): number {
    return this.#table.size;
  }

  get(id: number): Stream | undefined {
    let stream = this.#table.first(hashOf(id));
    while (stream !== undefined && stream.id !== id) stream = stream.next;
    return stream;
  }

  /** Of an id that is not there. */
  add(stream: Stream): void {
    this.#table.add(hashOf(stream.id), stream);
  }

  /** Does nothing for a stream that is not there. */
  delete(stream: Stream): void {
    this.#table.delete(hashOf(stream.id), stream);
  }

  /** `visit` may delete the stream that it is given, and no other. */
  forEach(visit: (stream: Stream) => void): void {
    this.#table.forEach(visit);
  }
}

/** Ids of a client's streams are odd, and count up. */
const hashOf = (id: number): number => id >>> 1;
