import {
  Flag,
  frame,
  HEAD_BYTES,
  MAX_INT31,
  frameAt as readFrame,
  Type,
  uint32,
} from '../../support/http2.ts';

export {
  frame,
  HEAD_BYTES,
  INITIAL_WINDOW,
  MAX_INT31 as MAX_WINDOW,
  PREFACE,
  reset as resetStream,
  SETTINGS_ACK as settingsAck,
  settings,
  Type,
  uint32,
  windowUpdate,
} from '../../support/http2.ts';

export const { END_STREAM, ACK, END_HEADERS, PADDED, PRIORITY } = Flag;
export const MAX_PAYLOAD_BYTES = 16_384;
export const INITIAL_WINDOW_SIZE = 4;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Buffer;
}

/** The frame at `at`, without the bit that is reserved; undefined when it is not all there. */
export function frameAt(bytes: Buffer, at: number): Frame | undefined {
  const found = readFrame(bytes, at);
  if (found === undefined) return undefined;
  const { type, flags, stream, payload } = found;
  return { type, flags, id: stream & MAX_INT31, payload };
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

export const ping = (text: string, flags = 0): Buffer =>
  frame(Type.PING, flags, 0, Buffer.from(text.padEnd(8).slice(0, 8), 'latin1'));
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
