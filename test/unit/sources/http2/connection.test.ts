import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { allow } from '../../../../src/domain/decision.ts';
import { Assembly } from '../../../../src/sources/http2/assembly.ts';
import { Connection, type ConnectionHost } from '../../../../src/sources/http2/connection.ts';
import { HealthWatch } from '../../../../src/sources/http2/health.ts';
import { Route } from '../../../../src/sources/http2/route.ts';
import type { Stream } from '../../../../src/sources/http2/stream.ts';
import { TICK_MS } from '../../../../src/sources/http2/timeouts.ts';
import { type Frame, frame, literals, parseFrames } from './frames.ts';
import { CHECK_HEAD, type Pair } from './request.ts';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const PING = 6;
const GOAWAY = 7;
const END_STREAM = 1;
const ACK = 1;
const END_HEADERS = 4;
const HOUR_MS = 3_600_000;
const OK = allow('success', [], []);

/** The server's end of a connection, which takes everything at once. */
class FakePeer extends EventEmitter {
  readonly #written: Buffer[] = [];
  writableLength = 0;
  bytesWritten = 0;
  destroyed = false;
  ended = false;

  write(bytes: Buffer): boolean {
    if (this.ended) throw new Error('write after end');
    this.#written.push(Buffer.from(bytes));
    this.bytesWritten += bytes.length;
    return true;
  }

  end(): void {
    this.ended = true;
  }

  destroy(): void {
    this.destroyed = true;
  }

