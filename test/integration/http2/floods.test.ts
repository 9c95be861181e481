import { expect, it } from 'vitest';
import { until } from '../../support/until.ts';
import { floods } from './attack-scripts.ts';
import { Code, Flag, frame, GRPC_BLOCK, headers, PREFACE, Type } from './frames.ts';
import { expectGone, framesOf, goAways, type Rig, startRig } from './rig.ts';

/** Room for every attack that keeps streams open, but for the one that wants more. */
const MAX_STREAMS = 150;
/** With 100 streams or 500 frames each, several times what any budget allows. */
const MOST_WAVES = 60;

const { ENHANCE_YOUR_CALM } = Code;
const some = expect.any(Number);
const RESET_FLOOD = { reset_flood: 1 };
const MADE_US_RESET = { stream_error: some, reset_flood: 1 };
const CONTROL_FLOOD = { control_flood: 1 };

const LARGE_HEADS = { header_list_too_large: 5, header_flood: 1 };

/** What is counted of those that are thrown out. */
const thrownOut: Record<keyof typeof floods, object> = {
  rapidReset: RESET_FLOOD,
  rapidResetOfHeaders: RESET_FLOOD,
  zeroWindowUpdate: MADE_US_RESET,
  windowOverflow: { flow_control_error: some, reset_flood: 1 },
  shortPriority: MADE_US_RESET,
  selfPriority: MADE_US_RESET,
  headersAfterEnd: MADE_US_RESET,
  dataAfterEnd: MADE_US_RESET,
  emptyNames: MADE_US_RESET,
  tooManyStreams: { stream_limit: some, reset_flood: 1 },
  hpackBomb: LARGE_HEADS,
  fieldBomb: LARGE_HEADS,
  continuations: { header_block_too_large: 1 },
  emptyContinuations: { header_block_too_large: 1 },
  settings: CONTROL_FLOOD,
  swingingWindows: CONTROL_FLOOD,
  settingsAcks: CONTROL_FLOOD,
  pings: CONTROL_FLOOD,
  pingAcks: CONTROL_FLOOD,
  goAways: CONTROL_FLOOD,
  resetsOfNothing: CONTROL_FLOOD,
  emptyData: CONTROL_FLOOD,
  paddedData: CONTROL_FLOOD,
  priorities: CONTROL_FLOOD,
  unknownFrames: CONTROL_FLOOD,
  windowUpdates: CONTROL_FLOOD,
  windowUpdatesOfNothing: CONTROL_FLOOD,
  headersOfReset: { stream_error: 1, control_flood: 1 },
};

it.each(
  Object.entries(thrownOut).map(([key, counted]) => {
    const attack = floods[key as keyof typeof floods];
    return { name: attack.name, attack, counted };
  }),
)('a flood of $name is thrown out, and nobody else notices', async ({ attack, counted }) => {
  await using rig = await startRig({ maxConcurrentStreams: MAX_STREAMS });
  await using victim = await rig.victim();
  await using peer = await rig.connected();
  peer.socket.write(attack.hello);
  for (let n = 0; n < MOST_WAVES && !peer.closed; n++) {
    peer.socket.write(attack.wave?.(n) as Uint8Array);
    expect((await victim.ask()).code).toBe(0);
  }
  await until(() => peer.closed, 2_000);
  expect(goAways(peer)).toMatchObject([{ code: ENHANCE_YOUR_CALM }]);
  expect(rig.refused).toEqual(counted);
  await expectGone(rig, peer, 1);
  expect((await victim.ask()).code).toBe(0);
});

it.each([
  ['an HPACK bomb', floods.hpackBomb],
  ['too many fields', floods.fieldBomb],
])('%s is refused unread, and HPACK stays in step', async (_, attack) => {
  await using rig = await startRig();
  await using victim = await rig.victim();
  await using peer = await rig.greeted();
  const hundred = attack.wave?.(0) as Uint8Array;
  peer.socket.write(hundred.subarray(0, hundred.length / 25));
  await peer.ping();
  expect((await victim.ask()).code).toBe(0);
  expect(rig.refused).toEqual({ header_list_too_large: 4 });
  expect(rig.calls).toEqual([]);
  const [head, body] = framesOf(peer, 1);
  expect(String(head?.payload)).toContain('431');
  expect(body).toMatchObject({ type: Type.DATA, flags: Flag.END_STREAM });

  // The newest entry of the table: that of the bomb, or nothing.
  const newest = Buffer.concat([GRPC_BLOCK, Buffer.from([0x80 | 62])]);
  peer.socket.write(headers(1001, newest, Flag.END_STREAM));
  await peer.ping();
  expect(peer.closed).toBe(attack === floods.fieldBomb);
});

it('memory of a header block goes with the connection that never ends it', async () => {
  await using rig = await startRig();
  const peer = await rig.greeted();
  peer.socket.write(frame(Type.HEADERS, 0, 1, GRPC_BLOCK));
  peer.socket.resetAndDestroy();
  await until(() => rig.connections === 0);
});

it('what a peer sends after it was thrown out is not read for long', async () => {
  await using rig = await startRig();
  await using peer = await rig.connected({ allowHalfOpen: true });
  peer.socket.write('no HTTP/2 at all\r\n\r\n');
  await until(() => goAways(peer).length === 1);
  const chunk = Buffer.alloc(32 * 1024);
  let sent = 0;
  await until(() => {
    if (!peer.closed && peer.socket.writable) sent += peer.socket.write(chunk) ? chunk.length : 0;
    return peer.closed;
  });
  expect(sent).toBeGreaterThan(256 * 1024);
  await until(() => rig.connections === 0);
});

async function throwOut(rig: Rig): Promise<void> {
  await using peer = await rig.connected();
  peer.socket.write('no HTTP/2 at all\r\n\r\n');
  await until(() => peer.closed);
}

it('whoever was thrown out is heard again after a tenth of a second, and then served', async () => {
  await using rig = await startRig();
  await throwOut(rig);
  const came = performance.now();
  await using again = await rig.connected();
  again.socket.write(Buffer.concat([PREFACE, frame(Type.SETTINGS, 0, 0)]));
  await until(() => again.of(Type.SETTINGS).length === 2);
  expect(performance.now() - came).toBeGreaterThan(80);
  rig.clock.advance(1_000);
  await using late = await rig.greeted();
  expect(late.closed).toBe(false);
  await using victim = await rig.victim();
  expect((await victim.ask()).code).toBe(0);
});

it('a peer that waits to be heard may go away meanwhile', async () => {
  await using rig = await startRig();
  await throwOut(rig);
  await using gone = await rig.connected();
  gone.socket.resetAndDestroy();
  await using victim = await rig.victim();
  expect((await victim.ask()).code).toBe(0);
  expect(rig.connections).toBe(1);
});
