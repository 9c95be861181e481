import { MAX_MESSAGE_BYTES } from '../grpc-options.ts';
import { Assembly } from './assembly.ts';
import { INITIAL_WINDOW, readUint32 } from './frame.ts';
import type { FrameWriter } from './frame-writer.ts';
import { Status } from './grpc-status.ts';
import { type AssemblyBudget, MESSAGE_PREFIX_BYTES, MessageReader } from './message-reader.ts';
import type { Refusal } from './meter.ts';
import { Route } from './route.ts';
import type { Method } from './rpc.ts';
import type { Stream } from './stream.ts';

const NOT_ONE_MESSAGE = 'a Check is exactly one message';

/** What messages need of the server. */
export interface MessagesHost {
  /** Bytes of a message that is kept whole. */
  readonly maxKeptBytes: number;
  readonly assembly: AssemblyBudget;
  method(route: Route): Method | undefined;
  /** A whole Check has come; `bytes` undefined = one that is too large to be kept. */
  check(stream: Stream, bytes: Buffer | undefined, start: number, stop: number): void;
  refused(refusal: Refusal): void;
}

/** The messages of one connection's streams, from their DATA to the method that they are for. */
export class Messages {
  readonly #host: MessagesHost;
  readonly #writer: FrameWriter;
  readonly #assembly: AssemblyBudget;

  constructor(host: MessagesHost, writer: FrameWriter) {
    this.#host = host;
    this.#writer = writer;
    this.#assembly = new Assembly(() => host.refused('assembly_limit'), host.assembly);
  }

  /**
   * Takes what nearly every Check is: one message in the one frame of DATA that ends the request.
   * False for anything else, of which nothing is read then.
   */
  takeWhole(stream: Stream, bytes: Buffer, start: number, stop: number): boolean {
    const host = this.#host;
    const length = stop - start - MESSAGE_PREFIX_BYTES;
    const isWhole =
      stream.route === Route.CHECK &&
      length >= 0 &&
      length <= host.maxKeptBytes &&
      stream.reader === undefined &&
      !stream.ending &&
      (stream.contentLength < 0 || stream.contentLength === stream.receivedBytes) &&
      bytes[start] === 0 &&
      readUint32(bytes, start + 1) === length;
    if (!isWhole) return false;
    stream.remoteEnded = true;
    host.check(stream, bytes, start + MESSAGE_PREFIX_BYTES, stop);
    return true;
  }

  /** Part of a message, or several. */
  read(stream: Stream, bytes: Buffer, start: number, stop: number): void {
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
  widen(stream: Stream): void {
    const isWanted = stream.route !== Route.CHECK || stream.reader?.isPartial === true;
    if (stream.closed || stream.ending || !isWanted) return;
    if (stream.receiveWindow > INITIAL_WINDOW / 2) return;
    this.#writer.windowUpdate(stream.id, INITIAL_WINDOW - stream.receiveWindow);
    stream.receiveWindow = INITIAL_WINDOW;
  }

  /** There are no more. */
  ended(stream: Stream): void {
    const { route, reader, message } = stream;
    if (route !== Route.CHECK) {
      this.#host.method(route)?.ended(stream);
    } else if (reader?.isCompressed) {
      stream.finish(Status.INTERNAL, 'compressed without grpc-encoding');
    } else if (reader === undefined || reader.messages !== 1 || reader.isPartial) {
      stream.finish(Status.UNIMPLEMENTED, NOT_ONE_MESSAGE);
    } else {
      this.#host.check(stream, message, 0, message?.length ?? 0);
    }
  }

  /** Gives back what is held of a stream that is closed. */
  drop(stream: Stream): void {
    stream.reader?.drop();
    if (stream.heldBytes > 0) this.#assembly.give(stream.heldBytes);
    if (stream.route !== Route.CHECK) this.#host.method(stream.route)?.closed(stream);
  }
}
