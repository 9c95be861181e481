import { answerTo } from './answers.ts';
import type { ClientModel } from './client-model.ts';
import {
  ACK,
  END_HEADERS,
  END_STREAM,
  type Frame,
  frameAt,
  HEAD_BYTES,
  INITIAL_WINDOW,
  MAX_PAYLOAD_BYTES,
  MAX_WINDOW,
  Type,
} from './frames.ts';
import { readAnswerFields } from './hpack.ts';

type State = 'silent' | 'answering' | 'ended' | 'reset';

/** What the server has said on a stream. */
export class ServerStream {
  state: State = 'silent';
  httpStatus = '';
  isGrpc = false;
  grpcStatus: string | undefined;
  resetCode: number | undefined;
  readonly data: Buffer[] = [];
}

const LENGTHS: Readonly<Record<number, number>> = {
  [Type.RST_STREAM]: 4,
  [Type.PING]: 8,
  [Type.GOAWAY]: 8,
  [Type.WINDOW_UPDATE]: 4,
};
const FLAGS: Readonly<Record<number, number>> = {
  [Type.DATA]: END_STREAM,
  [Type.HEADERS]: END_STREAM | END_HEADERS,
  [Type.SETTINGS]: ACK,
  [Type.PING]: ACK,
};
const OF_CONNECTION: readonly number[] = [Type.SETTINGS, Type.PING, Type.GOAWAY];

function check(isSo: boolean, otherwise: string): asserts isSo {
  if (!isSo) throw new Error(otherwise);
}

/** Reads what a server writes, and throws where it is not what HTTP/2 or gRPC allows. */
export class ServerJudge {
  readonly streams = new Map<number, ServerStream>();
  pingAcks = 0;
  settingsAcks = 0;
  frames = 0;
  /** PINGs of its own. */
  readonly pings: Buffer[] = [];
  /** The last stream of the last GOAWAY, and its code. */
  lastStream = Number.POSITIVE_INFINITY;
  goAwayCode: number | undefined;
  /** What the client may still send on the connection. */
  #grantedBytes = INITIAL_WINDOW;
  readonly #client: ClientModel;
  /** What was asked for on a stream, if a Check was handed out, and whether anything else answers it. */
  readonly #question: (id: number) => string | undefined;
  readonly #isServed: (id: number) => boolean;

  constructor(
    client: ClientModel,
    question: (id: number) => string | undefined,
    isServed: (id: number) => boolean,
  ) {
    this.#client = client;
    this.#question = question;
    this.#isServed = isServed;
  }

  get receiveWindow(): number {
    return this.#grantedBytes - this.#client.dataBytes;
  }

  /** One write: whole frames. */
  read(bytes: Buffer): void {
    let at = 0;
    for (let next = frameAt(bytes, at); next !== undefined; next = frameAt(bytes, at)) {
      check(bytes[at + 5] === ((bytes[at + 5] as number) & 0x7f), 'the reserved bit is set');
      this.#frame(next);
      at += HEAD_BYTES + next.payload.length;
    }
    check(at === bytes.length, 'a write is not whole frames');
  }

  #frame(frame: Frame): void {
    const { type, flags, id, payload } = frame;
    const name = `frame ${this.frames} (type ${type}, flags ${flags}, stream ${id})`;
    const isFirst = this.frames++ === 0;
    check(isFirst === (type === Type.SETTINGS && (flags & ACK) === 0), `${name}: SETTINGS first`);
    check(payload.length <= MAX_PAYLOAD_BYTES, `${name} is too large`);
    check(payload.length === (LENGTHS[type] ?? payload.length), `${name} has a wrong length`);
    check((flags & ~(FLAGS[type] ?? 0)) === 0, `${name} has unknown flags`);
    check(
      type === Type.WINDOW_UPDATE || (id === 0) === OF_CONNECTION.includes(type),
      `${name}: stream`,
    );
    if (id !== 0) check(this.#client.streams.has(id), `${name}: nobody opened that stream`);
    if (type === Type.DATA) this.#data(frame, name);
    else if (type === Type.HEADERS) this.#headers(frame, name);
    else if (type === Type.RST_STREAM) this.#reset(frame, name);
    else if (type === Type.SETTINGS) this.#settings(frame, name);
    else if (type === Type.PING) this.#ping(frame, name);
    else if (type === Type.GOAWAY) this.#goAway(frame, name);
    else if (type === Type.WINDOW_UPDATE) this.#windowUpdate(frame, name);
    else throw new Error(`${name}: not of a server`);
  }

