import { connect } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { expect, it } from 'vitest';
import { transport } from '../../support/transport.ts';
import { until } from '../../support/until.ts';
import { framed, GrpcClient, Http2Client } from './clients.ts';
import { OK, startHarness } from './harness.ts';
import { FrameType, frame, openPeer, PREFACE, request } from './raw-peer.ts';

const MAX_CONCURRENT_STREAMS_ID = 3;
const PROTOCOL_ERROR = 1;
const REFUSED_STREAM = 7;

it.each([
  ['nothing', ''],
  ['half a preface', PREFACE.subarray(0, 10)],
  [
    'a preface and half a frame',
    Buffer.concat([PREFACE, frame(FrameType.SETTINGS, 0, 0).subarray(0, 5)]),
  ],
  ['HTTP/1.1', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['a TLS hello', Buffer.from([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 3])],
  ['rubbish', Buffer.alloc(100_000, 0xa5)],
  ['a frame on an impossible stream', Buffer.concat([PREFACE, frame(FrameType.DATA, 0, 2)])],
  ['a frame that is too large', Buffer.concat([PREFACE, Buffer.alloc(9, 0xff)])],
])('a peer that sends %s keeps nothing from the others', async (_, bytes) => {
  await using harness = await startHarness();
  await using peer = await openPeer(harness.port);
  if (bytes.length > 0) peer.socket.write(bytes);
  await turn();
  using client = new GrpcClient(harness.address);
  expect(await client.check()).toMatchObject({ code: status.OK });
  peer.socket.end();
  await until(() => peer.closed);
  expect(harness.batches.flat()).toHaveLength(1);
});

it('a peer that breaks off at any point keeps nothing from the others', async () => {
  await using harness = await startHarness();
  const session = Buffer.concat([PREFACE, frame(FrameType.SETTINGS, 0, 0), request(1)]);
  for (let length = 0; length < session.length; length += 7) {
    const socket = connect(harness.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(session.subarray(0, length), () => socket.resetAndDestroy());
    await until(() => socket.closed);
  }
  using client = new GrpcClient(harness.address);
  expect(await client.check()).toMatchObject({ code: status.OK });
});

it('announces how many streams a connection may have, and holds the peer to it', async () => {
  await using harness = await startHarness({ maxConcurrentStreams: 3, answer: () => undefined });
  await using peer = await (await openPeer(harness.port)).greet();
  const settings = peer.of(FrameType.SETTINGS)[0]?.payload as Buffer;
  const entry = Buffer.from([0, MAX_CONCURRENT_STREAMS_ID, 0, 0, 0, 3]);
  expect(settings.indexOf(entry) % entry.length).toBe(0);

  peer.socket.write(Buffer.concat([1, 3, 5, 7].map((stream) => request(stream))));
  if (transport === 'http2') {
    await until(() => peer.of(FrameType.RST_STREAM).length > 0);
    expect(peer.of(FrameType.RST_STREAM)).toMatchObject([
      { stream: 7, payload: Buffer.from([0, 0, 0, REFUSED_STREAM]) },
    ]);
    expect(harness.calls).toHaveLength(3);
  } else {
    await until(() => peer.of(FrameType.GOAWAY).length > 0);
    expect(peer.of(FrameType.GOAWAY)[0]?.payload.readUInt32BE(4)).toBe(PROTOCOL_ERROR);
    await until(() => harness.calls.every(({ open }) => !open));
    expect(harness.calls.length).toBeLessThanOrEqual(3);
  }
});

it('serves a client that obeys the number of streams as many Checks as it has', async () => {
  await using harness = await startHarness({ maxConcurrentStreams: 3, answer: () => undefined });
  await using client = await new Http2Client(`http://${harness.address}`).connected();
  const outcomes = Array.from({ length: 10 }, () => client.post(framed(Buffer.alloc(0))));
  for (let answered = 0; answered < outcomes.length; ) {
    await until(() => harness.calls.length > answered);
    const open = harness.calls.filter((call) => call.open);
    expect(open.length).toBeLessThanOrEqual(3);
    for (const call of open) call.settle(OK);
    answered += open.length;
  }
  expect((await Promise.all(outcomes)).every(({ code }) => code === status.OK)).toBe(true);
});
