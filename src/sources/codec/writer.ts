/**
 * Encodes protobuf fields, for what is encoded once and kept: clear rather than fast. Fields with
 * the default value are left out, as protobuf's own encoders do, except by `message`.
 */
const LENGTH_DELIMITED = 2;

/** An int32, enum or bool; not negative. */
export function varint(number: number, value: number): Uint8Array {
  return value === 0 ? EMPTY : Uint8Array.from([...base128(number * 8), ...base128(value)]);
}

export function string(number: number, value: string): Uint8Array {
  return value === '' ? EMPTY : message(number, Buffer.from(value, 'utf8'));
}

/** A message made of `parts`, present even when they are empty. */
export function message(number: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head = Uint8Array.from([...base128(number * 8 + LENGTH_DELIMITED), ...base128(length)]);
  return Buffer.concat([head, ...parts]);
}

const EMPTY = new Uint8Array(0);

function base128(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return bytes;
}
