import { describe, expect, it } from 'vitest';
import { allow, type Decision } from '../../../src/domain/decision.ts';
import { until } from '../../support/until.ts';
import { framed } from '../sources/clients.ts';
import type { RawPeer } from '../sources/raw-peer.ts';
import { squats } from './attack-scripts.ts';
import {
  block,
  Code,
  check,
  data,
  Flag,
  GRPC_FIELDS,
  headers,
  NOTHING,
  open,
  openPath,
  PING,
  reset,
  Setting,
  settings,
  Type,
  windowUpdate,
} from './frames.ts';
import { expectGone, framesOf, OK, type Rig, resets, startRig } from './rig.ts';

const SECOND_MS = 1_000;
/** Time for progress, and a tick. */
const WRITE_TIMEOUT_MS = 10_250;
const LINGER_MS = 1_250;
const NO_WINDOW = settings([Setting.INITIAL_WINDOW_SIZE, 0]);
const STREAMS = 100;

const CHECK_OF_HEALTH = '/grpc.health.v1.Health/Check';
const WATCH = '/grpc.health.v1.Health/Watch';
const REFLECTION = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
/** A ServerReflectionRequest. */
const LIST_SERVICES = Buffer.from([0x3a, 0]);

async function peerWithoutWindow(rig: Rig): Promise<RawPeer> {
  const peer = await rig.greeted();
  peer.socket.write(NO_WINDOW);
  await peer.ping();
  return peer;
}

