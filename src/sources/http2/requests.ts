import { MAX_MESSAGE_BYTES } from '../grpc-options.ts';
import type { Answers } from './answers.ts';
import { Assembly } from './assembly.ts';
import { ErrorCode, INITIAL_WINDOW, MAX_INT31, readUint32 } from './frame.ts';
import type { FrameWriter } from './frame-writer.ts';
import { Status } from './grpc-status.ts';
import { BlockMemo } from './hpack/block-memo.ts';
import { HeaderDecoder } from './hpack/decoder.ts';
import { type AssemblyBudget, MESSAGE_PREFIX_BYTES, MessageReader } from './message-reader.ts';
import type { Refusal } from './meter.ts';
import { RequestHead } from './request-head.ts';
import { Route } from './route.ts';
import type { Method } from './rpc.ts';
import { screen } from './screen.ts';
import { Stream } from './stream.ts';
import { StreamTable } from './stream-table.ts';

const NOT_ONE_MESSAGE = 'a Check is exactly one message';

/** What the requests of all connections need of the server. */
export interface RequestsHost {
  /** ms */
  readonly now: number;
  /** SETTINGS_MAX_CONCURRENT_STREAMS. */
  readonly maxStreams: number;
  /** Bytes of a message that is kept whole. */
  readonly maxKeptBytes: number;
  readonly assembly: AssemblyBudget;
  method(route: Route): Method | undefined;
  /** A whole Check has come; `bytes` undefined = one that is too large to be kept. */
  check(stream: Stream, bytes: Buffer | undefined, start: number, stop: number): void;
  refused(refusal: Refusal): void;
}

/** What the requests of one connection need of it. */
export interface RequestsOwner {
  /** Window of DATA that the peer gives every stream. */
  readonly peerWindow: number;
  /** Ends the connection. Always false: nothing more is read. */
  fail(code: ErrorCode, refusal: Refusal): false;
  /** Sends RST_STREAM. False when that was once too often. */
  resetStream(id: number, code: ErrorCode, refusal: Refusal): boolean;
  /** Tells the peer that the rest of a request that was answered is not wanted. */
  stopRequest(id: number): void;
  /** A frame has come that carries no request. False when that was once too often. */
  control(cost?: number): boolean;
  /** A request had too many headers. False when that was once too often. */
  largeHead(): boolean;
  /** Whether frames of a stream that is closed may still be under way. */
  wasReset(id: number): boolean;
  /** Whether a stream came after the one that we said is the last. */
  isBeyondLast(id: number): boolean;
  /** A stream has left the table. */
  closed(): void;
}

/** Reading a header block takes as long as so many of the simplest frames. */
const COST_OF_BLOCK = 10;

/** The streams of one connection, from their HEADERS to a whole message. */
export class Requests {
  readonly streams = new StreamTable();
  /** Highest id that the peer has used. */
  lastId = 0;
  readonly #host: RequestsHost;
  readonly #owner: RequestsOwner;
  readonly #assembly: AssemblyBudget;
  readonly #answers: Answers;
  readonly #writer: FrameWriter;
  readonly #decoder = new HeaderDecoder();
  /** Of the block read last, and so of every one that equals it. */
  readonly #head = new RequestHead();
  readonly #memo = new BlockMemo();

  constructor(host: RequestsHost, owner: RequestsOwner, answers: Answers, writer: FrameWriter) {
    this.#host = host;
    this.#assembly = new Assembly(() => host.refused('assembly_limit'), host.assembly);
    this.#owner = owner;
    this.#answers = answers;
    this.#writer = writer;
  }

  /** A whole header block. False: nothing more is to be read, here and in all that follows. */
  headers(
    id: number,
    endsStream: boolean,
    isSelfDependent: boolean,
    bytes: Buffer,
    start: number,
    stop: number,
  ): boolean {
    const owner = this.#owner;
    const stream = this.streams.get(id);
    if (stream !== undefined) return this.#trailers(stream, endsStream, bytes, start, stop);
    const isNew = id > this.lastId;
    if (id % 2 === 0) return owner.fail(ErrorCode.PROTOCOL_ERROR, 'protocol_error');
    if (!this.#read(bytes, start, stop)) {
      return owner.fail(ErrorCode.COMPRESSION_ERROR, 'compression_error');
    }
    if (!isNew) return this.#late(id, COST_OF_BLOCK);
    this.lastId = id;
    if (owner.isBeyondLast(id)) return true;
    if (this.streams.size >= this.#host.maxStreams) {
      return owner.resetStream(id, ErrorCode.REFUSED_STREAM, 'stream_limit');
    }
    const head = this.#head;
    if (isSelfDependent || head.isMalformed || !head.isComplete) {
      return owner.resetStream(id, ErrorCode.PROTOCOL_ERROR, 'stream_error');
    }
    return this.#open(id, endsStream);
  }

