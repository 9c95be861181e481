import { type Frame, frameAt, HEAD_BYTES } from '../../../support/http2.ts';

export { type Frame, frame, literals } from '../../../support/http2.ts';

/** Throws when the last one is cut off. */
export function parseFrames(bytes: Uint8Array): Frame[] {
  const rest = Buffer.from(bytes);
  const frames: Frame[] = [];
  for (let at = 0; at < rest.length; ) {
    const next = frameAt(rest, at);
    if (next === undefined) throw new Error(`the frame at ${at} is cut off`);
    frames.push(next);
    at += HEAD_BYTES + next.payload.length;
  }
  return frames;
}

/** The little of HPACK that a server needs which leaves the table alone; throws on all else. */
export function parseBlock(block: Uint8Array): [name: string, value: string][] {
  const bytes = Buffer.from(block);
  const fields: [string, string][] = [];
  let at = 0;
  const integer = (prefixBits: number): number => {
    const max = 2 ** prefixBits - 1;
    let value = bytes.readUInt8(at++) & max;
    if (value < max) return value;
    for (let scale = 1, more = true; more; scale *= 128) {
      const byte = bytes.readUInt8(at++);
      value += (byte % 128) * scale;
      more = byte >= 128;
    }
    return value;
  };
  const string = (): string => {
    if (bytes.readUInt8(at) >= 128) throw new Error('Huffman');
    const length = integer(7);
    const start = at;
    at += length;
    if (at > bytes.length) throw new Error('a string is cut off');
    return bytes.toString('latin1', start, at);
  };
  while (at < bytes.length) {
    const first = bytes.readUInt8(at);
    if (first === 0x88) {
      at++;
      fields.push([':status', '200']);
    } else if (first < 0x10) {
      const index = integer(4);
      const name = index === 0 ? string() : STATIC_NAMES[index];
      if (name === undefined) throw new Error(`static entry ${index}`);
      fields.push([name, string()]);
    } else throw new Error(`representation ${first.toString(16)}`);
  }
  return fields;
}

/** RFC 7541, appendix A: those that may occur. */
const STATIC_NAMES: Readonly<Record<number, string>> = { 8: ':status', 31: 'content-type' };
