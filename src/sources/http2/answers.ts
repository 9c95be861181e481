import type { Decision } from '../../domain/decision.ts';
import { addressFrame, MAX_FRAME_BYTES } from './frame.ts';
import { Status } from './grpc-status.ts';
import type { Output } from './output.ts';
import {
  answerHead,
  DATA_AT,
  dataBytesOf,
  dataOf,
  frameDecision,
  isStatusOnly,
  okTail,
  plainHead,
  prefixed,
  statusOnly,
  statusTail,
} from './reply.ts';
import type { Refused } from './screen.ts';
import { SendQueue } from './send-queue.ts';
import type { Stream, StreamOwner } from './stream.ts';

const NO_BYTES = new Uint8Array(0);
/** Of one stream that wait for its window; a caller that asks for more gets an end instead. */
const MAX_QUEUED_MESSAGES = 64;

export interface AnswersOwner {
  /** END_STREAM has gone out. */
  localEnded(stream: Stream): void;
  /** There is something to be flushed. */
  answered(): void;
}

/** Writes what a connection's streams are answered. */
export class Answers implements StreamOwner {
  readonly queue: SendQueue;
  readonly #output: Output;
  readonly #owner: AnswersOwner;

  constructor(output: Output, owner: AnswersOwner) {
    this.#output = output;
    this.#owner = owner;
    this.queue = new SendQueue(output, (stream) => this.#end(stream));
  }

  /** The hot path: one copy of what is kept with the decision, and the id of the stream put in. */
  reply(stream: Stream, decision: Decision): void {
    if (stream.closed || stream.ending) return;
    decision.wire.http2 ??= frameDecision(decision); // may throw: then another decision follows
    const framed = decision.wire.http2;
    stream.ending = true;
    const dataBytes = isStatusOnly(framed) ? 0 : dataBytesOf(framed);
    const { queue } = this;
    const room = Math.min(queue.window, stream.sendWindow, MAX_FRAME_BYTES); // negative, perhaps
    if (dataBytes > 0 && dataBytes > room) {
      this.#open(stream, answerHead);
      queue.push(stream, dataOf(framed), { tail: okTail });
    } else {
      const at = this.#output.appendText(framed);
      const { bytes } = this.#output;
      addressFrame(bytes, at, stream.id);
      if (dataBytes > 0) {
        addressFrame(bytes, at + DATA_AT, stream.id);
        addressFrame(bytes, at + framed.length - okTail.length, stream.id);
        queue.window -= dataBytes;
        stream.sendWindow -= dataBytes;
      }
      this.#end(stream);
    }
    this.#owner.answered();
  }

  send(stream: Stream, message: Uint8Array): void {
    if (stream.closed || stream.ending) return;
    if (stream.queued >= MAX_QUEUED_MESSAGES) {
      this.finish(stream, Status.RESOURCE_EXHAUSTED, 'answers are not taken');
      return;
    }
    this.#open(stream, answerHead);
    this.queue.push(stream, prefixed(message));
    this.#owner.answered();
  }

  finish(stream: Stream, code: number, details: string): void {
    if (stream.closed || stream.ending) return;
    stream.ending = true;
    if (stream.answering) this.queue.push(stream, NO_BYTES, { tail: statusTail(code, details) });
    else this.#last(stream, statusOnly(code, details));
    this.#owner.answered();
  }

  refuse(stream: Stream, refused: Refused): void {
    stream.ending = true;
    if (refused.kind === 'status') {
      this.#last(stream, refused.frame);
    } else {
      this.#open(stream, plainHead(refused.httpStatus));
      this.queue.push(stream, Buffer.from(refused.text), { endsStream: true });
    }
  }

  #open(stream: Stream, head: Uint8Array): void {
    if (stream.answering) return;
    stream.answering = true;
    this.#output.appendFrame(head, stream.id);
  }

  #last(stream: Stream, frame: Uint8Array): void {
    this.#output.appendFrame(frame, stream.id);
    this.#end(stream);
  }

  #end(stream: Stream): void {
    stream.localEnded = true;
    this.#owner.localEnded(stream);
  }
}
