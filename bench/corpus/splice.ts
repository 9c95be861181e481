const LENGTH_DELIMITED = 2;

/** CheckRequest.attributes.request.http.headers (a map entry), and its value. */
const HEADER_VALUE: readonly number[] = [1, 4, 2, 3, 2];

/**
 * A CheckRequest in which a text within one of the header values is another one; the lengths of all
 * that holds it follow.
 */
export function spliceHeader(message: Buffer, from: string, to: string): Buffer {
  const spliced = splice(message, HEADER_VALUE, Buffer.from(from), Buffer.from(to));
  if (spliced === undefined) throw new Error(`no header holds ${from}`);
  return spliced;
}

function splice(
  message: Buffer,
  path: readonly number[],
  from: Buffer,
  to: Buffer,
): Buffer | undefined {
  const [field, ...rest] = path;
  if (field === undefined) {
    const at = message.indexOf(from);
    return Buffer.concat([message.subarray(0, at), to, message.subarray(at + from.length)]);
  }
  for (let at = 0; at < message.length; ) {
    const tag = readVarint(message, at);
    const length = readVarint(message, tag.end);
    if ((tag.value & 7) === 0) {
      at = length.end;
      continue;
    }
    if ((tag.value & 7) !== LENGTH_DELIMITED) throw new Error(`wire type ${tag.value & 7}`);
    const end = length.end + length.value;
    const payload = message.subarray(length.end, end);
    if (tag.value >> 3 === field && payload.includes(from)) {
      const inner = splice(payload, rest, from, to);
      if (inner !== undefined) {
        const head = [message.subarray(0, tag.end), writeVarint(inner.length), inner];
        return Buffer.concat([...head, message.subarray(end)]);
      }
    }
    at = end;
  }
  return undefined;
}

function readVarint(
  bytes: Buffer,
  start: number,
): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let at = start, shift = 0; ; at++, shift += 7) {
    const byte = bytes.readUInt8(at);
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return { value, end: at + 1 };
  }
}

function writeVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}
