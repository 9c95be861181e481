import { setImmediate as turn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Metadata, status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { refuse } from '../../../src/domain/decision.ts';
import { MAX_REQUEST_BYTES } from '../../../src/sources/codec/check-request.ts';
import { decodeCheckResponse, encodeCheckRequest } from '../../support/protobuf.ts';
import { transport } from '../../support/transport.ts';
import { until } from '../../support/until.ts';
import { framed, GrpcClient, type HeaderFields, Http2Client } from './clients.ts';
import { type Harness, OK, startHarness } from './harness.ts';
import { FrameType, openPeer, request } from './raw-peer.ts';

const OWN = transport === 'http2';
const LARGEST_BYTES = 4 * 1024 * 1024;
const BUDGET_MS = 150;
const PATH = pathOf('/');

function pathOf(path: string | number): Buffer {
  return encodeCheckRequest({ path: String(path) });
}

const pathsIn = ({ calls }: Harness): string[] => calls.map(({ check }) => check.path);

const budgetsIn = ({ calls }: Harness): number[] =>
  calls.map(({ deadline, arrivedAt }) => deadline - arrivedAt);

describe('a Check', () => {
  it('arrives with what Envoy says and leaves with the decision', async () => {
    await using harness = await startHarness();
    using client = new GrpcClient(harness.address);
    const response = await client.ask(
      encodeCheckRequest({ path: '/a?b=c', headers: { authorization: 'Bearer t' } }),
    );
    expect(response).toMatchObject({
      grpcCode: status.OK,
      kind: 'ok_response',
      headers: [{ name: 'x-user-id', value: 'alice' }],
      headersToRemove: ['x-auth-provider'],
    });
    expect(harness.batches.map((batch) => batch.length)).toEqual([1]);
    const check = harness.calls[0]?.check;
    expect(check).toMatchObject({ fault: undefined, method: 'GET', path: '/a?b=c' });
    expect(check?.header('authorization')).toBe('Bearer t');
  });

  it('is denied in the response, not by a gRPC status', async () => {
    await using harness = await startHarness({ answer: () => refuse('invalid_token') });
    using client = new GrpcClient(harness.address);
    expect(await client.ask()).toMatchObject({
      grpcCode: status.UNAUTHENTICATED,
      kind: 'denied_response',
      httpStatus: 401,
      body: expect.stringContaining('"error":"invalid_token"'),
    });
  });

  it('can be told an error so that failure_mode_allow applies', async () => {
    const decision = refuse('redis_error', { signal: 'error_response' });
    await using harness = await startHarness({ answer: () => decision });
    using client = new GrpcClient(harness.address);
    expect(await client.ask()).toMatchObject({
      grpcCode: status.UNAVAILABLE,
      kind: 'error_response',
      httpStatus: 503,
    });
  });

  it.each([
    ['overload', status.UNAVAILABLE],
    ['deadline', status.DEADLINE_EXCEEDED],
  ] as const)(
    'can be told %s as a gRPC status, of which the reason is all',
    async (reason, code) => {
      const decision = refuse(reason, { signal: 'grpc_status' });
      await using harness = await startHarness({ answer: () => decision });
      await using client = new Http2Client(`http://${harness.address}`);
      expect(await client.post(framed(Buffer.alloc(0)))).toMatchObject({
        code,
        details: reason,
        body: Buffer.alloc(0),
      });
    },
  );

  it('is answered by the transport where it is no Check', async () => {
    await using harness = await startHarness();
    using client = new GrpcClient(harness.address);
    const unknown = client.unary(Buffer.alloc(0), {
      path: '/envoy.service.auth.v3.Authorization/Chuck',
    });
    expect(await unknown.outcome).toMatchObject({ code: status.UNIMPLEMENTED });
    await using web = new Http2Client(`http://${harness.address}`);
    const json = await web.post(Buffer.from('{}'), { 'content-type': 'application/json' });
    expect(json).toMatchObject({ httpStatus: 415, code: undefined });
    expect(harness.batches).toEqual([]);
  });
});

describe('batches', () => {
  it('are the Checks that one write brought', async () => {
    await using harness = await startHarness();
    await using peer = await (await openPeer(harness.port)).greet();
    const streams = Array.from({ length: 50 }, (_, index) => 2 * index + 1);
    peer.socket.write(Buffer.concat(streams.map((stream) => request(stream, pathOf(stream)))));
    await until(() => harness.calls.length >= streams.length);
    expect(harness.batches.map((batch) => batch.length)).toEqual([50]);
    expect(pathsIn(harness)).toEqual(streams.map(String));

    peer.socket.write(request(101, pathOf(101)));
    await until(() => harness.batches.length > 1);
    expect(harness.batches.map((batch) => batch.length)).toEqual([50, 1]);
  });

  it('span connections, and hold every call once', async () => {
    await using harness = await startHarness();
    await using peers = new AsyncDisposableStack();
    const all = await Promise.all(
      [0, 1, 2, 3].map(async () => peers.use(await (await openPeer(harness.port)).greet())),
    );
    const names: string[] = [];
    for (const [at, peer] of all.entries()) {
      const streams = Array.from({ length: 50 }, (_, index) => 2 * index + 1);
      names.push(...streams.map((stream) => `${at}-${stream}`));
      const requests = streams.map((stream) => request(stream, pathOf(`${at}-${stream}`)));
      peer.socket.write(Buffer.concat(requests));
    }
    await until(() => harness.calls.length >= names.length);
    expect(pathsIn(harness).toSorted()).toEqual(names.toSorted());
    expect(new Set(harness.calls).size).toBe(names.length);
    expect(harness.batches.length).toBeLessThanOrEqual(all.length);
    for (const batch of harness.batches) {
      const origins = batch.map(({ check }) => check.path.split('-')[0]);
      for (const origin of new Set(origins)) {
        expect(origins.filter((other) => other === origin)).toHaveLength(50);
      }
    }
  });

  it('are never empty, whatever the client does with its bytes', async () => {
    await using harness = await startHarness();
    using client = new GrpcClient(harness.address);
    const paths = Array.from({ length: 200 }, (_, index) => String(index));
    const outcomes = await Promise.all(paths.map((path) => client.check(pathOf(path))));
    expect(outcomes.every(({ code }) => code === status.OK)).toBe(true);
    expect(pathsIn(harness).toSorted()).toEqual(paths.toSorted());
    expect(harness.batches.every((batch) => batch.length > 0)).toBe(true);
  });
});

describe('the deadline', () => {
  it.each([
    ['without a grpc-timeout', undefined],
    ['with one that is longer', '200m'],
    ['with one as Istio sends it', '600S'],
    ['with the longest there is', '99999999H'],
  ])('is the budget %s', async (_, timeout) => {
    await using harness = await startHarness({ budgetMs: BUDGET_MS });
    await using client = new Http2Client(`http://${harness.address}`);
    const headers: HeaderFields = timeout === undefined ? {} : { 'grpc-timeout': timeout };
    const { code } = await client.post(framed(Buffer.alloc(0)), headers);
    expect(code).toBe(status.OK);
    expect(budgetsIn(harness)).toEqual([expect.closeTo(BUDGET_MS)]);
  });

  it('is the budget with one that overflows in the gRPC library', async () => {
    await using harness = await startHarness({ budgetMs: BUDGET_MS });
    await using peer = await (await openPeer(harness.port)).greet();
    const fields = { 'grpc-timeout': '99999999M' };
    peer.socket.write(request(1, Buffer.alloc(0), { fields }));
    await until(() => peer.of(FrameType.DATA).length > 0); // a message, so no error
    expect(budgetsIn(harness)).toEqual([expect.closeTo(BUDGET_MS)]);
  });

  it('is the grpc-timeout where that is shorter', async () => {
    await using harness = await startHarness({ budgetMs: 3_600_000 });
    await using client = new Http2Client(`http://${harness.address}`);
    await client.post(framed(Buffer.alloc(0)), { 'grpc-timeout': '10M' });
    const [budget = 0] = budgetsIn(harness);
    expect(budget).toBeLessThanOrEqual(600_000);
    expect(budget).toBeGreaterThan(500_000);
  });

  it('has passed where the grpc-timeout is next to nothing', async () => {
    await using harness = await startHarness({ budgetMs: BUDGET_MS });
    await using client = new Http2Client(`http://${harness.address}`);
    await client.post(framed(Buffer.alloc(0)), { 'grpc-timeout': '1n' });
    expect(budgetsIn(harness)[0]).toBeLessThan(1);
  });

  // Our own transport leaves that to the pipeline, which answers every call by its deadline.
  if (!OWN) {
    it('is told by the library when it passes without an answer, and then the call is cancelled', async () => {
      await using harness = await startHarness({ answer: () => undefined });
      await using client = new Http2Client(`http://${harness.address}`);
      const { code } = await client.post(framed(Buffer.alloc(0)), { 'grpc-timeout': '20m' });
      expect(code).toBe(status.DEADLINE_EXCEEDED);
      await until(() => harness.cancelled.length === 1);
    });
  }

  it('is not guessed where the grpc-timeout cannot be read', async () => {
    await using harness = await startHarness();
    await using client = new Http2Client(`http://${harness.address}`);
    const { code } = await client.post(framed(Buffer.alloc(0)), { 'grpc-timeout': 'soon' });
    expect(code).toBe(status.INTERNAL);
    expect(await client.post(framed(Buffer.alloc(0)))).toMatchObject({ code: status.OK });
  });
});

describe('messages', () => {
  const faultOf = async (message: Uint8Array) => {
    await using harness = await startHarness({
      answer: ({ check }) => (check.fault === undefined ? OK : refuse(check.fault)),
    });
    using client = new GrpcClient(harness.address);
    const { code, bytes } = await client.check(message);
    const response = bytes && decodeCheckResponse(bytes);
    return { code, httpStatus: response?.httpStatus, fault: harness.calls[0]?.check.fault };
  };

  it('may be empty: a check of nothing that is HTTP', async () => {
    expect(await faultOf(Buffer.alloc(0))).toMatchObject({ code: status.OK, fault: undefined });
  });

  it('get our answer, not the transport’s, when they are no CheckRequest', async () => {
    const outcome = { code: status.OK, httpStatus: 400, fault: 'malformed_request' };
    for (const garbage of ['garbage', '\n', '\xff'.repeat(100), '\0']) {
      expect(await faultOf(Buffer.from(garbage, 'latin1'))).toEqual(outcome);
    }
  });

  it('get our answer when they are too large, up to where the transport refuses them', async () => {
    expect(await faultOf(Buffer.alloc(MAX_REQUEST_BYTES + 1))).toEqual({
      code: status.OK,
      httpStatus: 413,
      fault: 'request_too_large',
    });
    expect(await faultOf(Buffer.alloc(LARGEST_BYTES))).toMatchObject({ httpStatus: 413 });
    expect(await faultOf(Buffer.alloc(LARGEST_BYTES + 1))).toEqual({
      code: status.RESOURCE_EXHAUSTED,
      httpStatus: undefined,
      fault: undefined,
    });
  });

  it.each([1, 2])('may be compressed, or are refused for it: algorithm %i', async (algorithm) => {
    await using harness = await startHarness();
    using client = new GrpcClient(harness.address, {
      'grpc.default_compression_algorithm': algorithm,
    });
    const { code } = await client.check(pathOf('/'.repeat(10_000)));
    expect(code).toBe(OWN ? status.UNIMPLEMENTED : status.OK);
    expect(pathsIn(harness)).toEqual(OWN ? [] : ['/'.repeat(10_000)]);
  });

  it('are not blown up by a small one that grows', async () => {
    await using harness = await startHarness();
    await using client = new Http2Client(`http://${harness.address}`);
    const bomb = gzipSync(Buffer.alloc(128 * 1024 * 1024), { level: 1 });
    expect(bomb.length).toBeLessThan(MAX_REQUEST_BYTES);
    const before = process.memoryUsage().arrayBuffers;
    const { code } = await client.post(framed(bomb, { compressed: true }), {
      'grpc-encoding': 'gzip',
    });
    expect(code).toBe(OWN ? status.UNIMPLEMENTED : status.RESOURCE_EXHAUSTED);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * LARGEST_BYTES);
    expect(harness.batches).toEqual([]);
  });

  it.each([
    ['none', Buffer.alloc(0), {}, status.UNIMPLEMENTED],
    ['half of one', framed(Buffer.alloc(100)).subarray(0, 50), {}, status.UNIMPLEMENTED],
    ['two', Buffer.concat([framed(PATH), framed(PATH)]), {}, status.UNIMPLEMENTED],
    [
      'one that does not decompress',
      framed(Buffer.from('no gzip'), { compressed: true }),
      { 'grpc-encoding': 'gzip' },
      OWN ? status.UNIMPLEMENTED : status.INTERNAL,
    ],
    [
      'one in a compression that nobody knows',
      framed(PATH, { compressed: true }),
      { 'grpc-encoding': 'br' },
      status.UNIMPLEMENTED,
    ],
  ])('of which there is %s are the transport’s to refuse', async (_, body, headers, code) => {
    await using harness = await startHarness();
    await using client = new Http2Client(`http://${harness.address}`);
    expect(await client.post(body, headers)).toMatchObject({ code });
    expect(await client.post(framed(PATH))).toMatchObject({ code: status.OK });
    await turn();
    expect(pathsIn(harness)).toEqual(['/']);
  });
});

describe('rpcHeader', () => {
  it('gives the metadata of the call', async () => {
    await using harness = await startHarness();
    using client = new GrpcClient(harness.address);
    const metadata = new Metadata();
    metadata.set('traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01');
    metadata.set('key-bin', Buffer.from([1, 2, 3]));
    metadata.add('repeated', 'first');
    metadata.add('repeated', 'second');
    metadata.set('empty', '');
    await client.check(Buffer.alloc(0), metadata);
    const header = (name: string) => harness.calls[0]?.check.rpcHeader(name);
    expect(header('traceparent')).toBe('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01');
    expect(header('absent')).toBeUndefined();
    expect(header('key-bin')).toBeUndefined();
    expect(header('repeated')).toBe('first, second');
    expect(header('empty')).toBe('');
    expect(header('grpc-timeout')).toBeUndefined();
    expect(header('__proto__')).toBeUndefined();
    expect(header('constructor')).toBeUndefined();
  });

  it('gives it also once the call has ended', async () => {
    await using harness = await startHarness();
    await using client = new Http2Client(`http://${harness.address}`);
    await client.post(framed(Buffer.alloc(0)), { b3: '0' });
    expect(harness.calls[0]?.check.rpcHeader('b3')).toBe('0');
  });
});
