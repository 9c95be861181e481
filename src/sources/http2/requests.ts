import type { Answers } from './answers.ts';
import { ErrorCode, INITIAL_WINDOW, MAX_INT31 } from './frame.ts';
import type { FrameWriter } from './frame-writer.ts';
import { HeadReader } from './head-reader.ts';
import { Messages, type MessagesHost } from './messages.ts';
import type { Refusal } from './meter.ts';
import { Route } from './route.ts';
import { screen } from './screen.ts';
import { Stream } from './stream.ts';
import { StreamTable } from './stream-table.ts';

/** What the requests of all connections need of the server. */
export interface RequestsHost extends MessagesHost {
  /** ms */
  readonly now: number;
  /** SETTINGS_MAX_CONCURRENT_STREAMS. */
  readonly maxStreams: number;
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
  readonly #answers: Answers;
  readonly #heads = new HeadReader();
  readonly #messages: Messages;

  constructor(host: RequestsHost, owner: RequestsOwner, answers: Answers, writer: FrameWriter) {
    this.#host = host;
    this.#owner = owner;
    this.#answers = answers;
    this.#messages = new Messages(host, writer);
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
    if (!this.#heads.request(bytes, start, stop)) {
      return owner.fail(ErrorCode.COMPRESSION_ERROR, 'compression_error');
    }
    if (!isNew) return owner.isBeyondLast(id) || this.#late(id, COST_OF_BLOCK);
    this.lastId = id;
    if (owner.isBeyondLast(id)) return true;
    if (this.streams.size >= this.#host.maxStreams) {
      return owner.resetStream(id, ErrorCode.REFUSED_STREAM, 'stream_limit');
    }
    const { head } = this.#heads;
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

  #open(id: number, endsStream: boolean): boolean {
    const { head } = this.#heads;
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
    const { head } = this.#heads;
    if (!this.#heads.trailers(bytes, start, stop)) {
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
    const messages = this.#messages;
    if (endsStream && messages.takeWhole(stream, bytes, start, stop)) return true;
    if (!stream.ending) messages.read(stream, bytes, start, stop);
    if (endsStream) return this.#end(stream);
    messages.widen(stream);
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
    this.#messages.drop(stream);
    this.#owner.closed();
  }

  /** END_STREAM has come, and there was not one whole Check in one frame. */
  #end(stream: Stream): boolean {
    if (stream.contentLength >= 0 && stream.contentLength !== stream.receivedBytes) {
      return this.reset(stream, ErrorCode.PROTOCOL_ERROR);
    }
    stream.remoteEnded = true;
    if (stream.localEnded) this.close(stream);
    else if (!stream.ending) this.#messages.ended(stream);
    return true;
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
