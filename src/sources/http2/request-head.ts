import { type Field, Kind } from './field.ts';
import { ENTRY_OVERHEAD_BYTES } from './hpack/table.ts';
import { Route } from './route.ts';

/** SETTINGS_MAX_HEADER_LIST_SIZE: bytes as RFC 9113, section 6.5.2, counts them. */
export const MAX_HEADER_LIST_BYTES = 64 * 1024;
export const MAX_HEADER_FIELDS = 128;

const ALL_PSEUDO = (1 << Kind.METHOD) | (1 << Kind.SCHEME) | (1 << Kind.PATH);
/** Ends a name, and a value, in the text of the metadata: no byte of either. */
const END = 0;
const NO_TIMEOUT = Number.POSITIVE_INFINITY;

// Heads are read one at a time: one text serves all, and none is longer than its list.
const text = Buffer.allocUnsafeSlow(MAX_HEADER_LIST_BYTES);

/** The fields of one header block, summed up to what a call needs. Used for block after block. */
export class RequestHead {
  isPost = false;
  route: Route = Route.UNKNOWN;
  isGrpc = false;
  /** Whether the message may come in the encoding that was named, which is identity. */
  isIdentity = true;
  /** ms; infinite without grpc-timeout, NaN with one that is none. */
  timeoutMs = NO_TIMEOUT;
  /** Bytes; -1 = not said. */
  contentLength = -1;
  isMalformed = false;
  /** Names and values in turn, each ended by a NUL; see `findMetadata`. */
  metadata = '';
  #fields = 0;
  #bytes = 0;
  /** Pseudo-headers that were there, a bit for each Kind. */
  #pseudo = 0;
  #inTrailers = false;
  #regularSeen = false;
  #textEnd = 0;

  beginRequest(): void {
    this.#begin(false);
  }

  /** Section 8.1: no pseudo-headers; nothing in them concerns us. */
  beginTrailers(): void {
    this.#begin(true);
  }

  #begin(inTrailers: boolean): void {
    this.isPost = this.isGrpc = this.isMalformed = false;
    this.isIdentity = true;
    this.route = Route.UNKNOWN;
    this.timeoutMs = NO_TIMEOUT;
    this.contentLength = -1;
    this.#fields = this.#bytes = this.#pseudo = this.#textEnd = 0;
    this.#inTrailers = inTrailers;
    this.#regularSeen = false;
  }

  field(field: Field): void {
    const nameLength = field.nameStop - field.nameStart;
    this.#fields++;
    this.#bytes += nameLength + field.valueStop - field.valueStart + ENTRY_OVERHEAD_BYTES;
    if (field.kind >= Kind.METHOD) {
      this.#pseudoHeader(field);
      return;
    }
    this.#regularSeen = true;
    switch (field.kind) {
      case Kind.METADATA:
        if (this.#bytes <= MAX_HEADER_LIST_BYTES) this.#keep(field, nameLength);
        break;
      case Kind.FORBIDDEN:
        this.isMalformed = true;
        break;
      case Kind.CONTENT_TYPE:
        this.isGrpc = field.number === 1;
        break;
      case Kind.CONTENT_LENGTH:
        if (this.contentLength >= 0 && this.contentLength !== field.number) this.isMalformed = true;
        this.contentLength = field.number;
        break;
      case Kind.GRPC_TIMEOUT:
        this.timeoutMs = field.number;
        break;
      case Kind.GRPC_ENCODING:
        this.isIdentity = field.number === 1;
    }
  }

  /** To be asked after the last field. */
  get isTooLarge(): boolean {
    return this.#fields > MAX_HEADER_FIELDS || this.#bytes > MAX_HEADER_LIST_BYTES;
  }

  /** Section 8.3.1: these three, and each once. */
  get isComplete(): boolean {
    return (this.#pseudo & ALL_PSEUDO) === ALL_PSEUDO;
  }

  /** To be called after the last field: makes of the metadata a string that outlives the bytes. */
  end(): void {
    const isWanted = this.#textEnd > 0 && !this.isTooLarge;
    this.metadata = isWanted ? text.toString('latin1', 0, this.#textEnd) : '';
  }

  #pseudoHeader(field: Field): void {
    const bit = 1 << field.kind;
    if (this.#regularSeen || this.#inTrailers || (this.#pseudo & bit) !== 0)
      this.isMalformed = true;
    this.#pseudo |= bit;
    if (field.kind === Kind.METHOD) this.isPost = field.number === 1;
    else if (field.kind === Kind.PATH) this.route = field.number as Route;
  }

  #keep(field: Field, nameLength: number): void {
    const { nameBytes, nameStart, valueBytes, valueStart, valueStop } = field;
    let end = this.#textEnd;
    nameBytes.copy(text, end, nameStart, nameStart + nameLength);
    end += nameLength;
    text[end++] = END;
    valueBytes.copy(text, end, valueStart, valueStop);
    end += valueStop - valueStart;
    text[end++] = END;
    this.#textEnd = end;
  }
}

/** The value of a name in the metadata of a head; several are joined with a comma. */
export function findMetadata(metadata: string, name: string): string | undefined {
  let found: string | undefined;
  for (let at = 0; at < metadata.length; ) {
    const nameEnd = metadata.indexOf('\0', at);
    const valueEnd = metadata.indexOf('\0', nameEnd + 1);
    if (nameEnd - at === name.length && metadata.startsWith(name, at)) {
      const value = metadata.slice(nameEnd + 1, valueEnd);
      found = found === undefined ? value : `${found}, ${value}`;
    }
    at = valueEnd + 1;
  }
  return found;
}
