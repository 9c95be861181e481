import { setImmediate as turn } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { expect, it } from 'vitest';
import type { Call } from '../../../src/domain/call.ts';
import { refuse } from '../../../src/domain/decision.ts';
import { until } from '../../support/until.ts';
import { framed, GrpcClient, Http2Client } from './clients.ts';
import { type Harness, OK, startHarness } from './harness.ts';
import { openPeer, request, requestHead, reset } from './raw-peer.ts';

const NOTHING = Buffer.alloc(0);

/** A harness that answers no call by itself. */
const startSilent = (): Promise<Harness> => startHarness({ answer: () => undefined });

/** What a decision that comes too late does: nothing. */
async function answerLate(call: Call): Promise<void> {
  expect(call.settle(OK)).toBe(false);
  expect(call.cancel()).toBe(false);
  for (const decision of [OK, refuse('overload', { signal: 'grpc_status' })]) {
    expect(() => call.responder.reply(decision)).not.toThrow();
  }
  await turn();
}

it('a call ends, once, when its caller cancels it, and takes a late reply without harm', async () => {
  await using harness = await startSilent();
  using client = new GrpcClient(harness.address);
  const { call, outcome } = client.unary(NOTHING);
  await until(() => harness.calls.length === 1);
  call.cancel();
  expect((await outcome).code).toBe(status.CANCELLED);
  await until(() => harness.cancelled.length > 0);
  await answerLate(harness.calls[0] as Call);
  expect(harness.cancelled).toEqual([harness.calls[0]]);

  // The connection serves on.
  const next = client.unary(NOTHING);
  await until(() => harness.calls.length === 2);
  harness.calls[1]?.settle(OK);
  expect((await next.outcome).code).toBe(status.OK);
  await turn();
  expect(harness.cancelled).toHaveLength(1);
});

it('a call that was answered is not cancelled afterwards', async () => {
  await using harness = await startHarness();
  {
    using client = new GrpcClient(harness.address);
    await client.check();
  }
  await harness.source.drain(0);
  expect(harness.calls).toMatchObject([{ decision: OK }]);
  expect(harness.cancelled).toEqual([]);
});

it('every call ends, once, when its connection is torn, and takes a late reply', async () => {
  await using harness = await startSilent();
  const peer = await (await openPeer(harness.port)).greet();
  const streams = Array.from({ length: 20 }, (_, index) => 2 * index + 1);
  peer.socket.write(Buffer.concat(streams.map((stream) => request(stream))));
  await until(() => harness.calls.length === streams.length);
  peer.socket.resetAndDestroy();
  await until(() => harness.cancelled.length === streams.length);
  for (const call of harness.calls) await answerLate(call);
  expect(new Set(harness.cancelled)).toEqual(new Set(harness.calls));
});

it('a reply to a connection that is gone, but not known to be, does no harm', async () => {
  await using harness = await startSilent();
  const client = await new Http2Client(`http://${harness.address}`).connected();
  void client.post(framed(NOTHING));
  await until(() => harness.calls.length === 1);
  client.session.destroy();
  harness.calls[0]?.settle(OK); // before anything of it can have been read
  await until(() => client.session.destroyed);
  using other = new GrpcClient(harness.address);
  const { outcome } = other.unary(NOTHING);
  await until(() => harness.calls.length === 2);
  harness.calls[1]?.settle(OK);
  expect((await outcome).code).toBe(status.OK);
});

it('a request that is cancelled in the very write that brings it leaves nothing open', async () => {
  await using harness = await startSilent();
  await using peer = await (await openPeer(harness.port)).greet();
  peer.socket.write(Buffer.concat([request(1), reset(1), request(3)]));
  await until(() => harness.calls.length > 0);
  await peer.ping();
  await until(() => harness.calls.filter(({ open }) => open).length === 1);
  expect(harness.calls.at(-1)?.open).toBe(true);
});

it('a request that never ends is no call, and is gone with its connection', async () => {
  await using harness = await startSilent();
  const peer = await (await openPeer(harness.port)).greet();
  peer.socket.write(requestHead(1));
  await peer.ping();
  await peer[Symbol.asyncDispose]();
  await harness.source.drain(60_000);
  expect(harness.batches).toEqual([]);
});
