import { setImmediate as turn } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { definitions, encode } from '../../support/protobuf.ts';
import { until } from '../../support/until.ts';
import { GrpcClient, type Watching } from './clients.ts';
import { type Harness, startHarness } from './harness.ts';
import { openPeer, request, reset } from './raw-peer.ts';

const CHECK = '/grpc.health.v1.Health/Check';
const WATCH = '/grpc.health.v1.Health/Watch';
const AUTHORIZATION = 'envoy.service.auth.v3.Authorization';
const MALFORMED = Buffer.from([0x0a, 0x7f]);

const requestType = definitions.lookupType('grpc.health.v1.HealthCheckRequest');
const responseType = definitions.lookupType('grpc.health.v1.HealthCheckResponse');

const about = (service: string): Buffer => encode(requestType, { service });

function servingStatus(bytes: Buffer): unknown {
  return responseType.toObject(responseType.decode(bytes), { enums: String }).status;
}

async function check(harness: Harness, message: Buffer): Promise<unknown> {
  using client = new GrpcClient(harness.address);
  const { code, bytes } = await client.unary(message, { path: CHECK }).outcome;
  return bytes === undefined ? code : servingStatus(bytes);
}

const told = ({ messages }: Watching): unknown[] => messages.map(servingStatus);

describe('Check', () => {
  it.each(['', AUTHORIZATION])('says of "%s" what readiness says', async (service) => {
    await using harness = await startHarness();
    expect(await check(harness, about(service))).toBe('SERVING');
    harness.setReady(false);
    expect(await check(harness, about(service))).toBe('NOT_SERVING');
    harness.setReady(true);
    expect(await check(harness, about(service))).toBe('SERVING');
    expect(harness.batches).toEqual([]);
  });

  it('knows no other service, and none where the request cannot be read', async () => {
    await using harness = await startHarness();
    for (const service of ['envoy.service.auth.v2.Authorization', `${AUTHORIZATION}/Check`, ' ']) {
      expect(await check(harness, about(service))).toBe(status.NOT_FOUND);
    }
    expect(await check(harness, MALFORMED)).toBe(status.NOT_FOUND);
    expect(await check(harness, about(''))).toBe('SERVING');
  });
});

describe('Watch', () => {
  it('tells at once, then every change, and nothing twice', async () => {
    await using harness = await startHarness();
    using client = new GrpcClient(harness.address);
    const watching = client.stream(WATCH, about(AUTHORIZATION));
    await until(() => watching.messages.length === 1);
    harness.setReady(true); // no change
    harness.setReady(false);
    harness.setReady(false); // no change
    harness.setReady(true);
    await until(() => watching.messages.length >= 3);
    await check(harness, about('')); // time for one too many
    expect(told(watching)).toEqual(['SERVING', 'NOT_SERVING', 'SERVING']);
    expect(watching.code).toBeUndefined();
  });

  it.each([
    ['an unknown service', about('unknown')],
    ['a request that cannot be read', MALFORMED],
  ])('of %s says so, once, and stays open', async (_, message) => {
    await using harness = await startHarness();
    using client = new GrpcClient(harness.address);
    const watching = client.stream(WATCH, message);
    await until(() => watching.messages.length === 1);
    harness.setReady(false);
    await check(harness, about(''));
    expect(told(watching)).toEqual(['SERVICE_UNKNOWN']);
    expect(watching.code).toBeUndefined();
  });

  it('ends when the source is drained, and leaves no subscription', async () => {
    await using harness = await startHarness();
    using client = new GrpcClient(harness.address);
    const watching = [client.stream(WATCH, about('')), client.stream(WATCH, about('unknown'))];
    await until(() => watching.every(({ messages }) => messages.length === 1));
    harness.setReady(false);
    await harness.source.drain(600_000);
    await until(() => watching.every(({ code }) => code !== undefined));
    expect(watching.map(({ code }) => code)).toEqual([status.OK, status.OK]);
    expect(watching.map(told)).toEqual([['SERVING', 'NOT_SERVING'], ['SERVICE_UNKNOWN']]);
    expect(harness.readiness.changes.observed).toBe(false);
    harness.setReady(true);
    await turn();
  });

  it('leaves no subscription behind of a client that cancels', async () => {
    await using harness = await startHarness();
    using client = new GrpcClient(harness.address);
    const watching = client.stream(WATCH, about(''));
    await until(() => watching.messages.length === 1);
    expect(harness.readiness.changes.observed).toBe(true);
    watching.cancel();
    await until(() => !harness.readiness.changes.observed);
    harness.setReady(false);
    await turn();
  });

  it('leaves none behind of one whose connection is torn, or that cancels in the same write', async () => {
    await using harness = await startHarness();
    const peer = await (await openPeer(harness.port)).greet();
    peer.socket.write(request(1, about(''), { path: WATCH }));
    await until(() => harness.readiness.changes.observed);
    peer.socket.resetAndDestroy();
    await until(() => !harness.readiness.changes.observed);

    await using other = await (await openPeer(harness.port)).greet();
    other.socket.write(Buffer.concat([request(1, about(''), { path: WATCH }), reset(1)]));
    await other.ping();
    await until(() => !harness.readiness.changes.observed);
  });
});
