import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../../src/domain/clock.ts';
import { guard } from '../../support/guard.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/until.ts';
import { framed, GrpcClient, Http2Client } from './clients.ts';
import { Harness, type HarnessOptions, OK, startHarness } from './harness.ts';
import { FrameType, frame, openPeer, PREFACE, request, requestHead } from './raw-peer.ts';

const LONG_MS = 600_000;
const NOTHING = Buffer.alloc(0);
/** Long enough for what is already sent to be read. */
const AGE_MS = 500;
const HELLO_AND_REQUEST = Buffer.concat([PREFACE, frame(FrameType.SETTINGS, 0, 0), request(1)]);
const SILENT: HarnessOptions = { answer: () => undefined };

/** Real, but for timeouts, which come when the test says. */
function manualTimeouts(): { clock: Clock; timeouts: ManualClock } {
  const timeouts = new ManualClock();
  return { clock: { ...systemClock, after: timeouts.after.bind(timeouts) }, timeouts };
}

/** Whether a promise is still pending when all that is under way has been done. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  for (let round = 0; round < 20; round++) await turn();
  return (await Promise.race([promise, Promise.resolve('pending')])) === 'pending';
}

async function codeOfConnecting(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
  return error.code ?? '';
}

describe('drain', () => {
  it('answers what is open, takes nothing new, then completes', async () => {
    await using harness = await startHarness(SILENT);
    using client = new GrpcClient(harness.address);
    const pending = [client.unary(NOTHING), client.unary(NOTHING)];
    await until(() => harness.calls.length === 2);

    const drained = harness.source.drain(LONG_MS);
    expect(harness.source.drain(0)).toBe(drained);
    await turn();
    expect(await codeOfConnecting(harness.port)).toBe('ECONNREFUSED');
    harness.calls[0]?.settle(OK);
    expect((await pending[0]?.outcome)?.code).toBe(status.OK);
    expect(await isPending(drained)).toBe(true);
    expect(harness.completed).toBe(false);

    harness.calls[1]?.settle(OK);
    expect((await pending[1]?.outcome)?.code).toBe(status.OK);
    await drained;
    expect(harness.completed).toBe(true);
    expect(harness.cancelled).toEqual([]);
    expect(harness.source.drain(LONG_MS)).toBe(drained);
  });

  it('tells the peer which request was the last, and takes no later one', async () => {
    await using harness = await startHarness(SILENT);
    await using peer = await (await openPeer(harness.port)).greet();
    peer.socket.write(request(1));
    await until(() => harness.calls.length === 1);
    const drained = harness.source.drain(LONG_MS);
    const lastStreams = () =>
      peer.of(FrameType.GOAWAY).map(({ payload }) => payload.readUInt32BE(0));
    await until(() => lastStreams().includes(1));
    peer.socket.write(request(3));
    await peer.ping();
    harness.calls[0]?.settle(OK);
    await drained;
    expect(harness.calls).toHaveLength(1);
  });

  it('is not held up by peers that ask for nothing', async () => {
    await using harness = await startHarness();
    await using peers = new AsyncDisposableStack();
    const silent = peers.use(await openPeer(harness.port));
    const greeted = peers.use(await (await openPeer(harness.port)).greet());
    await harness.source.drain(LONG_MS);
    await until(() => silent.closed && greeted.closed);
  });

  it.each([
    ['a call that nothing settles', request(1), false],
    ['a request that never ends', requestHead(1), false],
    ['a peer that does not hang up', NOTHING, true],
  ])('cuts off %s when its time is over', async (_, bytes, allowHalfOpen) => {
    const { clock, timeouts } = manualTimeouts();
    await using harness = await startHarness({ ...SILENT, clock });
    await using peer = await (await openPeer(harness.port, { allowHalfOpen })).greet();
    peer.socket.write(bytes);
    await peer.ping();
    const drained = harness.source.drain(10_000);
    await until(() => timeouts.pending === 1);
    timeouts.advance(9_999);
    expect(await isPending(drained)).toBe(true);
    expect(harness.calls.every(({ open }) => open)).toBe(true);
    timeouts.advance(1);
    await drained;
    expect(harness.completed).toBe(true);
    await until(() => harness.calls.every(({ open }) => !open));
    expect(harness.cancelled).toEqual(harness.calls);
    if (!allowHalfOpen) await until(() => peer.closed);
  });

  it('leaves no timer', async () => {
    const { clock, timeouts } = manualTimeouts();
    const harness = await startHarness({ clock });
    using client = new GrpcClient(harness.address);
    await client.check();
    await harness.source.drain(LONG_MS);
    expect(timeouts.pending).toBe(0);
  });

  it('may come before the start, during it, and after one that failed', async () => {
    const unstarted = new Harness();
    await unstarted.source.drain(LONG_MS);
    expect(unstarted.completed).toBe(true);

    const starting = new Harness();
    const started = starting.start();
    await starting.source.drain(LONG_MS);
    expect(starting.completed).toBe(true);
    await started;
    expect(await codeOfConnecting(starting.port)).toBe('ECONNREFUSED');

    await using other = await startHarness();
    const failing = new Harness({ port: other.port });
    await expect(failing.start()).rejects.toThrow('EADDRINUSE');
    await failing.source.drain(LONG_MS);
    expect(failing.completed).toBe(true);
  });

  it('reaches connections that came by a name of this machine', async () => {
    await using harness = await startHarness({ ...SILENT, host: 'localhost' });
    await using client = new Http2Client(`http://localhost:${harness.port}`);
    const outcome = client.post(framed(NOTHING));
    await until(() => harness.calls.length === 1);
    const drained = harness.source.drain(LONG_MS);
    harness.calls[0]?.settle(OK);
    expect((await outcome).code).toBe(status.OK);
    await drained;
  });
});

describe('the age of a connection', () => {
  it('ends it once what is open is answered', async () => {
    await using harness = await startHarness({
      ...SILENT,
      maxConnectionAgeMs: AGE_MS,
      maxConnectionAgeGraceMs: LONG_MS,
    });
    await using peer = await openPeer(harness.port);
    peer.socket.write(HELLO_AND_REQUEST);
    await until(() => harness.calls.length === 1 && peer.of(FrameType.GOAWAY).length > 0);
    expect(peer.closed).toBe(false);
    harness.calls[0]?.settle(OK);
    await until(() => peer.closed);
    expect(peer.of(FrameType.DATA)).toHaveLength(1);
    expect(harness.cancelled).toEqual([]);
  });

  it('ends it also with what is open when the grace is over', async () => {
    await using harness = await startHarness({
      ...SILENT,
      maxConnectionAgeMs: AGE_MS,
      maxConnectionAgeGraceMs: 1,
    });
    await using peer = await openPeer(harness.port);
    peer.socket.write(HELLO_AND_REQUEST);
    await until(() => harness.calls.length === 1);
    await until(() => peer.closed);
    await until(() => harness.cancelled.length === 1);
  });
});

describe('a process', () => {
  it.each([
    ['when all was answered', 'answer'],
    ['when a call was cut off', 'hang'],
  ])('ends by itself after the drain, %s', async (_, mode) => {
    const script = join(import.meta.dirname, 'drained-process.ts');
    const child = spawn(process.execPath, [script, mode], { stdio: ['ignore', 'pipe', 'inherit'] });
    guard(child);
    const exited = once(child, 'exit');
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    await using client = new Http2Client(`http://127.0.0.1:${String(line).trim()}`);
    const { code } = await client.post(framed(NOTHING));
    expect(code).toBe(mode === 'answer' ? status.OK : undefined);
    expect(await exited).toEqual([0, null]);
  });
});
