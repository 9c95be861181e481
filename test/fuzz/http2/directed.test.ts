import { describe, expect, it } from 'vitest';
import { Connection } from '../../../src/sources/http2/connection.ts';
import * as wire from '../../support/wire.ts';
import { check, checkFields, data, fieldsFor, head, messageOf, prefixed } from './checks.ts';
import { FakeSocket } from './fake-socket.ts';
import {
  ACK,
  cutIntoFrames,
  END_STREAM,
  type Frame,
  frameAt,
  INITIAL_WINDOW_SIZE,
  PREFACE,
  ping,
  priority,
  settings,
  settingsAck,
  Type,
  windowUpdate,
} from './frames.ts';
import { literals } from './hpack.ts';
import { readScript } from './script.ts';
import { runSession } from './session-run.ts';
import { TwinHost } from './twin-host.ts';

const LIMITS = { maxStreams: 4_000, maxKeptBytes: 1024 * 1024, assemblyBytes: 1024 * 1024 };
const NOTHING = Buffer.alloc(0);
const HEALTH = literals(fieldsFor('/grpc.health.v1.Health/Check'));
const WATCH = literals(fieldsFor('/grpc.health.v1.Health/Watch'));
const UNKNOWN = literals(fieldsFor('/nobody/Knows'));
const REFLECTION = literals(fieldsFor('/grpc.reflection.v1.ServerReflection/ServerReflectionInfo'));
const ACK_OF_FAREWELL = ping('going aw', ACK);
const CLOSED_WINDOW = settings([INITIAL_WINDOW_SIZE, 0]);
const LITTLE_BYTES = 64 * 1024;

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** A whole session, that ends well; throws when anything about it is wrong. */
function judge(...frames: readonly Buffer[]): void {
  const script = readScript(Buffer.concat([PREFACE, settings(), settingsAck, ...frames]));
  for (const cuts of [0, 1, 2, 3, 4]) {
    expect(runSession(script, { cuts, limits: LIMITS }).isServing).toBe(true);
  }
}

/** A connection whose client has said hello, but for the ACK of the server's SETTINGS if it `isSlow`. */
function open({ isSlow = false } = {}) {
  const host = new TwinHost(LIMITS);
  const fake = new FakeSocket();
  const connection = new Connection(fake.socket, host, Number.POSITIVE_INFINITY, 60_000);
  const send = (...frames: readonly Buffer[]): void => {
    fake.deliver(Buffer.concat(frames));
    host.endTurns(connection);
  };
  const heard = (type: number): Frame[] =>
    fake.written
      .flatMap(cutIntoFrames)
      .map((bytes) => frameAt(bytes, 0) as Frame)
      .filter((candidate) => candidate.type === type);
  send(PREFACE, settings(), ...(isSlow ? [] : [settingsAck]));
  return { host, fake, connection, send, heard };
}

