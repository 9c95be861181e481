import { describe, expect, it } from 'vitest';
import { until } from '../../support/until.ts';
import { framed } from '../sources/clients.ts';
import type { RawPeer } from '../sources/raw-peer.ts';
import {
  Code,
  check,
  data,
  Flag,
  GRPC_BLOCK,
  MAX_INT31,
  NOTHING,
  open,
  openPath,
  PREFACE,
  SETTINGS_ACK,
  settings,
  Type,
} from './frames.ts';
import { expectGone, framesOf, goAways, live, OK, resets, settle, startRig, turns } from './rig.ts';

const TICK_MS = 250;
const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const GRACE_MS = 5_000;
const { NO_ERROR, CANCEL, PROTOCOL_ERROR } = Code;
const WITH_GRACE = { maxConnectionAgeGraceMs: GRACE_MS };
const FIRST_GOAWAY = { last: MAX_INT31, code: NO_ERROR };

const pingsFromUs = (peer: RawPeer): number =>
  peer.of(Type.PING).filter(({ flags }) => flags === 0).length;

describe('the beginning of a connection', () => {
  it.each([
    ['nothing', NOTHING],
    ['half a preface', PREFACE.subarray(0, 10)],
    ['a preface', PREFACE],
    ['no ACK of our SETTINGS', Buffer.concat([PREFACE, settings()])],
    ['no ACK, but a request', Buffer.concat([PREFACE, settings(), check(1)])],
  ])('has 10 s: %s', async (_, bytes) => {
    await using rig = await startRig();
    await using peer = await rig.connected();
    await until(() => rig.connections === 1);
    peer.socket.write(bytes);
    const isRequest = bytes.includes(GRPC_BLOCK);
    await until(() => peer.frames.length >= 2 && rig.calls.length === Number(isRequest));
    rig.clock.advance(10 * SECOND_MS - TICK_MS);
    expect(rig.refused).toEqual({});
    rig.clock.advance(TICK_MS);
    expect(rig.refused).toEqual({ handshake_timeout: 1 });
    await expectGone(rig, peer, 0);
    expect(goAways(peer)).toMatchObject([{ code: NO_ERROR }]);
  });

  it('is over with the ACK, however slow what went before', async () => {
    await using rig = await startRig();
    await using peer = await rig.connected();
    await until(() => rig.connections === 1);
    for (const byte of Buffer.concat([PREFACE, settings(), SETTINGS_ACK])) {
      peer.socket.write(Buffer.from([byte]));
      rig.clock.advance(TICK_MS / 2);
    }
    await peer.ping();
    rig.clock.advance(20 * SECOND_MS);
    await peer.ping();
    expect(rig.refused).toEqual({});
    expect(peer.closed).toBe(false);
  });

  it('counts a peer that speaks no HTTP/2 once, however much it says', async () => {
    await using rig = await startRig();
    await using peer = await rig.connected({ allowHalfOpen: true });
    peer.socket.write('GET / HTTP/1.1\r\n\r\n');
    await until(() => peer.of(Type.GOAWAY).length === 1);
    peer.socket.write('GET / HTTP/1.1\r\n\r\n');
    await turns(rig);
    expect(rig.refused).toEqual({ not_http2: 1 });
    expect(goAways(peer)).toEqual([{ last: 0, code: PROTOCOL_ERROR }]);
  });
});

