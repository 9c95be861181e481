/** HTTP/2 as the tests know it, which is not from the source they test. */

/** RFC 9113, section 6. */
export const Type = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

export const END_STREAM = 0x1;
export const ACK = 0x1;
export const END_HEADERS = 0x4;
export const PADDED = 0x8;
export const PRIORITY = 0x20;

export const HEAD_BYTES = 9;
export const MAX_PAYLOAD_BYTES = 16_384;
export const INITIAL_WINDOW = 65_535;
export const MAX_WINDOW = 2 ** 31 - 1;
export const INITIAL_WINDOW_SIZE = 4;

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
const NOTHING = Buffer.alloc(0);

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Buffer;
}

export function frame(type: number, flags: number, id: number, payload: Uint8Array = NOTHING) {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(id, 5);
  bytes.set(payload, HEAD_BYTES);
  return bytes;
}

/** The frame at `at`; undefined when it is not all there. */
export function frameAt(bytes: Buffer, at: number): Frame | undefined {
  if (bytes.length - at < HEAD_BYTES) return undefined;
  const start = at + HEAD_BYTES;
  const stop = start + bytes.readUIntBE(at, 3);
  if (stop > bytes.length) return undefined;
  return {
    type: bytes[at + 3] as number,
    flags: bytes[at + 4] as number,
    id: bytes.readUInt32BE(at + 5) & MAX_WINDOW,
    payload: bytes.subarray(start, stop),
  };
}

/** The bytes of each frame; what is no whole frame comes last. */
export function cutIntoFrames(bytes: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  let at = 0;
  for (let next = frameAt(bytes, at); next !== undefined; next = frameAt(bytes, at)) {
    const stop = at + HEAD_BYTES + next.payload.length;
    frames.push(bytes.subarray(at, stop));
    at = stop;
  }
  if (at < bytes.length) frames.push(bytes.subarray(at));
  return frames;
}

export function uint32(...values: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(4 * values.length);
  values.forEach((value, index) => {
    bytes.writeUInt32BE(value, 4 * index);
  });
  return bytes;
}

export function settings(...entries: readonly (readonly [id: number, value: number])[]): Buffer {
  const parts = entries.map(([id, value]) => Buffer.concat([Buffer.from([0, id]), uint32(value)]));
  return frame(Type.SETTINGS, 0, 0, Buffer.concat(parts));
}

export const settingsAck: Buffer = frame(Type.SETTINGS, ACK, 0);
export const ping = (text: string, flags = 0): Buffer =>
  frame(Type.PING, flags, 0, Buffer.from(text.padEnd(8).slice(0, 8), 'latin1'));
export const windowUpdate = (id: number, increment: number): Buffer =>
  frame(Type.WINDOW_UPDATE, 0, id, uint32(increment));
export const resetStream = (id: number, code = 8): Buffer =>
  frame(Type.RST_STREAM, 0, id, uint32(code));
export const goAway = (lastId: number, code = 0): Buffer =>
  frame(Type.GOAWAY, 0, 0, uint32(lastId, code));
export const priority = (id: number, on = 0): Buffer =>
  frame(Type.PRIORITY, 0, id, Buffer.concat([uint32(on), Buffer.from([15])]));

/** The payload of DATA and HEADERS without padding and priority; undefined when there is too much. */
export function contentOf({ type, flags, payload }: Frame): Buffer | undefined {
  const isPadded = (flags & PADDED) !== 0;
  const padding = isPadded ? (payload[0] ?? 1) : 0;
  const start = (isPadded ? 1 : 0) + (type === Type.HEADERS && (flags & PRIORITY) !== 0 ? 5 : 0);
  const stop = payload.length - padding;
  return start > stop ? undefined : payload.subarray(start, stop);
}
