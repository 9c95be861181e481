import { connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { HeaderDecoder } from '../../../src/sources/http2/hpack/decoder.ts';
import { decodeCheckResponse } from '../../support/protobuf.ts';
import { ACK, cutIntoFrames, END_STREAM, type Frame, frameAt, ping, Type } from './frames.ts';

/**
 * Round trips in which nothing else comes before it is believed that nothing will. The servers are of
 * this process, so that each takes them through all that they have put off.
 */
const QUIET_PINGS = 10;

export interface Heard {
  /** By stream: what came of it. */
  readonly streams: Readonly<Record<string, string>>;
  /** Whether the server has ended the connection. */
  readonly isEnded: boolean;
}

interface Answer {
  status: string;
  grpcStatus: string | undefined;
  resetCode: number | undefined;
  ended: boolean;
  readonly data: Buffer[];
}

/** Says things to a server, and makes out what it answers. */
export class DifferentialPeer implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #answers = new Map<number, Answer>();
  readonly #decoder = new HeaderDecoder();
  #rest: Buffer = Buffer.alloc(0);
  #closed = false;
  #pongs = 0;
  #wake: () => void = () => undefined;
  /** Frames but for the answers to our PINGs. */
  #frames = 0;

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('error', () => undefined);
    this.#socket.on('data', (chunk) => this.#read(chunk));
    this.#socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  /** Says it in pieces; resolves when the server has nothing more to say. */
  async say(bytes: Buffer, cuts: readonly number[]): Promise<Heard> {
    let start = 0;
    for (const stop of cuts) {
      if (this.#closed) break;
      this.#socket.write(bytes.subarray(start, stop));
      start = stop;
      await turn();
    }
    await this.#quiet();
    const streams = [...this.#answers].map(([id, answer]) => [id, describe(answer)]);
    return { streams: Object.fromEntries(streams), isEnded: this.#closed };
  }

  async #quiet(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_PINGS && !this.#closed; quiet++) {
      const frames = this.#frames;
      const pongs = this.#pongs;
      this.#socket.write(ping('quiet'));
      while (!this.#closed && this.#pongs === pongs) await this.#something();
      if (this.#frames > frames) quiet = 0;
      await turn();
    }
  }

  /** Resolves when anything has come, or the end. */
  #something(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    return promise;
  }

  #read(chunk: Buffer): void {
    const pieces = cutIntoFrames(Buffer.concat([this.#rest, chunk]));
    this.#rest = Buffer.alloc(0);
    for (const piece of pieces) {
      const frame = frameAt(piece, 0);
      if (frame === undefined) this.#rest = piece;
      else this.#frame(frame);
    }
    this.#wake();
  }

  #frame(frame: Frame): void {
    const { type, flags, id, payload } = frame;
    if (type === Type.PING) {
      if ((flags & ACK) !== 0 && payload.toString() === 'quiet   ') this.#pongs++;
      return;
    }
    this.#frames++;
    if (type !== Type.HEADERS && type !== Type.DATA && type !== Type.RST_STREAM) return;
    const answer = this.#answers.get(id) ?? {
      status: '',
      grpcStatus: undefined,
      resetCode: undefined,
      ended: false,
      data: [],
    };
    this.#answers.set(id, answer);
    if (type === Type.DATA) answer.data.push(payload);
    if (type === Type.RST_STREAM) answer.resetCode = payload.readUInt32BE(0);
    else answer.ended ||= (flags & END_STREAM) !== 0;
    if (type === Type.HEADERS) this.#fields(payload, answer);
  }

  #fields(block: Buffer, answer: Answer): void {
    const isRead = this.#decoder.decode(block, 0, block.length, {
      field({ nameBytes, nameStart, nameStop, valueBytes, valueStart, valueStop }) {
        const name = nameBytes.toString('latin1', nameStart, nameStop);
        const value = valueBytes.toString('latin1', valueStart, valueStop);
        if (name === ':status') answer.status = value;
        if (name === 'grpc-status') answer.grpcStatus = value;
      },
    });
    if (!isRead) throw new Error('a header block that cannot be read');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    while (!this.#closed) await this.#something();
  }
}

function describe({ status, grpcStatus, resetCode, ended, data }: Answer): string {
  if (ended && grpcStatus === '0') return describeMessage(Buffer.concat(data));
  if (ended && grpcStatus !== undefined) return `status ${grpcStatus}`;
  if (ended) return `HTTP ${status}`;
  return resetCode === undefined ? 'unfinished' : 'reset';
}

function describeMessage(bytes: Buffer): string {
  const asked = decodeCheckResponse(bytes.subarray(5)).headers.find(
    ({ name }) => name === 'x-asked',
  );
  return asked === undefined ? 'a message' : `answer to ${asked.value}`;
}
