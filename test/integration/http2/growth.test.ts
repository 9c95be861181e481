import { describe, expect, it } from 'vitest';
import { refuse } from '../../../src/domain/decision.ts';
import { until } from '../../support/until.ts';
import { framed } from '../sources/clients.ts';
import {
  block,
  check,
  data,
  Flag,
  frame,
  GRPC_FIELDS,
  headers,
  NOTHING,
  openPath,
  PING,
  Type,
  uint32,
} from './frames.ts';
import { framesOf, OK, startRig } from './rig.ts';

/** Answers to so many do not fit in what a connection has at hand to write to. */
const REQUESTS = 300;
const streams = Array.from({ length: REQUESTS }, (_, index) => 2 * index + 1);

const plain = (stream: number) =>
  headers(stream, block(GRPC_FIELDS.filter(([name]) => name !== 'content-type')), Flag.END_STREAM);
const healthCheck = (stream: number) =>
  Buffer.concat([
    openPath(stream, '/grpc.health.v1.Health/Check'),
    data(stream, framed(NOTHING), Flag.END_STREAM),
  ]);
const unknown = (stream: number) =>
  Buffer.concat([openPath(stream, '/a.B/C'), data(stream, NOTHING, Flag.END_STREAM)]);

describe('all that is answered in one turn comes out as it should', () => {
  // Several lengths of what comes before, so that memory runs out amid each frame of an answer.
  describe.each([0, 1, 8])('after %i PING', (pings) => {
    it.each([
      ['an allow', check, OK],
      ['a denial', check, refuse('invalid_token')],
      ['a gRPC status', check, refuse('overload', { signal: 'grpc_status' })],
      ['a method that is not served', unknown, OK],
      ['an HTTP status', plain, OK],
      ['health', healthCheck, OK],
    ])('%s', async (_, request, decision) => {
      await using rig = await startRig({ answer: () => decision });
      await using peer = await rig.greeted();
      peer.socket.write(
        Buffer.concat([...Array(pings).fill(PING), ...streams.map((stream) => request(stream))]),
      );
      await peer.ping();
      await until(() => framesOf(peer, streams.at(-1) as number).length > 0);
      const misled = peer.frames.filter(
        ({ type, stream }) => stream === 0 && (type === Type.HEADERS || type === Type.DATA),
      );
      expect(misled.length).toBe(0);
      const first = framesOf(peer, 1).map(({ type, flags, payload }) => ({ type, flags, payload }));
      for (const stream of streams) expect(framesOf(peer, stream)).toMatchObject(first);
      expect((first.at(-1)?.flags ?? 0) & Flag.END_STREAM).toBe(Flag.END_STREAM);
      expect(peer.closed).toBe(false);
    });
  });

  it('PING', async () => {
    await using rig = await startRig();
    await using peer = await rig.greeted();
    const numbered = Array.from({ length: 2_000 }, (_, index) =>
      frame(Type.PING, 0, 0, Buffer.concat([uint32(index), uint32(1)])),
    );
    const before = peer.of(Type.PING).length;
    peer.socket.write(Buffer.concat(numbered));
    await until(() => peer.of(Type.PING).length === before + numbered.length || peer.closed, 2_000);
    const numbers = peer.of(Type.PING).map(({ payload }) => payload.readUInt32BE(0));
    expect(numbers.slice(before)).toEqual(numbered.map((_, index) => index));
  });
});
