import { expect, it } from 'vitest';
import { until } from '../../support/until.ts';
import type { RawPeer } from '../sources/raw-peer.ts';
import { check, INITIAL_WINDOW, MAX_INT31, reset, windowUpdate } from './frames.ts';
import { framesOf, goAways, OK, type Rig, settle, startRig } from './rig.ts';

const STEP_MS = 50;
/** 300 a second. */
const PER_STEP = 15;
/** After how many steps a caller gives up. */
const PATIENCE_STEPS = 4;
const STORM = 1_500;

const idOf = (request: number): number => 2 * request + 1;
const range = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

/** The service is there as before, for the next request of the same connection. */
async function expectServed(rig: Rig, peer: RawPeer, request: number): Promise<void> {
  const before = rig.calls.length;
  peer.socket.write(check(idOf(request)));
  await until(() => rig.calls.length === before + 1);
  for (const call of rig.calls.slice(before)) settle(call, OK);
  await until(() => framesOf(peer, idOf(request)).length === 3);
  expect(goAways(peer)).toEqual([]);
  expect(rig.refused).toEqual({});
  expect(rig.openCalls).toBe(0);
}

it('1,500 callers that give up within 5 s do not drop the connection that they share', async () => {
  await using rig = await startRig();
  await using peer = await rig.greeted();
  const steps = STORM / PER_STEP;
  for (let step = 0; step < steps + PATIENCE_STEPS; step++) {
    const asked = step < steps ? range(step * PER_STEP, PER_STEP) : [];
    const since = step - PATIENCE_STEPS;
    const gone = since >= 0 ? range(since * PER_STEP, PER_STEP) : [];
    peer.socket.write(
      Buffer.concat([
        ...asked.map((request) => check(idOf(request))),
        ...gone.map((request) => reset(idOf(request))),
      ]),
    );
    await peer.ping();
    rig.clock.advance(STEP_MS);
  }
  expect(rig.calls).toHaveLength(STORM);
  await expectServed(rig, peer, STORM);
});

it('nor do 1,500 that give up in the very write that asks', async () => {
  await using rig = await startRig();
  await using peer = await rig.greeted();
  peer.socket.write(
    Buffer.concat(
      range(0, STORM).flatMap((request) => [check(idOf(request)), reset(idOf(request))]),
    ),
  );
  await peer.ping();
  await expectServed(rig, peer, STORM);
});

it('nor does a minute of 300 a second that give up in the very write that asks', async () => {
  await using rig = await startRig();
  await using peer = await rig.greeted();
  const seconds = 60;
  for (let second = 0; second < seconds; second++) {
    peer.socket.write(
      Buffer.concat(
        range(300 * second, 300).flatMap((request) => [check(idOf(request)), reset(idOf(request))]),
      ),
    );
    await peer.ping();
    rig.clock.advance(1_000);
  }
  await expectServed(rig, peer, 300 * seconds);
});

it('nor do any number that have waited, as they all do when nothing is answered', async () => {
  await using rig = await startRig();
  await using peer = await rig.greeted();
  const perRound = 1_000;
  const rounds = 10;
  for (let round = 0; round < rounds; round++) {
    const requests = range(round * perRound, perRound);
    peer.socket.write(Buffer.concat(requests.map((request) => check(idOf(request)))));
    await peer.ping();
    rig.clock.advance(STEP_MS);
    peer.socket.write(Buffer.concat(requests.map((request) => reset(idOf(request)))));
    await peer.ping();
  }
  await expectServed(rig, peer, rounds * perRound);
});

it('nor does any number of them, as long as as many are answered', async () => {
  await using rig = await startRig();
  await using peer = await rig.greeted();
  peer.socket.write(windowUpdate(0, MAX_INT31 - INITIAL_WINDOW));
  const rounds = 20;
  const perRound = 500;
  for (let round = 0; round < rounds; round++) {
    const requests = range(2 * round * perRound, 2 * perRound);
    peer.socket.write(
      Buffer.concat(
        requests.flatMap((request, index) =>
          index % 2 === 0 ? [check(idOf(request))] : [check(idOf(request)), reset(idOf(request))],
        ),
      ),
    );
    await peer.ping();
    for (const call of rig.calls.splice(0)) settle(call, OK);
    await peer.ping();
  }
  await expectServed(rig, peer, 2 * rounds * perRound);
});

it('a caller that gives up takes only its own call along', async () => {
  await using rig = await startRig();
  await using peer = await rig.greeted();
  peer.socket.write(Buffer.concat(range(0, 10).map((request) => check(idOf(request)))));
  await until(() => rig.calls.length === 10);
  peer.socket.write(Buffer.concat(range(0, 5).map((request) => reset(idOf(2 * request)))));
  await peer.ping();
  expect(rig.calls.map(({ open }) => open)).toEqual(range(0, 10).map((n) => n % 2 === 1));
});
