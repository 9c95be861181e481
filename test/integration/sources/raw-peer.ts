import { connect, type Socket } from 'node:net';
import { CHECK_PATH } from '../../../src/sources/codec/check-request.ts';
import { until } from '../../support/until.ts';
import { framed } from './clients.ts';

/** Types of frames (RFC 9113, section 6). */
export const FrameType = {
  DATA: 0,
  HEADERS: 1,
  RST_STREAM: 3,
  SETTINGS: 4,
  PING: 6,
  GOAWAY: 7,
} as const;

const END_STREAM = 1;
const ACK = 1;
const END_HEADERS = 4;
const HEAD_BYTES = 9;
const NOTHING = new Uint8Array(0);

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export function frame(type: number, flags: number, stream: number, payload: Uint8Array = NOTHING) {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A header that leaves HPACK's table as it was (RFC 7541, section 6.2.2). */
function literal(name: string, value: string): Buffer {
  const text = (of: string) => Buffer.concat([Buffer.from([of.length]), Buffer.from(of)]);
  return Buffer.concat([Buffer.from([0]), text(name), text(value)]);
}

interface HeadOptions {
  readonly path?: string;
  /** More headers. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** HEADERS of a gRPC request. */
export function requestHead(stream: number, { path = CHECK_PATH, fields = {} }: HeadOptions = {}) {
  const block = Buffer.concat([
    literal(':method', 'POST'),
    literal(':scheme', 'http'),
    literal(':authority', 'sluice'),
    literal(':path', path),
    literal('content-type', 'application/grpc'),
    literal('te', 'trailers'),
    ...Object.entries(fields).map(([name, value]) => literal(name, value)),
  ]);
  return frame(FrameType.HEADERS, END_HEADERS, stream, block);
}

/** A whole gRPC request. */
export function request(stream: number, message: Uint8Array = NOTHING, head?: HeadOptions): Buffer {
  const body = frame(FrameType.DATA, END_STREAM, stream, framed(message));
  return Buffer.concat([requestHead(stream, head), body]);
}

export function reset(stream: number, code = 8): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(code);
  return frame(FrameType.RST_STREAM, 0, stream, payload);
}

/** A socket, and the frames that come out of it; a PING is answered. Closes when the server does, unless told not to. */
export class RawPeer implements AsyncDisposable {
  readonly socket: Socket;
  readonly frames: Frame[] = [];
  closed = false;
  #rest = Buffer.alloc(0);

  constructor(port: number, { allowHalfOpen = false } = {}) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen });
    this.socket.on('error', () => undefined);
    this.socket.on('data', (chunk) => this.#read(chunk));
    this.socket.on('close', () => {
      this.closed = true;
    });
  }

  /** Says hello; resolves when the server's settings have come and ours are agreed. */
  async greet(): Promise<this> {
    this.socket.write(Buffer.concat([PREFACE, frame(FrameType.SETTINGS, 0, 0)]));
    await until(() => this.of(FrameType.SETTINGS).length === 2);
    this.socket.write(frame(FrameType.SETTINGS, ACK, 0));
    await this.ping();
    return this;
  }

  /** Resolves when the server has read all that was written before. */
  async ping(): Promise<void> {
    const answers = () => this.of(FrameType.PING).filter(({ flags }) => flags === ACK).length;
    const count = answers();
    this.socket.write(frame(FrameType.PING, 0, 0, Buffer.alloc(8)));
    await until(() => answers() > count || this.closed);
  }

  of(type: number): readonly Frame[] {
    return this.frames.filter((candidate) => candidate.type === type);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    await until(() => this.closed);
  }

  #read(chunk: Buffer): void {
    let bytes = Buffer.concat([this.#rest, chunk]);
    while (bytes.length >= HEAD_BYTES) {
      const end = HEAD_BYTES + bytes.readUIntBE(0, 3);
      if (bytes.length < end) break;
      const came = {
        type: bytes[3] as number,
        flags: bytes[4] as number,
        stream: bytes.readUInt32BE(5),
        payload: bytes.subarray(HEAD_BYTES, end),
      };
      this.frames.push(came);
      if (came.type === FrameType.PING && came.flags !== ACK) {
        this.socket.write(frame(FrameType.PING, ACK, 0, came.payload));
      }
      bytes = bytes.subarray(end);
    }
    this.#rest = bytes;
  }
}

export async function openPeer(port: number, options?: { allowHalfOpen: boolean }) {
  const peer = new RawPeer(port, options);
  await until(() => !peer.socket.connecting);
  return peer;
}