  #stream(id: number): ServerStream {
    let stream = this.streams.get(id);
    if (stream === undefined) {
      stream = new ServerStream();
      this.streams.set(id, stream);
    }
    return stream;
  }

  #headers({ flags, id, payload }: Frame, name: string): void {
    const stream = this.#stream(id);
    const isEnd = (flags & END_STREAM) !== 0;
    const isFirst = stream.state === 'silent';
    check(isFirst || stream.state === 'answering', `${name} on a stream that is ${stream.state}`);
    check((flags & END_HEADERS) !== 0, `${name} without END_HEADERS`);
    check(isFirst || isEnd, `${name}: trailers without END_STREAM`);
    const fields = readAnswerFields(payload);
    check(fields.has(':status') === isFirst, `${name}: :status is in the wrong place`);
    if (isFirst) {
      check([...fields.keys()][0] === ':status', `${name}: :status is not first`);
      stream.httpStatus = fields.get(':status') as string;
      stream.isGrpc = fields.get('content-type') === 'application/grpc';
    }
    stream.grpcStatus = fields.get('grpc-status');
    check(
      (stream.grpcStatus !== undefined) === isEnd,
      `${name}: grpc-status is in the wrong place`,
    );
    stream.state = isEnd ? 'ended' : 'answering';
    if (isEnd) this.#judgeAnswer(id, stream);
  }

  #data({ flags, id, payload }: Frame, name: string): void {
    const stream = this.#stream(id);
    check(stream.state === 'answering', `${name} on a stream that is ${stream.state}`);
    for (const window of [this.#client.window, this.#client.streams.get(id)?.window]) {
      window?.spend(payload.length);
      check(payload.length === 0 || (window?.most ?? 0) >= 0, `${name}: beyond the window`);
    }
    stream.data.push(payload);
    const isEnd = (flags & END_STREAM) !== 0;
    check(!isEnd || !stream.isGrpc, `${name}: a gRPC answer ends without a status`);
    if (isEnd) stream.state = 'ended';
    if (stream.isGrpc) this.#judgeData(id, stream, name);
  }

  #judgeData(id: number, { data }: ServerStream, name: string): void {
    const question = this.#question(id);
    if (question === undefined) {
      check(this.#isServed(id), `${name}: a message without a question`);
    } else {
      const expected = answerTo(question).data;
      const actual = Buffer.concat(data);
      const isPart = expected?.subarray(0, actual.length).equals(actual) === true;
      check(isPart, `${name}: not the answer to "${question}"`);
    }
  }

  #judgeAnswer(id: number, { data, grpcStatus }: ServerStream): void {
    const question = this.#question(id);
    const bytes = data.reduce((sum, { length }) => sum + length, 0);
    if (question === undefined || data.length === 0) return;
    const expected = answerTo(question);
    check(bytes === expected.data?.length, `stream ${id}: an answer that is not whole`);
    check(grpcStatus === '0', `stream ${id}: a message with status ${grpcStatus}`);
  }

  #reset({ id, payload }: Frame, name: string): void {
    const stream = this.#stream(id);
    check(stream.state !== 'reset', `${name} on a stream that was reset`);
    stream.state = 'reset';
    stream.resetCode = payload.readUInt32BE(0);
  }

  #settings({ flags, payload }: Frame, name: string): void {
    const isAck = (flags & ACK) !== 0;
    check(payload.length % 6 === 0 && (!isAck || payload.length === 0), `${name}: length`);
    if (isAck) this.settingsAcks++;
    check(this.settingsAcks <= this.#client.settings, `${name}: an ACK of nothing`);
  }

  #ping({ flags, payload }: Frame, name: string): void {
    if ((flags & ACK) === 0) {
      this.pings.push(payload);
    } else {
      const asked = this.#client.pings[this.pingAcks++];
      check(asked?.equals(payload) === true, `${name}: an ACK of another PING`);
    }
  }

  #goAway({ payload }: Frame, name: string): void {
    const last = payload.readUInt32BE(0);
    check(last <= this.lastStream, `${name}: the last stream has become ${last}`);
    check(last === MAX_WINDOW || last <= this.#client.lastId, `${name}: stream ${last} never came`);
    this.lastStream = last;
    this.goAwayCode = payload.readUInt32BE(4);
  }

  #windowUpdate({ id, payload }: Frame, name: string): void {
    const increment = payload.readUInt32BE(0);
    check(increment > 0 && increment <= MAX_WINDOW, `${name} by ${increment}`);
    if (id === 0) {
      this.#grantedBytes += increment;
      check(this.receiveWindow <= MAX_WINDOW, `${name}: a window above the largest`);
    } else {
      const { state } = this.#stream(id);
      check(state !== 'reset' && state !== 'ended', `${name} on a stream that is ${state}`);
    }
  }
}
