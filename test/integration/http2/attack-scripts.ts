import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { framed } from '../sources/clients.ts';
import {
  block,
  check,
  data,
  type Fields,
  Flag,
  frame,
  GRPC_BLOCK,
  GRPC_FIELDS,
  headers,
  INITIAL_WINDOW,
  indexing,
  MAX_INT31,
  NOTHING,
  open,
  openPath,
  PING,
  PREFACE,
  priority,
  reset,
  SETTINGS_ACK,
  Setting,
  settings,
  Type,
  uint32,
  windowUpdate,
} from './frames.ts';

/** Ids of streams would run out: a connection is made anew after so many writes. */
const WAVES_OF_A_CONNECTION = 100_000;
const FRAME_HEAD_BYTES = 9;
const STREAM_ID_AT = 5;
const MAX_FRAME_BYTES = 16_384;
const RECONNECT_MS = 10;

interface Shape {
  /** Said first, on every connection; by default what opens one. */
  readonly hello?: Uint8Array;
  /** The write after `n` others; undefined = it keeps silent. */
  readonly wave?: (n: number) => Uint8Array;
  /** From one write to the next; undefined = as soon as it is taken. */
  readonly everyMs?: number;
  /** How many it makes at once. */
  readonly connections?: number;
  /** Whether it reads what it is sent. */
  readonly reads?: boolean;
}

const HELLO = Buffer.concat([PREFACE, settings(), SETTINGS_ACK]);

/** One way of doing harm, without end. */
export class Attack {
  readonly name: string;
  readonly hello: Uint8Array;
  readonly wave: ((n: number) => Uint8Array) | undefined;
  readonly everyMs: number | undefined;
  readonly connections: number;
  readonly reads: boolean;

  constructor(
    name: string,
    { hello = HELLO, wave, everyMs, connections = 1, reads = true }: Shape,
  ) {
    this.name = name;
    this.hello = hello;
    this.wave = wave;
    this.everyMs = everyMs;
    this.connections = connections;
    this.reads = reads;
  }

  /** Goes on, and connects anew when it is thrown out, until it is disposed of. */
  start(port: number): AsyncDisposable {
    const assailants = Array.from({ length: this.connections }, () => new Assailant(this, port));
    return {
      async [Symbol.asyncDispose]() {
        await Promise.all(assailants.map((assailant) => assailant[Symbol.asyncDispose]()));
      },
    };
  }
}

class Assailant implements AsyncDisposable {
  readonly #attack: Attack;
  readonly #port: number;
  #socket: Socket;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(attack: Attack, port: number) {
    this.#attack = attack;
    this.#port = port;
    this.#socket = this.#connect();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    this.#stopped = true;
    if (this.#socket.closed) return;
    const closed = once(this.#socket, 'close');
    this.#socket.destroy();
    await closed;
  }

  #connect(): Socket {
    const { hello, reads } = this.#attack;
    const socket = connect(this.#port, '127.0.0.1');
    if (reads) socket.resume();
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (this.#stopped) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => {
        this.#socket = this.#connect();
      }, RECONNECT_MS);
    });
    socket.write(hello, () => this.#go(socket, 0));
    return socket;
  }

  #go(socket: Socket, n: number): void {
    const { wave, everyMs } = this.#attack;
    if (wave === undefined || !socket.writable) return;
    if (n === WAVES_OF_A_CONNECTION) {
      socket.destroy();
      return;
    }
    socket.write(wave(n), () => {
      if (everyMs === undefined) this.#go(socket, n + 1);
      else this.#timer = setTimeout(() => this.#go(socket, n + 1), everyMs);
    });
  }
}

/** `unit` for each of so many streams, and at every call for the next ones. */
function onNewStreams(count: number, unit: (stream: number) => Uint8Array) {
  const template = Buffer.concat(Array.from({ length: count }, (_, index) => unit(2 * index + 1)));
  const places = streamIdsOf(template);
  return (n: number): Buffer => {
    const bytes = Buffer.from(template);
    const shift = 2 * count * n;
    for (const at of places) bytes.writeUInt32BE(bytes.readUInt32BE(at) + shift, at);
    return bytes;
  };
}

