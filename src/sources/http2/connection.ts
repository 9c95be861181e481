import type { Socket } from 'node:net';
import { Answers, type AnswersOwner } from './answers.ts';
import { ControlFrames, type ControlOwner } from './control-frames.ts';
import { Floods } from './floods.ts';
import { ErrorCode, MAX_INT31, Setting } from './frame.ts';
import { type DispatchOwner, FrameDispatch } from './frame-dispatch.ts';
import { FrameReader } from './frame-reader.ts';
import { FrameWriter } from './frame-writer.ts';
import type { Refusal } from './meter.ts';
import { Output } from './output.ts';
import { Progress } from './progress.ts';
import { RequestFrames } from './request-frames.ts';
import { MAX_HEADER_LIST_BYTES } from './request-head.ts';
import { Requests, type RequestsHost, type RequestsOwner } from './requests.ts';
import { ResetIds } from './reset-ids.ts';
import type { Stream } from './stream.ts';
import { due, NEVER, REQUEST_TIMEOUT_MS, Vitals } from './timeouts.ts';

/** What a connection needs of the server. */
export interface ConnectionHost extends RequestsHost {
  /** Bytes of the connection are about to be read: it is to be flushed at the end of the turn. */
  reading(connection: Connection): void;
  /** Answers were written: to be flushed as soon as those that come with them are. */
  answered(connection: Connection): void;
  nextTurn(task: () => void): void;
  gone(connection: Connection): void;
  /** A peer has broken the rules; '' is the address of one on a Unix socket. */
  thrownOut(address: string): void;
  /** SETTINGS_MAX_CONCURRENT_STREAMS that a new connection begins with; at most `maxStreams`. */
  readonly streamShare: number;
}

/** Bytes that the peer has not taken above which no more requests are read. */
const MAX_UNSENT_BYTES = 256 * 1024;
/** What a peer may send after the end: as much as may have been under way, and no flood. */
const MAX_DISCARDED_BYTES = 256 * 1024;
const KEEPALIVE_PING = Buffer.from('keep ali');
const GOAWAY_PING = Buffer.from('going aw');

/**
 * One peer: takes its frames, keeps the state of the connection, and ends it.
 *
 *     SETTINGS ─▶ open ─▶ GOAWAY(2^31-1) + PING ─▶ ACK ─▶ GOAWAY(last) ─▶ no stream open ─▶ ended
 *                  │                                                                          ▲
 *                  └── connection error, flood or timeout: GOAWAY(code) ──────────────────────┘
 *
 * Members that return a boolean say whether more is to be read.
 */
export class Connection implements DispatchOwner, ControlOwner, RequestsOwner, AnswersOwner {
  readonly #socket: Socket;
  readonly #host: ConnectionHost;
  readonly #output = new Output();
  readonly #writer = new FrameWriter(this.#output);
  readonly #reader: FrameReader;
  readonly #answers = new Answers(this.#output, this);
  readonly #requests: Requests;
  readonly #frames: RequestFrames;
  readonly #controls: ControlFrames;
  readonly #floods: Floods;
  readonly #vitals: Vitals;
  readonly #progress = new Progress();
  readonly #resetIds = new ResetIds();
  /** What the peer was told last. */
  #streamLimit: number;
  /** Highest id that is served: any, until the second GOAWAY. */
  #lastServed = MAX_INT31;
  /** What came after the end. */
  #discardedBytes = 0;
  /** Kept by the server: whether it will be flushed. */
  isListed = false;

