import { expect, it } from 'vitest';
import { until } from '../../support/until.ts';
import { framed } from '../sources/clients.ts';
import { type Attack, squats } from './attack-scripts.ts';
import { Code, data, Flag, NOTHING, open, openPath } from './frames.ts';
import { framesOf, goAways, resets, startRig } from './rig.ts';

const HANDSHAKE_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 10_250;
const TICK_MS = 250;
const STREAMS = 100;

/** The beginning of a message of so many bytes. */
function announcing(length: number): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(length, 1);
  return prefix;
}

it.each<[string, Attack]>([
  ['half a preface', squats.preface],
  ['SETTINGS that are not acknowledged', squats.settingsAck],
])('peers that stay at %s are sent away after 10 s', async (_, attack) => {
  await using rig = await startRig();
  await using victim = await rig.victim();
  await using _attack = attack.start(rig.port);
  const { connections } = attack;
  await until(() => rig.connections === 1 + connections);
  expect((await victim.ask()).code).toBe(0);
  rig.clock.advance(HANDSHAKE_TIMEOUT_MS - TICK_MS);
  expect(rig.refused).toEqual({});
  rig.clock.advance(TICK_MS);
  expect(rig.refused).toEqual({ handshake_timeout: connections });
  expect((await victim.ask()).code).toBe(0);
});

it('connections above their number are closed, and make room for nobody', async () => {
  const maxConnections = 50;
  await using rig = await startRig({ maxConnections });
  await using victim = await rig.victim();
  {
    await using _ = squats.connections.start(rig.port);
    const above = 1 + squats.connections.connections - maxConnections;
    await until(() => (rig.refused.connection_limit ?? 0) >= above);
    expect(rig.connections).toBe(maxConnections);
    expect((await victim.ask()).code).toBe(0);
  }
  await until(() => rig.connections === 1);
  await using other = await rig.victim();
  expect((await other.ask()).code).toBe(0);
});

it('streams that are kept open by requests without an end are taken back', async () => {
  await using rig = await startRig({ maxConcurrentStreams: STREAMS });
  await using victim = await rig.victim();
  await using peer = await rig.connected();
  peer.socket.write(squats.stalledRequests.hello);
  peer.socket.write(squats.stalledRequests.wave?.(0) as Uint8Array);
  await peer.ping();
  expect(resets(peer)).toEqual([]);
  expect(rig.refused).toEqual({});

  rig.clock.advance(REQUEST_TIMEOUT_MS);
  await peer.ping();
  expect(resets(peer)).toHaveLength(STREAMS);
  expect(new Set(resets(peer).map(({ code }) => code))).toEqual(new Set([Code.CANCEL]));
  expect(rig.refused).toEqual({ request_timeout: STREAMS });
  expect(rig.calls).toEqual([]);
  expect((await victim.ask()).code).toBe(0);
});

// RFC 9113, section 8.1
it.each<[string, Record<string, number>, (stream: number) => Buffer]>([
  ['an unknown method', { not_grpc: 1 }, (stream) => openPath(stream, '/x')],
  [
    'a message that is too large',
    { message_too_large: 1 },
    (stream) => Buffer.concat([open(stream), data(stream, announcing(5 * 1024 * 1024))]),
  ],
  [
    'the health of the service',
    {},
    (stream) =>
      Buffer.concat([
        openPath(stream, '/grpc.health.v1.Health/Check'),
        data(stream, framed(NOTHING)),
      ]),
  ],
  [
    'more than one message',
    {},
    (stream) => Buffer.concat([open(stream), data(stream, Buffer.alloc(10))]),
  ],
])('a request of %s is answered, and its rest not waited for', async (_, refused, begin) => {
  await using rig = await startRig();
  await using peer = await rig.greeted();
  peer.socket.write(begin(1));
  await until(() => framesOf(peer, 1).some(({ flags }) => (flags & Flag.END_STREAM) !== 0));
  expect(resets(peer)).toEqual([]);

  rig.clock.advance(TICK_MS);
  await peer.ping();
  expect(resets(peer)).toEqual([{ stream: 1, code: Code.NO_ERROR }]);
  // What of it was under way is nobody's fault.
  peer.socket.write(data(1, Buffer.alloc(10), Flag.END_STREAM));
  await peer.ping();
  expect(resets(peer)).toHaveLength(1);
  expect(rig.refused).toEqual(refused);
  expect(rig.calls).toEqual([]);
  expect(peer.closed).toBe(false);
});

it('a header block that does not end is a request that does not', async () => {
  await using rig = await startRig();
  await using victim = await rig.victim();
  await using peer = await rig.connected();
  peer.socket.write(squats.stalledBlock.hello);
  await until(() => rig.connections === 2 && peer.frames.length >= 3);
  rig.clock.advance(REQUEST_TIMEOUT_MS);
  await until(() => peer.closed, 2_000);
  // Without the rest of it nothing that follows could be read.
  expect(goAways(peer)).toHaveLength(1);
  expect(rig.refused).toEqual({ request_timeout: 1 });
  expect((await victim.ask()).code).toBe(0);
});

it('messages that do not end keep no room from those of others', async () => {
  await using rig = await startRig();
  await using victim = await rig.victim();
  await using peer = await rig.greeted();
  // Of 1 MB each: more than all connections together may keep. Then what is left, in small change.
  for (let n = 0; n < 40; n++) peer.socket.write(squats.parts.wave?.(n) as Uint8Array);
  peer.socket.write(squats.smallParts.wave?.(1) as Uint8Array);
  await peer.ping();
  // A message of two frames.
  await using other = await rig.greeted();
  const message = framed(Buffer.alloc(20_000));
  other.socket.write(
    Buffer.concat([
      open(1),
      data(1, message.subarray(0, 10_000)),
      data(1, message.subarray(10_000), Flag.END_STREAM),
    ]),
  );
  await until(() => rig.calls.length === 1);
  expect(rig.calls[0]?.check.fault).not.toBe('request_too_large');
  expect((await victim.ask()).code).toBe(0);
});
