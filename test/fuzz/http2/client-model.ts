import {
  ACK,
  contentOf,
  END_HEADERS,
  END_STREAM,
  type Frame,
  INITIAL_WINDOW,
  INITIAL_WINDOW_SIZE,
  MAX_WINDOW,
  Type,
} from './frames.ts';
import type { FieldMap, Script } from './script.ts';

/** Bytes that the server may still send: now, and the most since `forget`. */
export class Window {
  now: number;
  most: number;

  constructor(size: number) {
    this.now = this.most = size;
  }

  add(bytes: number): void {
    this.now += bytes;
    this.most = Math.max(this.most, this.now);
  }

  spend(bytes: number): void {
    this.now -= bytes;
    this.most -= bytes;
  }

  forget(): void {
    this.most = this.now;
  }
}

export class ClientStream {
  readonly window: Window;
  readonly data: Buffer[] = [];
  /** Of its first header block. */
  fields: FieldMap | undefined;
  isEnded = false;
  /** The client wants no answer any more. */
  isReset = false;

  constructor(window: number) {
    this.window = new Window(window);
  }

  /** The message, if there is one and nothing else. */
  get message(): Buffer | undefined {
    const bytes = Buffer.concat(this.data);
    const isOne = bytes.length >= 5 && bytes[0] === 0 && bytes.readUInt32BE(1) === bytes.length - 5;
    return this.isEnded && isOne ? bytes.subarray(5) : undefined;
  }
}

/**
 * What a client has said and what that allows the server, whatever the server made of it: an upper
 * bound of the windows, and exactly them as long as the connection has not failed.
 */
export class ClientModel {
  readonly window = new Window(INITIAL_WINDOW);
  readonly streams = new Map<number, ClientStream>();
  readonly pings: Buffer[] = [];
  settings = 0;
  lastId = 0;
  /** Bytes of DATA, padding and all. */
  dataBytes = 0;
  /** The stream whose header block is not complete. */
  openBlock = 0;
  /** Where the last whole frame ends; 0 without a preface. */
  end = 0;
  readonly #frames: Script['frames'];
  #next = 0;
  #initialWindow = INITIAL_WINDOW;

  constructor({ frames }: Script) {
    this.#frames = frames;
  }

  /** The first `length` bytes have been sent. */
  sent(length: number): void {
    this.window.forget();
    for (const { window } of this.streams.values()) window.forget();
    for (let next = this.#frames[this.#next]; next !== undefined && next.end <= length; ) {
      this.frame(next.frame, next.fields);
      this.end = next.end;
      next = this.#frames[++this.#next];
    }
  }

  frame(frame: Frame, fields?: FieldMap): void {
    const { type, flags, id, payload } = frame;
    if (type === Type.HEADERS || type === Type.CONTINUATION) {
      this.openBlock = (flags & END_HEADERS) === 0 ? id : 0;
    }
    if (type === Type.HEADERS) this.#headers(frame);
    else if (type === Type.DATA) this.#data(frame);
    else if (type === Type.PING && (flags & ACK) === 0) this.pings.push(payload);
    else if (type === Type.SETTINGS && (flags & ACK) === 0) this.#settings(payload);
    else if (type === Type.RST_STREAM) this.#reset(id);
    else if (type === Type.WINDOW_UPDATE && payload.length === 4) {
      const window = id === 0 ? this.window : this.streams.get(id)?.window;
      window?.add(payload.readUInt32BE(0) & MAX_WINDOW);
    }
    const stream = this.streams.get(id);
    if (stream !== undefined) stream.fields ??= fields;
  }

  #headers({ flags, id }: Frame): void {
    const isEnd = (flags & END_STREAM) !== 0;
    let stream = this.streams.get(id);
    if (stream === undefined) {
      stream = new ClientStream(this.#initialWindow);
      this.streams.set(id, stream);
      this.lastId = Math.max(this.lastId, id);
    }
    stream.isEnded ||= isEnd;
  }

  #data(frame: Frame): void {
    this.dataBytes += frame.payload.length;
    const stream = this.streams.get(frame.id);
    const content = contentOf(frame);
    if (stream === undefined || stream.isEnded || content === undefined) return;
    stream.data.push(content);
    stream.isEnded = (frame.flags & END_STREAM) !== 0;
  }

  #reset(id: number): void {
    const stream = this.streams.get(id);
    if (stream !== undefined) stream.isReset = true;
  }

  #settings(payload: Buffer): void {
    this.settings++;
    for (let at = 0; at + 6 <= payload.length; at += 6) {
      const value = payload.readUInt32BE(at + 2);
      if (payload.readUInt16BE(at) !== INITIAL_WINDOW_SIZE || value > MAX_WINDOW) continue;
      const change = value - this.#initialWindow;
      this.#initialWindow = value;
      for (const { window } of this.streams.values()) window.add(change);
    }
  }
}