  paused = false;

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  get frames(): readonly Frame[] {
    return parseFrames(Buffer.concat(this.#written));
  }

  of(type: number): readonly Frame[] {
    return this.frames.filter((candidate) => candidate.type === type);
  }
}

/** A connection, and a server that answers every Check at once unless told not to. */
function start({ answer = true } = {}) {
  const peer = new FakePeer();
  const refused: string[] = [];
  const checks: Stream[] = [];
  const watch = new HealthWatch({ ready: true, changes: new Subject() });
  const later: (() => void)[] = [];
  let now = 0;
  const host: ConnectionHost = {
    get now() {
      return now;
    },
    maxStreams: 100,
    streamShare: 100,
    maxKeptBytes: 1_000,
    assembly: new Assembly(() => undefined),
    method: (route) => (route === Route.HEALTH_WATCH ? watch : undefined),
    check(stream) {
      checks.push(stream);
      if (answer) stream.reply(OK);
    },
    refused: (refusal) => void refused.push(refusal),
    reading: () => undefined,
    answered: () => undefined,
    nextTurn: (task) => void later.push(task),
    gone: () => undefined,
    thrownOut: () => undefined,
  };
  const connection = new Connection(peer as unknown as Socket, host, HOUR_MS * 1_000, HOUR_MS);
  return {
    peer,
    connection,
    refused,
    checks,
    /** What was put off to the next turn. */
    later,
    /** One turn of the event loop. */
    read(...parts: readonly Uint8Array[]) {
      peer.emit('data', Buffer.concat(parts));
      connection.flush();
    },
    /** Lets time pass as the server does. */
    pass(ms: number, each: () => void = () => undefined) {
      for (const end = now + ms; now < end; ) {
        now = Math.min(end, now + TICK_MS);
        connection.tick();
        each();
      }
    },
  };
}

type Rig = ReturnType<typeof start>;

const greeting = (...settings: readonly Uint8Array[]) =>
  Buffer.concat([PREFACE, frame(SETTINGS, 0, 0, Buffer.concat(settings)), frame(SETTINGS, ACK, 0)]);
const head = (id: number, fields: readonly Pair[] = CHECK_HEAD) =>
  frame(HEADERS, END_HEADERS, id, literals(fields));
const body = (id: number, flags = END_STREAM) => frame(DATA, flags, id, Buffer.alloc(5));
const watchHead = (id: number) =>
  head(
    id,
    CHECK_HEAD.map(([name, value]) =>
      name === ':path' ? [name, '/grpc.health.v1.Health/Watch'] : [name, value],
    ),
  );
const NO_WINDOW = Buffer.from('000400000000', 'hex');

function greeted(options?: Parameters<typeof start>[0]): Rig {
  const rig = start(options);
  rig.read(greeting());
  return rig;
}

describe('what comes after the end of a connection', () => {
  it('is counted with nothing: the rest of what is no HTTP/2', () => {
    const { read, refused, peer } = start();
    for (const line of ['GET / HTTP/1.1\r\n', 'host: a\r\n', '\r\n']) read(Buffer.from(line));
    expect(refused).toEqual(['not_http2']);
    expect(peer.of(GOAWAY)).toHaveLength(1);
  });

  it('is counted with nothing: the rest of a frame that is too large', () => {
    const { read, refused } = greeted();
    const bytes = frame(DATA, 0, 1, Buffer.alloc(16_385));
    for (let at = 0; at < bytes.length; at += 3) read(bytes.subarray(at, at + 3));
    expect(refused).toEqual(['frame_size_error']);
  });

  it.each([
    ['DATA', Buffer.concat([head(1), body(1)])],
    ['PING', frame(PING, 0, 0, Buffer.alloc(8))],
  ])('is nothing: the rest of a frame that began before, of %s', (_, bytes) => {
    const { read, pass, checks, refused, peer } = start();
    read(PREFACE, frame(SETTINGS, 0, 0), bytes.subarray(0, -2));
    pass(10_000); // the ACK of our SETTINGS is missing
    expect(peer.ended).toBe(true);
    const before = peer.frames.length;
    read(bytes.subarray(-2));
    expect([checks.length, peer.frames.length]).toEqual([0, before]);
    expect(refused).toEqual(['handshake_timeout']);
  });

  it('is nothing of its last request, which ran out of time', () => {
    const { read, pass, connection, peer, refused } = greeted();
    read(head(1));
    connection.goAway();
    answerPings(peer, read);
    expect(peer.of(GOAWAY)).toHaveLength(2);
    pass(10_000 + 2 * TICK_MS);
    expect(refused).toEqual(['request_timeout']);
    expect(peer.ended).toBe(true);
    expect(peer.frames.slice(-2).map(({ type }) => type)).toEqual([RST_STREAM, GOAWAY]);
  });
});

describe('what comes after the last stream that is served', () => {
  it('is a whole request with trailers, of which nothing is held against the others', () => {
    const { read, connection, peer, checks, refused } = greeted({ answer: false });
    read(head(1), body(1));
    connection.goAway();
    answerPings(peer, read);
    expect(peer.of(GOAWAY)).toHaveLength(2);
    const trailers = frame(HEADERS, END_HEADERS | END_STREAM, 3, literals([['x-checksum', '1']]));
    read(head(3), body(3, 0), trailers);
    expect([refused, peer.of(GOAWAY).length, checks.length]).toEqual([[], 2, 1]);
    checks[0]?.reply(OK);
    connection.flush();
    expect(peer.of(DATA).map(({ stream }) => stream)).toEqual([1]);
  });
});

describe('a connection', () => {
  it('answers as many PING as come at once', () => {
    const { read, peer, later, connection } = greeted();
    const pings = Array.from({ length: 2_000 }, (_, i) => frame(PING, 0, 0, Buffer.alloc(8, i)));
    read(...pings);
    for (const task of later) task(); // there may be more of them by then
    connection.flush();
    expect(peer.of(PING).map(({ payload }) => payload[0])).toEqual(
      Array.from({ length: 2_000 }, (_, i) => i % 256),
    );
  });

  it('bears windows that are moved, but not over and over for all its streams', () => {
    const swing = (size: number) => frame(SETTINGS, 0, 0, Buffer.from([0, 4, 0, 0, 0, size]));
    const swings = Array.from({ length: 300 }, (_, i) => swing(i % 2));
    const idle = greeted();
    idle.read(...swings);
    expect(idle.refused).toEqual([]);
    const busy = greeted({ answer: false });
    for (let i = 0; i < 50; i++) busy.read(head(2 * i + 1), body(2 * i + 1));
    expect(busy.checks).toHaveLength(50);
    busy.read(...swings);
    expect(busy.refused).toEqual(['control_flood']);
  });

  it('makes no call of a request that it refuses, though its text has to wait', () => {
    const { read, checks, refused } = start();
    read(greeting(NO_WINDOW));
    const fields = CHECK_HEAD.filter(([name]) => name !== 'content-type');
    read(head(1, fields), body(1));
    expect([checks, refused]).toEqual([[], ['not_grpc']]);
  });

  it('does not wait for the peer to take what is for a stream that is gone', () => {
    const { read, pass, refused, peer } = start();
    read(greeting(NO_WINDOW), head(1), body(1));
    expect(peer.of(DATA)).toEqual([]);
    read(frame(RST_STREAM, 0, 1, Buffer.alloc(4)));
    pass(15_000);
    expect(refused).toEqual([]);
    expect(peer.ended).toBe(false);
  });
});

describe('a connection without requests', () => {
  it('is asked to go after an hour', () => {
    const { pass, peer, read } = greeted();
    pass(HOUR_MS - TICK_MS, () => answerPings(peer, read));
    expect(peer.of(GOAWAY)).toEqual([]);
    pass(TICK_MS);
    expect(peer.of(GOAWAY)).toHaveLength(1);
  });

  it('is none that has them, though one stream stays open all the time', () => {
    const { pass, peer, read, checks } = greeted();
    read(watchHead(1), body(1));
    for (let minutes = 0, id = 3; minutes <= 61; minutes++, id += 2) {
      read(head(id), body(id));
      pass(60_000, () => answerPings(peer, read));
    }
    expect(checks).toHaveLength(62);
    expect(peer.of(GOAWAY)).toEqual([]);
  });
});

function answerPings(peer: FakePeer, read: Rig['read']): void {
  const asked = peer.of(PING).filter(({ flags }) => flags !== ACK);
  for (const { payload } of asked.slice(-1)) read(frame(PING, ACK, 0, payload));
}

describe('more than a turn is for', () => {
  const pings = Array.from({ length: 2_400 }, () => frame(PING, 0, 0, Buffer.alloc(8)));

  it('waits for the next one, and nothing of it is lost', () => {
    const { peer, later, read, connection } = start();
    read(greeting(), ...pings);
    expect(peer.of(PING).length).toBeLessThan(300);
    expect(peer.paused).toBe(true);
    for (const task of later) {
      expect(peer.paused).toBe(true);
      task(); // it may put off more
      connection.flush();
    }
    expect(peer.of(PING)).toHaveLength(2_400);
    expect(peer.paused).toBe(false);
    expect(later).toHaveLength(9);
  });

  it('is forgotten once the connection is gone', () => {
    const { peer, later, read } = start();
    read(greeting(), ...pings);
    const before = peer.frames.length;
    peer.emit('close');
    later[0]?.();
    expect(peer.frames).toHaveLength(before);
    expect(later).toHaveLength(1);
  });
});
