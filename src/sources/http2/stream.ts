import type { Call, Responder } from '../../domain/call.ts';
import type { Chained } from '../../domain/chained-table.ts';
import type { Decision } from '../../domain/decision.ts';
import type { MessageReader } from './message-reader.ts';
import { findMetadata, type RequestHead } from './request-head.ts';
import type { Route } from './route.ts';
import type { Rpc } from './rpc.ts';

/** What a stream needs of its connection. */
export interface StreamOwner {
  reply(stream: Stream, decision: Decision): void;
  send(stream: Stream, message: Uint8Array): void;
  finish(stream: Stream, code: number, details: string): void;
}

/**
 * One request and its answer (RFC 9113, section 5.1):
 *
 *     HEADERS ─▶ open ── END_STREAM ──▶ half closed (remote) ── answer ──▶ closed
 *                 │ └─── answer ──────▶ half closed (local) ─── END_STREAM, ──▲
 *                 │                                           or NO_ERROR of ours
 *                 └───── RST_STREAM, from either side, at any time ───────────┘
 *
 * All members are there from the start, because a stream is made for every check.
 */
export class Stream implements Responder, Rpc, Chained<Stream> {
  readonly id: number;
  readonly route: Route;
  readonly #owner: StreamOwner;
  readonly #metadata: string;
  readonly openedAt: number;
  /** Bytes of DATA that the peer takes, and those that it may send. */
  sendWindow: number;
  receiveWindow: number;
  /** What content-length announced; -1 = nothing. */
  readonly contentLength: number;
  receivedBytes = 0;
  /** What grpc-timeout asks for, in ms. */
  readonly timeoutMs: number;
  /** END_STREAM has come, has been sent. */
  remoteEnded = false;
  localEnded = false;
  /** The answer is complete, though part of it may wait for a window. */
  ending = false;
  /** HEADERS of the answer have been sent. */
  answering = false;
  /** Not in the table of streams any more. */
  closed = false;
  /** Pieces of the answer that wait for a window. */
  queued = 0;
  call: Call | undefined = undefined;
  reader: MessageReader | undefined = undefined;
  /** A message that came in parts, and what it takes of the budget for those. */
  message: Buffer | undefined = undefined;
  heldBytes = 0;
  /** The next one at the same place of the table. */
  next: Stream | undefined = undefined;

  constructor(
    owner: StreamOwner,
    id: number,
    head: RequestHead,
    sendWindow: number,
    receiveWindow: number,
    openedAt: number,
  ) {
    this.#owner = owner;
    this.id = id;
    this.route = head.route;
    this.contentLength = head.contentLength;
    this.timeoutMs = head.timeoutMs;
    this.#metadata = head.metadata;
    this.sendWindow = sendWindow;
    this.receiveWindow = receiveWindow;
    this.openedAt = openedAt;
  }

  get hash(): number {
    return hashOf(this.id);
  }

  reply(decision: Decision): void {
    this.#owner.reply(this, decision);
  }

  send(message: Uint8Array): void {
    this.#owner.send(this, message);
  }

  finish(code: number, details = ''): void {
    this.#owner.finish(this, code, details);
  }

  rpcHeader(name: string): string | undefined {
    // Values of such names are binary, and nobody asks for those.
    return name.endsWith('-bin') ? undefined : findMetadata(this.#metadata, name);
  }
}

/** Ids of a client's streams are odd, and count up. */
export const hashOf = (id: number): number => id >>> 1;