/** Where frames have the id of a stream: in their heads, and those of PRIORITY behind it as well. */
function streamIdsOf(frames: Buffer): readonly number[] {
  const places: number[] = [];
  for (let at = 0; at < frames.length; at += FRAME_HEAD_BYTES + frames.readUIntBE(at, 3)) {
    places.push(at + STREAM_ID_AT);
    if (frames[at + 3] === Type.PRIORITY) places.push(at + FRAME_HEAD_BYTES);
  }
  return places;
}

/** The same at every call. */
function again(count: number, ...unit: readonly Uint8Array[]): () => Buffer {
  const one = Buffer.concat(unit);
  const bytes = Buffer.concat(Array.from({ length: count }, () => one));
  return () => bytes;
}

const after = (...frames: readonly Uint8Array[]): Buffer => Buffer.concat([HELLO, ...frames]);

const STREAMS = 100;
const CONTROLS = 500;

const perStream = (name: string, unit: (stream: number) => Buffer[]): Attack =>
  new Attack(name, { wave: onNewStreams(STREAMS, (stream) => Buffer.concat(unit(stream))) });

const perFrame = (name: string, unit: Uint8Array, ...opening: readonly Uint8Array[]): Attack =>
  new Attack(name, { hello: after(...opening), wave: again(CONTROLS, unit) });

const manyFields: Fields = Array.from({ length: 500 }, (_, index) => [`x-${index}`, 'y']);
/** An entry that fills the table up; then it is named as often as there is room, a byte each. */
const bomb = Buffer.concat([
  GRPC_BLOCK,
  indexing('x-bomb', 'b'.repeat(4_000)),
  Buffer.alloc(MAX_FRAME_BYTES - 5_000, 0x80 | 62),
]);

/** A message in frames of the largest size, and how many of them are not the last. */
const message = framed(Buffer.alloc(1_000_000));
const PARTS = Math.floor(message.length / MAX_FRAME_BYTES);
const partsOf = (stream: number): Buffer =>
  Buffer.concat(
    Array.from({ length: PARTS }, (_, index) =>
      data(stream, message.subarray(index * MAX_FRAME_BYTES, (index + 1) * MAX_FRAME_BYTES)),
    ),
  );

