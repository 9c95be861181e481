import { connect, type Socket } from 'node:net';
import { CHECK_PATH } from '../../../src/sources/codec/check-request.ts';
import {
  Flag,
  type Frame,
  frame,
  frameAt,
  HEAD_BYTES,
  literals,
  NOTHING,
  PREFACE,
  SETTINGS_ACK,
  Type,
} from '../../support/http2.ts';
import { until } from '../../support/until.ts';
import { framed } from './clients.ts';

export { type Frame, frame, PREFACE, reset, Type as FrameType } from '../../support/http2.ts';

interface HeadOptions {
  readonly path?: string;
  /** More headers. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** HEADERS of a gRPC request. */
export function requestHead(stream: number, { path = CHECK_PATH, fields = {} }: HeadOptions = {}) {
  const block = literals([
    [':method', 'POST'],
    [':scheme', 'http'],
    [':authority', 'sluice'],
    [':path', path],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
    ...Object.entries(fields),
  ]);
  return frame(Type.HEADERS, Flag.END_HEADERS, stream, block);
}

/** A whole gRPC request. */
export function request(stream: number, message: Uint8Array = NOTHING, head?: HeadOptions): Buffer {
  const body = frame(Type.DATA, Flag.END_STREAM, stream, framed(message));
  return Buffer.concat([requestHead(stream, head), body]);
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
    this.socket.write(Buffer.concat([PREFACE, frame(Type.SETTINGS, 0, 0)]));
    await until(() => this.of(Type.SETTINGS).length === 2);
    this.socket.write(SETTINGS_ACK);
    await this.ping();
    return this;
  }

  /** Resolves when the server has read all that was written before. */
  async ping(): Promise<void> {
    const answers = () => this.of(Type.PING).filter(({ flags }) => flags === Flag.ACK).length;
    const count = answers();
    this.socket.write(frame(Type.PING, 0, 0, Buffer.alloc(8)));
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
    for (let came = frameAt(bytes, 0); came !== undefined; came = frameAt(bytes, 0)) {
      this.frames.push(came);
      if (came.type === Type.PING && came.flags !== Flag.ACK) {
        this.socket.write(frame(Type.PING, Flag.ACK, 0, came.payload));
      }
      bytes = bytes.subarray(HEAD_BYTES + came.payload.length);
    }
    this.#rest = bytes;
  }
}

export async function openPeer(port: number, options?: { allowHalfOpen: boolean }) {
  const peer = new RawPeer(port, options);
  await until(() => !peer.socket.connecting);
  return peer;
}
