import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { until } from '../../support/until.ts';
import { Code, check, Flag, frame, MAX_INT31, open, PREFACE, settings, Type } from './frames.ts';
import { expectGone, framesOf, goAways, live, OK, resets, settle, startRig, turns } from './rig.ts';

const TICK_MS = 250;
const SECOND_MS = 1_000;
const GRACE_MS = 5_000;
const { NO_ERROR } = Code;
const FIRST_GOAWAY = { last: MAX_INT31, code: NO_ERROR };

describe('the age of a connection', () => {
  const AGE_MS = 100 * SECOND_MS;
  const AGED = { maxConnectionAgeMs: AGE_MS, maxConnectionAgeGraceMs: GRACE_MS };
  afterEach(() => vi.restoreAllMocks());

  it.each([
    ['a tenth sooner', 0, 0.9],
    ['on time', 0.5, 1],
    ['a tenth later', 1 - Number.EPSILON, 1.1],
  ])('ends it, perhaps %s', async (_, random, share) => {
    vi.spyOn(Math, 'random').mockReturnValue(random);
    await using rig = await startRig(AGED);
    await using peer = await rig.greeted();
    await live(rig, peer, share * AGE_MS - TICK_MS);
    await peer.ping();
    expect(goAways(peer)).toEqual([]);
    rig.clock.advance(2 * TICK_MS);
    await expectGone(rig, peer, 0);
    expect(goAways(peer)[0]).toEqual(FIRST_GOAWAY);
  });

  it('comes to those that began together at different times', async () => {
    await using rig = await startRig(AGED);
    await using peers = new AsyncDisposableStack();
    const all = await Promise.all(Array.from({ length: 20 }, () => rig.greeted()));
    for (const peer of all) peers.use(peer);
    rig.clock.advance(AGE_MS / 2);
    await Promise.all(all.map((peer) => peer.ping()));
    rig.clock.advance(0.4 * AGE_MS);
    const wentAt = new Set<number>();
    for (let ms = 0; ms <= 0.2 * AGE_MS; ms += SECOND_MS) {
      const before = rig.connections;
      rig.clock.advance(SECOND_MS);
      await Promise.all(all.map((peer) => peer.ping()));
      if (rig.connections < before) wentAt.add(ms);
    }
    await until(() => rig.connections === 0);
    expect(wentAt.size).toBeGreaterThan(3);
  });

  it('does not come with an age of 0', async () => {
    await using rig = await startRig({ ...AGED, maxConnectionAgeMs: 0 });
    await using peer = await rig.greeted();
    await live(rig, peer, 20 * AGE_MS);
    await peer.ping();
    expect(goAways(peer)).toEqual([]);
  });
});