/** Those that the service has to throw out, or to answer at little cost. */
export const floods = {
  rapidReset: perStream('requests reset at once', (id) => [check(id), reset(id)]),
  rapidResetOfHeaders: perStream('HEADERS reset at once', (id) => [open(id), reset(id)]),
  zeroWindowUpdate: perStream('windows widened by 0', (id) => [check(id), windowUpdate(id, 0)]),
  windowOverflow: perStream('windows widened too far', (id) => [
    check(id),
    windowUpdate(id, MAX_INT31),
  ]),
  shortPriority: perStream('PRIORITY of a wrong length', (id) => [
    check(id),
    frame(Type.PRIORITY, 0, id, uint32(0)),
  ]),
  selfPriority: perStream('PRIORITY on itself', (id) => [check(id), priority(id, id)]),
  headersAfterEnd: perStream('HEADERS after END_STREAM', (id) => [
    check(id),
    headers(id, GRPC_BLOCK, Flag.END_STREAM),
  ]),
  dataAfterEnd: perStream('DATA after END_STREAM', (id) => [check(id), data(id, Buffer.alloc(1))]),
  emptyNames: perStream('names of no length', (id) => [open(id, [['', '']])]),
  tooManyStreams: perStream('more streams than allowed', (id) => [check(id)]),
  continuations: new Attack('CONTINUATION without end', {
    hello: after(frame(Type.HEADERS, 0, 1, GRPC_BLOCK)),
    wave: again(CONTROLS, frame(Type.CONTINUATION, 0, 1, Buffer.from([0x82]))),
  }),
  emptyContinuations: new Attack('empty CONTINUATION without end', {
    hello: after(frame(Type.HEADERS, 0, 1, GRPC_BLOCK)),
    wave: again(CONTROLS, frame(Type.CONTINUATION, 0, 1)),
  }),
  hpackBomb: perStream('an HPACK bomb', (id) => [headers(id, bomb, Flag.END_STREAM)]),
  fieldBomb: perStream('a bomb of many fields', (id) => [
    headers(id, block([...GRPC_FIELDS, ...manyFields]), Flag.END_STREAM),
  ]),
  settings: perFrame('SETTINGS', settings()),
  swingingWindows: perFrame(
    'SETTINGS that move all windows',
    Buffer.concat([0, 1].map((size) => settings([Setting.INITIAL_WINDOW_SIZE, size]))),
    ...Array.from({ length: STREAMS }, (_, index) => check(2 * index + 1)),
  ),
  settingsAcks: perFrame('SETTINGS that are acknowledged', SETTINGS_ACK),
  pings: perFrame('PING', PING),
  pingAcks: perFrame('PING that are answered', frame(Type.PING, Flag.ACK, 0, Buffer.alloc(8))),
  goAways: perFrame('GOAWAY', frame(Type.GOAWAY, 0, 0, Buffer.alloc(8))),
  resetsOfNothing: perFrame('RST_STREAM of a closed stream', reset(1), check(1), reset(1)),
  emptyData: perFrame('empty DATA', data(1, NOTHING), open(1)),
  paddedData: perFrame('padding', data(1, Buffer.from([1, 0]), Flag.PADDED), open(1)),
  priorities: perFrame('PRIORITY', priority(1, 0)),
  unknownFrames: perFrame('unknown frames', frame(0xfa, 0xff, 1, Buffer.alloc(20))),
  windowUpdates: perFrame('WINDOW_UPDATE', windowUpdate(0, 1)),
  windowUpdatesOfNothing: perFrame(
    'WINDOW_UPDATE of a closed stream',
    windowUpdate(1, 1),
    check(1),
    reset(1),
  ),
  headersOfReset: perFrame(
    'HEADERS of a stream that was reset',
    headers(1, GRPC_BLOCK),
    open(1, [['', '']]),
  ),
};

/** Those that take what there is, and keep it. */
export const squats = {
  preface: new Attack('half a preface', { hello: PREFACE.subarray(0, 10), connections: 20 }),
  settingsAck: new Attack('SETTINGS that are not acknowledged', {
    hello: Buffer.concat([PREFACE, settings()]),
    connections: 20,
  }),
  connections: new Attack('connections', { connections: 200 }),
  stalledRequests: new Attack('requests that do not end', {
    wave: onNewStreams(STREAMS, (stream) => open(stream)),
    everyMs: 1_000,
  }),
  stalledUnknown: new Attack('requests of an unknown method that do not end', {
    wave: onNewStreams(STREAMS, (stream) => openPath(stream, '/a.B/C')),
    everyMs: 1_000,
  }),
  stalledBlock: new Attack('a header block that does not end', {
    hello: after(frame(Type.HEADERS, 0, 1, GRPC_BLOCK)),
  }),
  parts: new Attack('messages that do not end', {
    wave: onNewStreams(1, (stream) => Buffer.concat([open(stream), partsOf(stream)])),
    everyMs: 100,
  }),
  smallParts: new Attack('messages of which a frame has come', {
    wave: onNewStreams(STREAMS, (stream) =>
      Buffer.concat([open(stream), data(stream, message.subarray(0, MAX_FRAME_BYTES))]),
    ),
    everyMs: 1_000,
  }),
  zeroWindow: new Attack('a window of 0', {
    hello: after(settings([Setting.INITIAL_WINDOW_SIZE, 0])),
    wave: onNewStreams(STREAMS, check),
    everyMs: 1_000,
  }),
  slowRead: new Attack('answers that are not read', {
    hello: after(
      settings([Setting.INITIAL_WINDOW_SIZE, MAX_INT31]),
      windowUpdate(0, MAX_INT31 - INITIAL_WINDOW),
    ),
    wave: onNewStreams(STREAMS, check),
    reads: false,
  }),
};

/** All of them. */
export const attacks: readonly Attack[] = [...Object.values(floods), ...Object.values(squats)];