  /** `retireAt`: when it is asked to go, in ms; `graceMs`: how long its streams have then. */
  constructor(socket: Socket, host: ConnectionHost, retireAt: number, graceMs: number) {
    this.#socket = socket;
    this.#host = host;
    this.#requests = new Requests(host, this, this.#answers, this.#writer);
    this.#frames = new RequestFrames(host, this, this.#requests, this.#writer);
    this.#floods = new Floods(host.now);
    this.#vitals = new Vitals(host.now, retireAt, graceMs);
    this.#controls = new ControlFrames(this, this.#requests, this.#answers.queue, this.#writer);
    this.#reader = new FrameReader(
      new FrameDispatch(this, this.#requests, this.#frames, this.#controls),
    );
    this.#streamLimit = host.streamShare;
    this.#writer.settings([
      [Setting.MAX_CONCURRENT_STREAMS, this.#streamLimit],
      [Setting.MAX_HEADER_LIST_SIZE, MAX_HEADER_LIST_BYTES],
    ]);
    this.#frames.open();
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('drain', () => this.#resume());
    socket.on('error', () => undefined);
    socket.on('end', () => socket.destroy());
    socket.on('close', () => this.#close());
    this.flush();
  }

  /**
   * Asks the peer to go. What it has sent until it knows is served. After `graceMs` the connection is
   * cut off.
   */
  goAway(graceMs = this.#vitals.graceMs): void {
    if (this.#isEnded) return;
    this.#vitals.graceMs = graceMs;
    if (this.#vitals.goneAwayAt !== NEVER) return;
    this.#vitals.goneAwayAt = this.#host.now;
    this.#writer.goAway(MAX_INT31, ErrorCode.NO_ERROR);
    this.#writer.ping(0, GOAWAY_PING);
    this.flush();
  }

  get openStreams(): number {
    return this.#requests.streams.size;
  }

  /**
   * Asks the peer to have no more streams open at once. What it opens above that, up to `maxStreams`,
   * is served all the same: it may not know yet.
   */
  limitStreams(count: number): void {
    const told = this.#streamLimit;
    const isNews = count === this.#host.maxStreams ? count !== told : differsMuch(count, told);
    if (!isNews || this.#isEnded) return;
    this.#streamLimit = count;
    this.#writer.settings([[Setting.MAX_CONCURRENT_STREAMS, count]]);
    this.flush();
  }

  /** Sends what is written, in one go. */
  flush(): void {
    const socket = this.#socket;
    if (socket.destroyed) return;
    this.#output.flush(socket);
    if (socket.writableLength > MAX_UNSENT_BYTES) socket.pause();
  }

  tick(): void {
    const { now } = this.#host;
    this.#watchProgress();
    if (this.#requests.streams.size > 0) this.#vitals.idleAt = now;
    const action = due(this.#vitals, now);
    if (action === 'ping') this.#askWhetherAlive();
    else if (action === 'go_away') this.goAway();
    else if (action === 'say_last_stream') this.#sayLastStream();
    else if (action === 'cut') this.#socket.destroy();
    else if (action !== undefined) this.fail(ErrorCode.NO_ERROR, action);
    if (!this.#isEnded) this.#expireRequests(now - REQUEST_TIMEOUT_MS);
    this.flush();
  }

  // RequestsOwner

  get peerWindow(): number {
    return this.#controls.peer.initialWindow;
  }

  fail(code: ErrorCode, refusal: Refusal): false {
    this.#host.refused(refusal);
    if (code !== ErrorCode.NO_ERROR) this.#host.thrownOut(this.#socket.remoteAddress ?? '');
    this.#end(code);
    return false;
  }

  resetStream(id: number, code: ErrorCode, refusal: Refusal): boolean {
    this.#host.refused(refusal);
    this.#reset(id, code);
    const isError = code !== ErrorCode.REFUSED_STREAM && code !== ErrorCode.CANCEL;
    return this.#floods.resetByUs(this.#host.now, isError) || this.#flood('reset_flood');
  }

  stopRequest(id: number): void {
    this.#reset(id, ErrorCode.NO_ERROR);
  }

  control(cost = 1): boolean {
    return this.#floods.control(this.#host.now, cost) || this.#flood('control_flood');
  }

  resetByPeer({ openedAt }: Stream): boolean {
    return this.#floods.resetByPeer(openedAt, this.#host.now) || this.#flood('reset_flood');
  }

  largeHead(): boolean {
    return this.#floods.largeHead(this.#host.now) || this.#flood('header_flood');
  }

  wasReset(id: number): boolean {
    return this.#resetIds.has(id);
  }

  isBeyondLast(id: number): boolean {
    return id > this.#lastServed;
  }

  closed(): void {
    if (this.#requests.streams.size > 0) return;
    this.#vitals.idleAt = this.#host.now;
    if (this.#vitals.hasSaidLastStream) this.#end();
  }

  // AnswersOwner

  localEnded(stream: Stream): void {
    if (stream.call !== undefined) this.#floods.answered();
    if (stream.remoteEnded) this.#requests.close(stream);
  }

  answered(): void {
    this.#host.answered(this);
  }

  // ControlOwner

  greeted(): void {
    this.#vitals.isGreeted = true;
  }

  pingAnswered(data: Uint8Array): void {
    if (KEEPALIVE_PING.equals(data)) this.#vitals.pingedAt = NEVER;
    else if (GOAWAY_PING.equals(data) && this.#vitals.goneAwayAt !== NEVER) this.#sayLastStream();
  }

  #read(chunk: Buffer): void {
    if (this.#isEnded) {
      this.#discard(chunk);
      return;
    }
    this.#host.reading(this);
    this.#vitals.readAt = this.#host.now;
    if (!this.#reader.read(chunk)) this.fail(ErrorCode.PROTOCOL_ERROR, 'not_http2');
    this.#readOnLater();
  }

  /** A peer that sends more than its share of a turn has to wait for the next one. */
  #readOnLater(): void {
    if (!this.#reader.isBehind) return;
    this.#socket.pause();
    this.#host.nextTurn(() => {
      this.#host.reading(this);
      this.#reader.readOn();
      this.#readOnLater();
      this.#resume();
    });
  }

  #resume(): void {
    const isFull = this.#socket.writableLength > MAX_UNSENT_BYTES;
    if (!isFull && !this.#reader.isBehind) this.#socket.resume();
  }

  #reset(id: number, code: ErrorCode): void {
    this.#resetIds.add(id);
    this.#writer.resetStream(id, code);
  }

  #flood(refusal: Refusal): false {
    return this.fail(ErrorCode.ENHANCE_YOUR_CALM, refusal);
  }

  #askWhetherAlive(): void {
    this.#vitals.pingedAt = this.#host.now;
    this.#writer.ping(0, KEEPALIVE_PING);
  }

  #sayLastStream(): void {
    if (this.#vitals.hasSaidLastStream) return;
    this.#vitals.hasSaidLastStream = true;
    this.#lastServed = this.#requests.lastId;
    if (this.#requests.streams.size === 0) this.#end();
    else this.#writer.goAway(this.#lastServed, ErrorCode.NO_ERROR);
  }

  /** Says goodbye and hangs up. What is still open is cancelled. */
  #end(code: ErrorCode = ErrorCode.NO_ERROR): void {
    if (this.#isEnded) return;
    this.#vitals.endedAt = this.#host.now;
    this.#reader.stop();
    this.#requests.cancelAll();
    this.#writer.goAway(Math.min(this.#lastServed, this.#requests.lastId), code);
    this.flush();
    this.#socket.end();
    // What still comes is thrown away, so that the peer gets to read what we said.
    this.#socket.resume();
  }

  #discard(chunk: Buffer): void {
    this.#discardedBytes += chunk.length;
    if (this.#discardedBytes > MAX_DISCARDED_BYTES) this.#socket.destroy();
  }

  get #isEnded(): boolean {
    return this.#vitals.endedAt !== NEVER;
  }

  #close(): void {
    this.#vitals.endedAt = this.#host.now;
    this.#reader.stop();
    this.#requests.cancelAll();
    this.#host.gone(this);
  }

  /** Those that were begun before `time` and have not come to their end. */
  #expireRequests(time: number): void {
    if (this.#frames.blockBegunAt < time) this.#flood('request_timeout');
    else this.#requests.expire(time);
  }

  #watchProgress(): void {
    if (!this.#progress.isStuck(this.#socket, this.#answers.queue)) this.#vitals.blockedAt = NEVER;
    else if (this.#vitals.blockedAt === NEVER) this.#vitals.blockedAt = this.#host.now;
  }
}

/** By a tenth: the limit moves a little all the time. */
function differsMuch(a: number, b: number): boolean {
  return Math.abs(a - b) > Math.min(a, b) / 10;
}
