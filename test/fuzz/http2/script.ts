import { HeaderDecoder } from '../../../src/sources/http2/hpack/decoder.ts';
import {
  contentOf,
  END_HEADERS,
  type Frame,
  frameAt,
  HEAD_BYTES,
  MAX_PAYLOAD_BYTES,
  PREFACE,
  Type,
} from './frames.ts';

/** Names and values; those of a name that occurs more than once are joined. */
export type FieldMap = ReadonlyMap<string, string>;

interface Placed {
  readonly frame: Frame;
  /** Where it ends. */
  readonly end: number;
  /** Of the header block that ends with it. */
  readonly fields: FieldMap | undefined;
}

/** What a client sends, and what a server can make out in it. */
export interface Script {
  readonly input: Buffer;
  readonly frames: readonly Placed[];
}

export function readScript(input: Buffer): Script {
  const frames: Placed[] = [];
  if (!input.subarray(0, PREFACE.length).equals(PREFACE)) return { input, frames };
  const blocks = new Blocks();
  let end = PREFACE.length;
  for (let next = frameAt(input, end); next !== undefined; next = frameAt(input, end)) {
    if (next.payload.length > MAX_PAYLOAD_BYTES) break;
    end += HEAD_BYTES + next.payload.length;
    frames.push({ frame: next, end, fields: blocks.read(next) });
  }
  return { input, frames };
}

/** Decodes every block for itself, and in its turn. */
class Blocks {
  readonly #decoder = new HeaderDecoder();
  #parts: Buffer[] = [];

  read(frame: Frame): FieldMap | undefined {
    if (frame.type === Type.HEADERS) this.#parts = [contentOf(frame) ?? Buffer.alloc(0)];
    else if (frame.type === Type.CONTINUATION) this.#parts.push(frame.payload);
    else return undefined;
    if ((frame.flags & END_HEADERS) === 0) return undefined;
    const block = Buffer.concat(this.#parts);
    const fields = new Map<string, string>();
    this.#decoder.decode(block, 0, block.length, {
      field({ nameBytes, nameStart, nameStop, valueBytes, valueStart, valueStop }) {
        const name = nameBytes.toString('latin1', nameStart, nameStop);
        const value = valueBytes.toString('latin1', valueStart, valueStop);
        const before = fields.get(name);
        fields.set(name, before === undefined ? value : `${before}, ${value}`);
      },
    });
    return fields;
  }
}