describe('a peer without a window', () => {
  it('has as many answers waiting as it may have streams, and is given up', async () => {
    await using rig = await startRig({ maxConcurrentStreams: STREAMS, answer: () => OK });
    await using victim = await rig.victim();
    await using peer = await peerWithoutWindow(rig);
    // Twice as many as there may be.
    for (const n of [0, 1]) peer.socket.write(squats.zeroWindow.wave?.(n) as Uint8Array);
    await peer.ping();
    expect(peer.of(Type.DATA)).toEqual([]);
    expect(rig.calls).toHaveLength(STREAMS);
    expect(resets(peer)).toHaveLength(STREAMS);
    expect((await victim.ask()).code).toBe(0);

    rig.clock.advance(WRITE_TIMEOUT_MS);
    await expectGone(rig, peer, 1);
    expect(rig.refused).toEqual({ stream_limit: STREAMS, slow_reader: 1 });
    expect((await victim.ask()).code).toBe(0);
  });

  it('has time as long as it takes something', async () => {
    await using rig = await startRig({ answer: () => OK });
    await using peer = await peerWithoutWindow(rig);
    peer.socket.write(check(1));
    for (let round = 0; round < 5; round++) {
      rig.clock.advance(9 * SECOND_MS);
      peer.socket.write(windowUpdate(1, 1));
      await peer.ping();
    }
    expect(peer.closed).toBe(false);
    expect(rig.refused).toEqual({});
    expect(framesOf(peer, 1).filter(({ type }) => type === Type.DATA)).toHaveLength(5);
  });

  it('wins no time by PING', async () => {
    await using rig = await startRig({ answer: () => OK });
    await using peer = await peerWithoutWindow(rig);
    peer.socket.write(check(1));
    for (let second = 0; second < 15 && !peer.closed; second++) {
      peer.socket.write(PING);
      await peer.ping();
      rig.clock.advance(SECOND_MS);
    }
    await until(() => peer.closed, 2_000);
    expect(rig.refused).toEqual({ slow_reader: 1 });
  });

  it('does not hold up those of its streams that have one', async () => {
    await using rig = await startRig({ answer: () => OK });
    await using peer = await peerWithoutWindow(rig);
    peer.socket.write(Buffer.concat([check(1), check(3), windowUpdate(3, 1_000)]));
    await until(() => framesOf(peer, 3).length === 3);
    expect(framesOf(peer, 1)).toMatchObject([{ type: Type.HEADERS }]);

    // What waits for a stream that is gone goes with it.
    peer.socket.write(reset(1));
    await peer.ping();
    rig.clock.advance(WRITE_TIMEOUT_MS);
    expect(rig.refused).toEqual({});
  });

  it.each([
    ['Check of health', CHECK_OF_HEALTH],
    ['Watch', WATCH],
  ])('is told once that a %s is over, however many messages it sends', async (_, path) => {
    await using rig = await startRig();
    await using peer = await peerWithoutWindow(rig);
    const messages = Buffer.concat(Array.from({ length: 1_000 }, () => framed(NOTHING)));
    peer.socket.write(Buffer.concat([openPath(1, path), data(1, messages)]));
    await peer.ping();
    peer.socket.write(settings([Setting.INITIAL_WINDOW_SIZE, 60_000]));
    await peer.ping();
    expect(framesOf(peer, 1)).toMatchObject([
      { type: Type.HEADERS },
      { type: Type.DATA, payload: { length: 7 } },
      { type: Type.HEADERS, flags: Flag.END_HEADERS | Flag.END_STREAM },
    ]);
  });

  it('makes no call of a request that was refused', async () => {
    await using rig = await startRig({ answer: () => OK });
    await using peer = await peerWithoutWindow(rig);
    const plain = block(GRPC_FIELDS.filter(([name]) => name !== 'content-type'));
    peer.socket.write(
      Buffer.concat([headers(1, plain), data(1, framed(NOTHING), Flag.END_STREAM)]),
    );
    await peer.ping();
    expect(rig.calls).toEqual([]);
    peer.socket.write(windowUpdate(1, 1_000));
    await peer.ping();
    expect(framesOf(peer, 1)).toMatchObject([
      { type: Type.HEADERS },
      { type: Type.DATA, flags: Flag.END_STREAM },
    ]);
  });

  it('does not have answers without end to one request', async () => {
    await using rig = await startRig({ reflection: true });
    await using peer = await peerWithoutWindow(rig);
    const message = framed(LIST_SERVICES);
    const frame = data(1, Buffer.concat(Array.from({ length: 2_000 }, () => message)));
    peer.socket.write(Buffer.concat([openPath(1, REFLECTION), ...Array(8).fill(frame)]));
    await peer.ping();
    // It has sent more than anybody reads who is owed an answer.
    expect(resets(peer)).toEqual([{ stream: 1, code: Code.FLOW_CONTROL_ERROR }]);
  });

  it('takes its calls along when it is torn', async () => {
    await using rig = await startRig();
    await using victim = await rig.victim();
    const peer = await peerWithoutWindow(rig);
    peer.socket.write(Buffer.concat([check(1), open(3)]));
    await until(() => rig.calls.length === 1);
    peer.socket.resetAndDestroy();
    await expectGone(rig, peer, 1);
    expect((await victim.ask()).code).toBe(0);
  });
});

describe('a peer that does not read', () => {
  const ANSWER_BYTES = 12_000;
  const OFFERED = 10_000;
  /** What the system keeps of both directions, and what is on its way in us. */
  const MAX_UNREAD_BYTES = 40 * 1024 * 1024;
  const large: Decision = allow('success', [['x-large', 'l'.repeat(ANSWER_BYTES)]], []);

  it('is not read from, and given up', async () => {
    await using rig = await startRig({ answer: () => large });
    await using victim = await rig.victim();
    const peer = await rig.connected();
    peer.socket.pause();
    peer.socket.write(squats.slowRead.hello);
    for (let n = 0; n < OFFERED / STREAMS; n++) {
      peer.socket.write(squats.slowRead.wave?.(n) as Uint8Array);
    }
    await until(async () => {
      expect((await victim.ask()).code).toBe(0);
      rig.clock.advance(250);
      return rig.refused.slow_reader === 1;
    });
    expect(rig.calls.length * ANSWER_BYTES).toBeLessThan(MAX_UNREAD_BYTES);

    rig.clock.advance(LINGER_MS);
    await until(() => rig.connections === 1 && rig.openCalls === 0);
    expect((await victim.ask()).code).toBe(0);
    peer.socket.destroy();
  });
});