describe('a connection that is asked to go', () => {
  const AGE_MS = 10 * SECOND_MS;
  const AGED = { maxConnectionAgeMs: AGE_MS, maxConnectionAgeGraceMs: GRACE_MS };
  // In the middle of what it may be: just that age.
  beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0.5));
  afterEach(() => vi.restoreAllMocks());

  it('is told what is served once it knows, and ends with its last answer', async () => {
    await using rig = await startRig(AGED);
    await using peer = await rig.greeted();
    peer.socket.write(check(1));
    await until(() => rig.calls.length === 1);
    rig.clock.advance(AGE_MS);
    // Written before the peer can know.
    peer.socket.write(check(3));
    await until(() => goAways(peer).length === 2);
    expect(goAways(peer)).toEqual([FIRST_GOAWAY, { last: 3, code: NO_ERROR }]);
    expect(rig.calls).toHaveLength(2);

    peer.socket.write(check(5));
    await peer.ping();
    expect(rig.calls).toHaveLength(2);
    expect(peer.closed).toBe(false);
    for (const call of rig.calls) settle(call, OK);
    await expectGone(rig, peer, 0);
    expect(framesOf(peer, 1)).toHaveLength(3);
    expect(framesOf(peer, 3)).toHaveLength(3);
    expect(framesOf(peer, 5)).toEqual([]);
    expect(rig.refused).toEqual({});
  });

  it('is told so after a second if it does not answer', async () => {
    await using rig = await startRig(AGED);
    await using peer = await rig.greeted();
    peer.socket.write(check(1));
    await until(() => rig.calls.length === 1);
    peer.socket.pause();
    rig.clock.advance(AGE_MS);
    rig.clock.advance(SECOND_MS - TICK_MS);
    peer.socket.write(check(3));
    await until(() => rig.calls.length === 2);
    rig.clock.advance(TICK_MS);
    peer.socket.write(check(5));
    await turns(rig);
    expect(rig.openCalls).toBe(2);

    peer.socket.resume();
    await until(() => goAways(peer).length === 2);
    const types = peer.frames.slice(-3).map(({ type }) => type);
    expect(types).toEqual([Type.GOAWAY, Type.PING, Type.GOAWAY]);
    expect(goAways(peer)).toEqual([FIRST_GOAWAY, { last: 3, code: NO_ERROR }]);
    expect(rig.calls).toHaveLength(2);
  });

  it('is none because it answers a PING that was not sent', async () => {
    await using rig = await startRig(AGED);
    await using peer = await rig.greeted();
    const answer = frame(Type.PING, Flag.ACK, 0, Buffer.from('going aw'));
    peer.socket.write(Buffer.concat([check(1), answer, check(3)]));
    await until(() => rig.calls.length === 2);
    await peer.ping();
    expect(goAways(peer)).toEqual([]);
  });

  it('is cut when its grace is over', async () => {
    await using rig = await startRig(AGED);
    await using peer = await rig.greeted();
    peer.socket.write(check(1));
    await until(() => rig.calls.length === 1);
    rig.clock.advance(AGE_MS);
    await until(() => goAways(peer).length === 2);
    expect(rig.openCalls).toBe(1);
    rig.clock.advance(GRACE_MS);
    await expectGone(rig, peer, 0);
    expect(framesOf(peer, 1)).toEqual([]);
    expect(rig.refused).toEqual({});
  });

  it('has the time of the drain, when it is one, and not that of an age', async () => {
    await using rig = await startRig({ maxConnectionAgeGraceMs: 0 });
    await using peer = await rig.greeted();
    peer.socket.write(check(1));
    await until(() => rig.calls.length === 1);
    const drained = rig.source.drain(60 * SECOND_MS);
    await until(() => goAways(peer).length === 2);
    rig.clock.advance(10 * SECOND_MS);
    expect(rig.openCalls).toBe(1);
    for (const call of rig.calls) settle(call, OK);
    await drained;
    await until(() => peer.closed);
    expect(framesOf(peer, 1)).toHaveLength(3);
  });
});

describe('a peer that was sent away', () => {
  it('has a second to hang up, and what it says is not read', async () => {
    await using rig = await startRig();
    await using peer = await rig.greeted({ allowHalfOpen: true });
    // Of the frame that comes next only half.
    const next = open(1);
    peer.socket.write(Buffer.concat([open(2), next.subarray(0, 20)]));
    await until(() => peer.of(Type.GOAWAY).length === 1);
    peer.socket.write(Buffer.concat([next.subarray(20), check(3), open(4)]));
    await using other = await rig.greeted();
    rig.clock.advance(SECOND_MS - TICK_MS);
    for (let round = 0; round < 3; round++) await other.ping();
    expect(rig.connections).toBe(2);
    rig.clock.advance(TICK_MS);
    await until(() => rig.connections === 1);
    expect(rig.calls).toEqual([]);
    expect(rig.refused).toEqual({ protocol_error: 1 });
    expect(resets(peer)).toEqual([]);
  });

  it('is not served by the rest of a frame that came before', async () => {
    await using rig = await startRig();
    await using peer = await rig.connected({ allowHalfOpen: true });
    await until(() => rig.connections === 1);
    const upper = open(1, [['A', 'b']]);
    peer.socket.write(Buffer.concat([PREFACE, settings(), upper.subarray(0, 20)]));
    await until(() => peer.of(Type.SETTINGS).length === 2);
    rig.clock.advance(10 * SECOND_MS);
    expect(rig.refused).toEqual({ handshake_timeout: 1 });
    await until(() => peer.of(Type.GOAWAY).length === 1);
    peer.socket.write(upper.subarray(20));
    await turns(rig);
    expect(rig.refused).toEqual({ handshake_timeout: 1 });
    expect(resets(peer)).toEqual([]);
  });
});