  /** A frame of a stream that is closed: what was under way when we reset it, and nothing else. */
  #late(id: number, cost?: number): boolean {
    if (this.#owner.wasReset(id)) return this.#owner.control(cost);
    return this.#owner.fail(ErrorCode.STREAM_CLOSED, 'protocol_error');
  }

  /** A block of a request, into the head. */
  #read(bytes: Buffer, start: number, stop: number): boolean {
    const { table } = this.#decoder;
    if (this.#memo.holds(bytes, start, stop, table.generation)) return true;
    const before = table.generation;
    this.#head.beginRequest();
    if (!this.#decoder.decode(bytes, start, stop, this.#head)) return false;
    this.#head.end();
    this.#memo.remember(bytes, start, stop, before, table.generation);
    return true;
  }

  #open(id: number, endsStream: boolean): boolean {
    const head = this.#head;
    const { peerWindow } = this.#owner;
    const stream = new Stream(this.#answers, id, head, peerWindow, INITIAL_WINDOW, this.#host.now);
    this.streams.add(stream);
    const refused = screen(head, this.#isServed);
    if (refused !== undefined) {
      this.#host.refused(head.isTooLarge ? 'header_list_too_large' : 'not_grpc');
      this.#answers.refuse(stream, refused);
      if (head.isTooLarge && !this.#owner.largeHead()) return false;
    }
    return endsStream ? this.#end(stream) : true;
  }

  readonly #isServed = (route: Route): boolean => this.#host.method(route) !== undefined;

  /** RFC 9113, section 8.1: they end the request, or it is malformed. */
  #trailers(
    stream: Stream,
    endsStream: boolean,
    bytes: Buffer,
    start: number,
    stop: number,
  ): boolean {
    const owner = this.#owner;
    const head = this.#head;
    this.#memo.forget();
    head.beginTrailers();
    if (!this.#decoder.decode(bytes, start, stop, head)) {
      return owner.fail(ErrorCode.COMPRESSION_ERROR, 'compression_error');
    }
    if (stream.remoteEnded) return this.reset(stream, ErrorCode.STREAM_CLOSED);
    if (!endsStream || head.isMalformed || head.isTooLarge)
      return this.reset(stream, ErrorCode.PROTOCOL_ERROR);
    return this.#end(stream);
  }

  /** DATA of a stream; the window of the connection has been seen to. [start, stop): no padding. */
  data(
    id: number,
    endsStream: boolean,
    frameBytes: number,
    bytes: Buffer,
    start: number,
    stop: number,
  ): boolean {
    const owner = this.#owner;
    const stream = this.streams.get(id);
    if (stream === undefined) {
      if (id > this.lastId) return owner.fail(ErrorCode.PROTOCOL_ERROR, 'protocol_error');
      return owner.isBeyondLast(id) || this.#late(id);
    }
    if (stream.remoteEnded) return this.reset(stream, ErrorCode.STREAM_CLOSED);
    stream.receiveWindow -= frameBytes;
    if (stream.receiveWindow < 0) {
      return this.reset(stream, ErrorCode.FLOW_CONTROL_ERROR, 'flow_control_error');
    }
    stream.receivedBytes += stop - start;
    if (endsStream && isWholeCheck(stream, bytes, start, stop, this.#host.maxKeptBytes)) {
      stream.remoteEnded = true;
      this.#host.check(stream, bytes, start + MESSAGE_PREFIX_BYTES, stop);
      return true;
    }
    if (!stream.ending) this.#assemble(stream, bytes, start, stop);
    if (endsStream) return this.#end(stream);
    this.#widen(stream);
    return true;
  }

  /** RST_STREAM has come. */
  cancel(stream: Stream): void {
    stream.call?.cancel();
    this.close(stream);
  }

  cancelAll(): void {
    this.streams.forEach((stream) => {
      this.cancel(stream);
    });
  }

  /**
   * Resets what was begun before `time` and has not come to its end; at once what was answered before
   * that (RFC 9113, section 8.1), or it would count as an open stream for as long.
   */
  expire(time: number): void {
    this.streams.forEach((stream) => {
      if (stream.localEnded) {
        this.#owner.stopRequest(stream.id);
        this.close(stream);
        return;
      }
      // Reflection is a conversation, and takes as long as the caller likes.
      const isOpenEnded = stream.route >= Route.REFLECTION_V1 && !stream.ending;
      const isDue = !stream.remoteEnded && !isOpenEnded && stream.openedAt < time;
      if (isDue) this.reset(stream, ErrorCode.CANCEL, 'request_timeout');
    });
  }

  /** Of DATA that we may send. False when one becomes larger than any may be. */
  shiftWindows(change: number): boolean {
    let fits = true;
    this.streams.forEach((stream) => {
      stream.sendWindow += change;
      if (stream.sendWindow > MAX_INT31) fits = false;
    });
    return fits;
  }

  /** Takes the stream off the table. */
  close(stream: Stream): void {
    if (stream.closed) return;
    stream.closed = true;
    this.streams.delete(stream);
    stream.reader?.drop();
    if (stream.heldBytes > 0) this.#assembly.give(stream.heldBytes);
    if (stream.route !== Route.CHECK) this.#host.method(stream.route)?.closed(stream);
    this.#owner.closed();
  }

  #assemble(stream: Stream, bytes: Buffer, start: number, stop: number): void {
    const host = this.#host;
    stream.reader ??= new MessageReader(host.maxKeptBytes, this.#assembly);
    stream.reader.read(bytes, start, stop, (message) => {
      if (stream.route !== Route.CHECK) {
        if (message !== undefined) host.method(stream.route)?.message(stream, message);
      } else if (stream.reader?.messages !== 1) {
        stream.finish(Status.UNIMPLEMENTED, NOT_ONE_MESSAGE);
      } else if (message !== undefined && this.#assembly.take(message.length)) {
        stream.message = message;
        stream.heldBytes += message.length;
      }
    });
    if (stream.reader.announcedBytes > MAX_MESSAGE_BYTES) {
      host.refused('message_too_large');
      stream.finish(Status.RESOURCE_EXHAUSTED, 'message above 4 MiB');
    }
  }

  /** Lets the peer go on with a message that is not complete. */
  #widen(stream: Stream): void {
    const isWanted = stream.route !== Route.CHECK || stream.reader?.isPartial === true;
    if (stream.closed || stream.ending || !isWanted) return;
    if (stream.receiveWindow > INITIAL_WINDOW / 2) return;
    this.#writer.windowUpdate(stream.id, INITIAL_WINDOW - stream.receiveWindow);
    stream.receiveWindow = INITIAL_WINDOW;
  }

  /** END_STREAM has come, and there was not one whole Check in one frame. */
  #end(stream: Stream): boolean {
    if (stream.contentLength >= 0 && stream.contentLength !== stream.receivedBytes) {
      return this.reset(stream, ErrorCode.PROTOCOL_ERROR);
    }
    stream.remoteEnded = true;
    if (stream.localEnded) this.close(stream);
    else if (stream.ending) return true;
    else if (stream.route === Route.CHECK) this.#endCheck(stream);
    else this.#host.method(stream.route)?.ended(stream);
    return true;
  }

  #endCheck(stream: Stream): void {
    const { reader, message } = stream;
    if (reader?.isCompressed) {
      stream.finish(Status.INTERNAL, 'compressed without grpc-encoding');
    } else if (reader === undefined || reader.messages !== 1 || reader.isPartial) {
      stream.finish(Status.UNIMPLEMENTED, NOT_ONE_MESSAGE);
    } else {
      this.#host.check(stream, message, 0, message?.length ?? 0);
    }
  }

  /** A stream error: ends the stream, and not the connection. */
  reset(stream: Stream, code: ErrorCode, refusal: Refusal = 'stream_error'): boolean {
    if (stream.closed) return false; // the connection has ended, by another stream's reset
    // Before the stream goes: with the last one the connection may, and nothing is written after that.
    const goesOn = this.#owner.resetStream(stream.id, code, refusal);
    this.cancel(stream);
    return goesOn;
  }
}

/** What nearly every Check is: one message in the one frame of DATA that ends the request. */
function isWholeCheck(
  stream: Stream,
  bytes: Buffer,
  start: number,
  stop: number,
  maxBytes: number,
): boolean {
  const length = stop - start - MESSAGE_PREFIX_BYTES;
  return (
    stream.route === Route.CHECK &&
    length >= 0 &&
    length <= maxBytes &&
    stream.reader === undefined &&
    !stream.ending &&
    (stream.contentLength < 0 || stream.contentLength === stream.receivedBytes) &&
    bytes[start] === 0 &&
    readUint32(bytes, start + 1) === length
  );
}
