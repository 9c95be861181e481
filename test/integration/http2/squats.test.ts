import { expect, it } from 'vitest';
import { until } from '../../support/until.ts';
import { framed } from '../sources/clients.ts';
import { type Attack, squats } from './attack-scripts.ts';
import { Code, data, Flag, open } from './frames.ts';
import { goAways, resets, startRig } from './rig.ts';

const HANDSHAKE_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 10_250;
const TICK_MS = 250;
const STREAMS = 100;

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

it.each<[string, Attack, Record<string, number>]>([
  ['a Check', squats.stalledRequests, {}],
  ['an unknown method', squats.stalledUnknown, { not_grpc: STREAMS }],
])('streams that a request of %s keeps open are taken back', async (_, attack, before) => {
  await using rig = await startRig({ maxConcurrentStreams: STREAMS });
  await using victim = await rig.victim();
  await using peer = await rig.connected();
  peer.socket.write(attack.hello);
  peer.socket.write(attack.wave?.(0) as Uint8Array);
  await peer.ping();
  expect(resets(peer)).toEqual([]);
  expect(rig.refused).toEqual(before);

  rig.clock.advance(REQUEST_TIMEOUT_MS);
  await peer.ping();
  expect(resets(peer)).toHaveLength(STREAMS);
  expect(new Set(resets(peer).map(({ code }) => code))).toEqual(new Set([Code.CANCEL]));
  expect(rig.refused).toEqual({ ...before, request_timeout: STREAMS });
  expect(rig.calls).toEqual([]);
  expect((await victim.ask()).code).toBe(0);
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
