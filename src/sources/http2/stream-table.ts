import { ChainedTable } from '../../domain/chained-table.ts';
import { hashOf, type Stream } from './stream.ts';

const PLACES = 256;

/** The streams of a connection by their id. */
export class StreamTable extends ChainedTable<Stream> {
  constructor() {
    super(PLACES);
  }

  get(id: number): Stream | undefined {
    let stream = this.first(hashOf(id));
    while (stream !== undefined && stream.id !== id) stream = stream.next;
    return stream;
  }
}