describe('a connection', () => {
  it('answers 2,000 PINGs of one turn', () => {
    judge(...times(2_000, (i) => ping(`${i}`)));
  });

  it('addresses each of 500 refusals of one turn', () => {
    judge(...times(500, (i) => head(2 * i + 1, UNKNOWN, END_STREAM)));
  });

  it('addresses each of 500 answers of one turn', () => {
    judge(...times(500, (i) => check(2 * i + 1)).flat());
  });

  it('answers a PING while the socket takes nothing', () => {
    const { fake, send, heard } = open();
    fake.isSlow = true;
    for (const text of ['one', 'two', 'three']) send(ping(text));
    fake.drain();
    expect(heard(Type.PING).map(({ payload }) => payload.toString().trim())).toEqual([
      'one',
      'two',
      'three',
    ]);
  });

  it('never takes back which stream is the last', () => {
    const { host, connection, send, heard } = open();
    send(...check(1));
    connection.goAway();
    send(ACK_OF_FAREWELL, ...check(3));
    for (const asked of host.open) host.answer(asked);
    host.endTurn(connection);
    const last = heard(Type.GOAWAY).map(({ payload }) => payload.readUInt32BE(0));
    expect(last).toEqual([2 ** 31 - 1, 1, 1]);
  });

  it('reads nothing once it has ended, not even the rest of a frame', () => {
    const { host, fake, connection, send, heard } = open({ isSlow: true });
    const request = head(1, UNKNOWN, END_STREAM);
    send(request.subarray(0, 12));
    host.now += 10_100;
    connection.tick();
    expect(fake.isEnded).toBe(true);
    send(request.subarray(12));
    expect(heard(Type.HEADERS)).toHaveLength(0);
  });

  it.each([
    ['depends on itself', [priority(1, 1)]],
    ['has a window opened by 0', [windowUpdate(1, 0)]],
    ['has trailers amid the request', [head(1)]],
  ])('resets a stream that %s before it hangs up, when that is the last one', (_, frames) => {
    const { fake, connection, send, heard } = open();
    send(head(1));
    connection.goAway();
    send(ACK_OF_FAREWELL);
    send(...frames);
    expect(heard(Type.RST_STREAM)).toHaveLength(1);
    expect(fake.isEnded).toBe(true);
  });

  it('resets a request that takes too long before it hangs up, when that is the last one', () => {
    const { host, fake, connection, send, heard } = open();
    send(head(1));
    connection.goAway();
    send(ACK_OF_FAREWELL);
    host.now += 10_100;
    connection.tick();
    expect(heard(Type.RST_STREAM)).toHaveLength(1);
    expect(fake.isEnded).toBe(true);
  });

  it.each([
    ['method', literals(checkFields.with(0, [':method', 'GET']))],
    ['content-type', literals(checkFields.with(5, ['content-type', 'text/plain']))],
  ])('asks nobody about a request whose %s is refused, though the text has to wait', (_, block) => {
    const { host, send } = open();
    send(CLOSED_WINDOW, head(1, block), data(1, messageOf('/refused'), END_STREAM));
    expect(host.asked).toHaveLength(0);
    judge(CLOSED_WINDOW, head(1, block), data(1, messageOf('/refused'), END_STREAM));
  });

  it('ends an answer once, however many messages come while its window is closed', () => {
    const messages = Buffer.concat(times(20, () => prefixed(NOTHING)));
    judge(CLOSED_WINDOW, head(1, HEALTH), data(1, messages), windowUpdate(1, 1_000));
    judge(CLOSED_WINDOW, head(1, WATCH), data(1, messages), windowUpdate(1, 1_000));
  });

  it.each([
    ['Health', HEALTH, prefixed(NOTHING)],
    ['reflection', REFLECTION, prefixed(wire.field(4, 'envoy.service.auth.v3.Authorization'))],
  ])(
    'keeps little of what %s says, however much is asked while the window is closed',
    (_, block, message) => {
      const { fake, send } = open();
      send(CLOSED_WINDOW, windowUpdate(0, 2 ** 30), head(1, block));
      const messages = Buffer.concat(times(200, () => message));
      for (let part = 0; part < 20; part++) if (!fake.isEnded) send(data(1, messages));
      if (!fake.isEnded) send(windowUpdate(1, 2 ** 30));
      expect(fake.bytesWritten).toBeLessThan(LITTLE_BYTES);
    },
  );

  it('opens its window again and again', () => {
    const message = messageOf('/large', 64_000);
    const parts = times(5, (part) => message.subarray(part * 16_000, (part + 1) * 16_000));
    const large = (id: number) => [
      head(id),
      ...parts.map((part) => data(id, part)),
      data(id, NOTHING, END_STREAM),
    ];
    judge(...times(50, (i) => large(2 * i + 1)).flat());
  });

  it('reads no more while the peer takes nothing', () => {
    const { host, fake, connection, send } = open();
    fake.isSlow = true;
    send(windowUpdate(0, 2 ** 30));
    for (let id = 1; id < 20_000 && !fake.isPaused; id += 200) {
      send(...times(100, (i) => check(id + 2 * i)).flat());
      for (const asked of host.open) host.answer(asked);
      host.endTurn(connection);
    }
    expect(fake.isPaused).toBe(true);
    expect(fake.writableLength).toBeLessThan(1024 * 1024);
    fake.drain();
    expect(fake.isPaused).toBe(false);
  });

  it('resets all that take too long, though that is too much for it', () => {
    const { host, fake, connection, send, heard } = open();
    for (let at = 0; at < 3_000; at++) send(head(2 * at + 1));
    host.now += 10_100;
    connection.tick();
    expect(fake.isEnded).toBe(true);
    const ids = heard(Type.RST_STREAM).map(({ id }) => id);
    expect(ids).toHaveLength(new Set(ids).size);
  });
});
