import type { Decision } from '../../domain/decision.ts';
import { checkResponseText } from '../codec/check-response.ts';
import {
  Flag,
  FRAME_HEAD_BYTES,
  FrameType,
  MAX_FRAME_BYTES,
  writeFrameHead,
  writeUint32,
} from './frame.ts';
import { Status } from './grpc-status.ts';
import { encodeHeaders, type HeaderPair } from './hpack/encoder.ts';
import { MESSAGE_PREFIX_BYTES } from './message-reader.ts';

const FLAGS_AT = 4;

const GRPC_HEAD: readonly HeaderPair[] = [
  [':status', '200'],
  ['content-type', 'application/grpc'],
];

/** HEADERS that open an answer. Like all frames kept here, without the id of a stream. */
export const answerHead: Uint8Array = headersFrame(GRPC_HEAD, 0);
/** HEADERS that end an answer with status OK. */
export const okTail: Uint8Array = statusTail(Status.OK, '');
const ANSWER_HEAD = textOf(answerHead);
const OK_TAIL = textOf(okTail);

/**
 * The answer that a decision is, kept with it, a character a byte:
 *
 *     a message   │HEADERS answerHead│DATA prefix CheckResponse│HEADERS okTail│
 *     a status    │HEADERS, END_STREAM│                        (trailers-only)
 */
export function frameDecision(decision: Decision): string {
  if (decision.signal === 'grpc_status') {
    return textOf(statusOnly(decision.spec.grpcCode, decision.reason));
  }
  const message = checkResponseText(decision);
  // Joined, not added: V8 would keep a sum as a tree of its parts.
  return [ANSWER_HEAD, dataHead(message.length), message, OK_TAIL].join('');
}

/** Whether a framed answer is one frame of HEADERS. */
export function isStatusOnly(framed: string): boolean {
  return (framed.charCodeAt(FLAGS_AT) & Flag.END_STREAM) !== 0;
}

/** Where DATA begins in a framed answer that has a message. */
export const DATA_AT = answerHead.length;

/** Bytes of DATA in it, which is what the windows count. */
export function dataBytesOf(framed: string): number {
  return framed.length - answerHead.length - FRAME_HEAD_BYTES - okTail.length;
}

/** What those are. */
export function dataOf(framed: string): Uint8Array {
  const start = DATA_AT + FRAME_HEAD_BYTES;
  return Buffer.from(framed.slice(start, start + dataBytesOf(framed)), 'latin1');
}

/** An answer without a message. */
export function statusOnly(
  code: number,
  details: string,
  fields: readonly HeaderPair[] = [],
): Uint8Array {
  return headersFrame([...GRPC_HEAD, ...fields, ...statusFields(code, details)], Flag.END_STREAM);
}

/** What follows the messages of an answer. */
export function statusTail(code: number, details: string): Uint8Array {
  return headersFrame(statusFields(code, details), Flag.END_STREAM);
}

/** HEADERS of an answer to what is no gRPC. A text has to follow. */
export function plainHead(httpStatus: number): Uint8Array {
  return headersFrame(
    [
      [':status', String(httpStatus)],
      ['content-type', 'text/plain'],
    ],
    0,
  );
}

/** A message with its prefix. */
export function prefixed(message: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(MESSAGE_PREFIX_BYTES + message.length);
  bytes.set(message, writePrefix(bytes, 0, message.length));
  return bytes;
}

/** What comes before a message in the frame that it is all of. */
function dataHead(length: number): string {
  const bytes = Buffer.allocUnsafe(FRAME_HEAD_BYTES + MESSAGE_PREFIX_BYTES);
  const at = writeFrameHead(bytes, 0, MESSAGE_PREFIX_BYTES + length, FrameType.DATA, 0, 0);
  writePrefix(bytes, at, length);
  return textOf(bytes);
}

/** Of a message that is not compressed. Returns where it goes. */
function writePrefix(target: Uint8Array, at: number, length: number): number {
  target[at] = 0;
  return writeUint32(target, at + 1, length);
}

/** A character a byte. */
function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

function headersFrame(fields: readonly HeaderPair[], flags: number): Uint8Array {
  const block = encodeHeaders(fields);
  if (block.length > MAX_FRAME_BYTES) throw new Error('header block above the size of a frame');
  const frame = Buffer.allocUnsafeSlow(FRAME_HEAD_BYTES + block.length);
  const type = FrameType.HEADERS;
  frame.set(block, writeFrameHead(frame, 0, block.length, type, flags | Flag.END_HEADERS, 0));
  return frame;
}

function statusFields(code: number, details: string): readonly HeaderPair[] {
  const status: HeaderPair = ['grpc-status', String(code)];
  return details === '' ? [status] : [status, ['grpc-message', percentEncode(details)]];
}

/** gRPC over HTTP/2, Status-Message: UTF-8, all but printable ASCII and the percent sign escaped. */
export function percentEncode(text: string): string {
  return Array.from(Buffer.from(text, 'utf8'), (byte) =>
    byte >= 0x20 && byte <= 0x7e && byte !== 0x25
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
  ).join('');
}