describe('a request', () => {
  it.each([
    ['a Check', open(1)],
    ['a Check with half a message', Buffer.concat([open(1), data(1, framed(NOTHING).subarray(2))])],
    ['a Check with a message', Buffer.concat([open(1), data(1, framed(NOTHING))])],
    ['a Check of health', openPath(1, '/grpc.health.v1.Health/Check')],
  ])('has 10 s to come to its end: %s', async (_, bytes) => {
    await using rig = await startRig();
    await using peer = await rig.greeted();
    peer.socket.write(bytes);
    await peer.ping();
    rig.clock.advance(10 * SECOND_MS);
    await peer.ping();
    expect(resets(peer)).toEqual([]);
    rig.clock.advance(TICK_MS);
    await peer.ping();
    expect(resets(peer)).toEqual([{ stream: 1, code: CANCEL }]);
    expect(rig.refused.request_timeout).toBe(1);
    expect(rig.calls).toEqual([]);
    expect(peer.closed).toBe(false);
  });

  it('is not hurried once it is whole', async () => {
    await using rig = await startRig();
    await using peer = await rig.greeted();
    peer.socket.write(check(1));
    await until(() => rig.calls.length === 1);
    rig.clock.advance(50 * SECOND_MS);
    for (const call of rig.calls) settle(call, OK);
    await until(() => framesOf(peer, 1).length === 3);
    expect(rig.refused).toEqual({});
  });

  it('may still be under way when its time is over', async () => {
    const streams = Array.from({ length: 300 }, (_, index) => 2 * index + 1);
    await using rig = await startRig();
    await using peer = await rig.greeted();
    peer.socket.write(Buffer.concat(streams.map((stream) => open(stream))));
    await peer.ping();
    rig.clock.advance(10 * SECOND_MS + TICK_MS);
    peer.socket.write(
      Buffer.concat(streams.map((stream) => data(stream, framed(NOTHING), Flag.END_STREAM))),
    );
    await peer.ping();
    expect(resets(peer)).toHaveLength(streams.length);
    expect(goAways(peer)).toEqual([]);
    expect(rig.refused).toEqual({ request_timeout: streams.length });
  });
});

describe('a peer that has been silent for a minute', () => {
  it('is asked whether it is there, and stays if it is', async () => {
    await using rig = await startRig();
    await using peer = await rig.greeted();
    for (let round = 1; round <= 3; round++) {
      rig.clock.advance(MINUTE_MS - TICK_MS);
      expect(pingsFromUs(peer)).toBe(round - 1);
      rig.clock.advance(TICK_MS);
      await until(() => pingsFromUs(peer) === round);
      await peer.ping(); // behind its answer
    }
    rig.clock.advance(30 * SECOND_MS);
    expect(rig.refused).toEqual({});
    expect(peer.closed).toBe(false);
  });

  it('is asked nothing when it is not silent', async () => {
    await using rig = await startRig();
    await using peer = await rig.greeted();
    for (let round = 0; round < 5; round++) {
      rig.clock.advance(MINUTE_MS / 2);
      await peer.ping();
    }
    expect(pingsFromUs(peer)).toBe(0);
  });

  it('is given up when it has not answered for 20 s', async () => {
    await using rig = await startRig();
    await using peer = await rig.greeted();
    peer.socket.write(check(1));
    await until(() => rig.calls.length === 1);
    peer.socket.pause();
    rig.clock.advance(MINUTE_MS);
    rig.clock.advance(20 * SECOND_MS - TICK_MS);
    expect(rig.refused).toEqual({});
    rig.clock.advance(TICK_MS);
    expect(rig.refused).toEqual({ keepalive_timeout: 1 });
    expect(rig.openCalls).toBe(0);
    peer.socket.resume();
    await expectGone(rig, peer, 0);
    expect(pingsFromUs(peer)).toBe(1);
    expect(goAways(peer)).toMatchObject([{ last: 1, code: NO_ERROR }]);
  });
});

describe('a connection without a request', () => {
  it('is asked to go after an hour', async () => {
    await using rig = await startRig(WITH_GRACE);
    await using peer = await rig.greeted();
    await live(rig, peer, HOUR_MS - TICK_MS);
    await peer.ping();
    expect(goAways(peer)).toEqual([]);
    rig.clock.advance(TICK_MS);
    await expectGone(rig, peer, 0);
    expect(goAways(peer)).toEqual([FIRST_GOAWAY, { last: 0, code: NO_ERROR }]);
    expect(rig.refused).toEqual({});
  });

  it('is none while requests overlap', async () => {
    await using rig = await startRig(WITH_GRACE);
    await using peer = await rig.greeted();
    for (let stream = 1, ms = 0; ms < HOUR_MS + MINUTE_MS; stream += 2, ms += MINUTE_MS / 2) {
      peer.socket.write(check(stream));
      await peer.ping();
      const before = rig.calls.at(-2);
      if (before !== undefined) settle(before, OK);
      rig.clock.advance(MINUTE_MS / 2);
    }
    await peer.ping();
    expect(goAways(peer)).toEqual([]);
    expect(rig.openCalls).toBe(1);
  });
});
