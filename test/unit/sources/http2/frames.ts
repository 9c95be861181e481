/** Frames and header blocks by the letter of RFC 9113 and 7541, without the code under test. */

const HEAD_BYTES = 9;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array | string = '',
): Buffer {
  const content = Buffer.from(payload as string);
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUIntBE(content.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, content]);
}

/** Throws when the last one is cut off. */
export function parseFrames(bytes: Uint8Array): Frame[] {
  const rest = Buffer.from(bytes);
  const frames: Frame[] = [];
  for (let at = 0; at < rest.length; ) {
    const start = at + HEAD_BYTES;
    const stop = start + rest.readUIntBE(at, 3);
    if (stop > rest.length) throw new Error(`the frame at ${at} is cut off`);
    frames.push({
      type: rest.readUInt8(at + 3),
      flags: rest.readUInt8(at + 4),
      stream: rest.readUInt32BE(at + 5),
      payload: rest.subarray(start, stop),
    });
    at = stop;
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

/** A header block of literals that are not indexed; every text is shorter than 127 bytes. */
export function literals(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  const text = (of: string) => Buffer.concat([Buffer.of(of.length), Buffer.from(of, 'latin1')]);
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.of(0), text(name), text(value)]));
}
