import { describe, expect, it } from 'vitest';
import { GRPC_OPTIONS } from '../../support/transport.ts';
import { until } from '../../support/until.ts';
import type { RawPeer } from '../sources/raw-peer.ts';
import { open, SETTINGS_ACK, Type } from './frames.ts';
import { startRig } from './rig.ts';

const MAX_CONCURRENT_STREAMS = 3;
const TICK_MS = 250;
const MOST = GRPC_OPTIONS.maxConcurrentStreams;

/** What a peer was told that it may have, in turn. */
function told(peer: RawPeer): readonly number[] {
  return peer.of(Type.SETTINGS).flatMap(({ payload }) => {
    const values: number[] = [];
    for (let at = 0; at < payload.length; at += 6) {
      if (payload.readUInt16BE(at) === MAX_CONCURRENT_STREAMS)
        values.push(payload.readUInt32BE(at + 2));
    }
    return values;
  });
}

/** A peer with so many streams open. */
async function busy(rig: Awaited<ReturnType<typeof startRig>>, streams: number): Promise<RawPeer> {
  const peer = await rig.greeted();
  peer.socket.write(Buffer.concat(Array.from({ length: streams }, (_, i) => open(2 * i + 1))));
  await peer.ping();
  return peer;
}

describe('a source that is to hold back its peers', () => {
  it('shares the streams out among the connections in use, and takes it back', async () => {
    await using rig = await startRig();
    await using one = await busy(rig, 3);
    await using two = await busy(rig, 1);
    await using idle = await rig.greeted();
    expect(rig.source.limit(200)).toBe(200);
    await until(() => [one, two, idle].every((peer) => told(peer).length === 2));
    expect([one, two, idle].map(told)).toEqual([
      [MOST, 100],
      [MOST, 100],
      [MOST, 100],
    ]);
    rig.source.limit(undefined);
    await until(() => told(one).length === 3);
    expect(told(one)).toEqual([MOST, 100, MOST]);
  });

  it('shares out what is worth having open, once half of it is', async () => {
    await using rig = await startRig({ maxCalls: 100 });
    await using one = await busy(rig, 30);
    rig.clock.advance(TICK_MS);
    await one.ping();
    expect(told(one)).toEqual([MOST]);
    await using two = await busy(rig, 25);
    rig.clock.advance(TICK_MS);
    await until(() => told(one).length === 2 && told(two).length === 2);
    expect([told(one)[1], told(two)[1]]).toEqual([50, 50]);
    await using late = await rig.greeted();
    expect(told(late)).toEqual([50]);
    for (const call of rig.calls) call.cancel();
    two.socket.destroy();
    await until(() => rig.connections === 2);
    rig.clock.advance(TICK_MS);
    await until(() => told(one).length === 3);
    expect(told(one)[2]).toBe(MOST);
  });

  it('leaves each connection as many streams as are worth a turn, and says so', async () => {
    await using rig = await startRig();
    await using one = await busy(rig, 1);
    await using two = await busy(rig, 1);
    expect(rig.source.limit(1)).toBe(8);
    await until(() => told(one).length === 2 && told(two).length === 2);
    expect([told(one)[1], told(two)[1]]).toEqual([4, 4]);
  });

  it('says so to new connections from the start', async () => {
    await using rig = await startRig();
    await using _ = await busy(rig, 1);
    rig.source.limit(70);
    await using late = await rig.greeted();
    expect(told(late)).toEqual([70]);
  });

  it('does not bother them with a change of less than a tenth', async () => {
    await using rig = await startRig();
    await using peer = await busy(rig, 1);
    for (const limit of [50, 52, 54, 55, 56, 54]) rig.source.limit(limit);
    await until(() => told(peer).length >= 3);
    await peer.ping();
    expect(told(peer)).toEqual([MOST, 50, 56]);
  });

  it('serves what a peer has sent before it knew', async () => {
    await using rig = await startRig();
    await using peer = await busy(rig, 1);
    rig.source.limit(1);
    await until(() => told(peer).length === 2);
    peer.socket.write(Buffer.concat([open(3), open(5), SETTINGS_ACK]));
    await peer.ping();
    expect(peer.of(Type.RST_STREAM)).toEqual([]);
    expect(peer.of(Type.GOAWAY)).toEqual([]);
  });
});
