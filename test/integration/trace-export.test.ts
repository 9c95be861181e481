import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net';
import { promisify } from 'node:util';
import { Server as GrpcServer, type Metadata, ServerCredentials } from '@grpc/grpc-js';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { normalizeOtlpEndpoint, type OtlpProtocol } from '../../src/config/otlp-endpoint.ts';
import type { Settled } from '../../src/domain/call.ts';
import { systemClock } from '../../src/domain/clock.ts';
import { allow } from '../../src/domain/decision.ts';
import { createTraceSink, type TraceSinkOptions } from '../../src/sinks/trace/sink.ts';
import { fakeCall } from '../support/calls.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CHECK = 'envoy.service.auth.v3.Authorization/Check';
const EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const PROTOCOLS: readonly OtlpProtocol[] = ['grpc', 'http/protobuf'];

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

interface Received {
  readonly body: Buffer;
  readonly header: (name: string) => unknown;
}

/** A collector that keeps what it is sent. */
const collectors: Record<OtlpProtocol, (received: Received[]) => Promise<number>> = {
  async 'http/protobuf'(received) {
    const server = createHttpServer(async (request: IncomingMessage, response) => {
      const body = Buffer.concat(await request.toArray());
      const known = request.url === '/v1/traces' && request.method === 'POST';
      if (known) received.push({ body, header: (name) => request.headers[name] });
      response.writeHead(known ? 200 : 404).end();
    });
    cleanUps.push(() => server.closeAllConnections());
    return listen(server);
  },
  grpc(received) {
    const server = new GrpcServer();
    const asIs = (bytes: Buffer) => bytes;
    server.register(
      EXPORT,
      (
        call: { readonly request: Buffer; readonly metadata: Metadata },
        reply: (error: null, bytes: Buffer) => void,
      ) => {
        received.push({ body: call.request, header: (name) => call.metadata.get(name)[0] });
        reply(null, Buffer.alloc(0));
      },
      asIs,
      asIs,
      'unary',
    );
    cleanUps.push(() => server.forceShutdown());
    const bind = promisify(server.bindAsync.bind(server));
    return bind('127.0.0.1:0', ServerCredentials.createInsecure());
  },
};

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** A port on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createTcpServer();
  const port = await listen(server);
  server.close();
  await once(server, 'close');
  return port;
}

/** A port on which connections are taken, and nothing is ever said. */
async function silentPort(): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => sockets.add(socket.on('error', () => {})));
  cleanUps.push(() => {
    for (const socket of sockets) socket.destroy();
  });
  return listen(server);
}

const warn = vi.fn();

async function sinkFor(protocol: OtlpProtocol, port: number, more: Partial<TraceSinkOptions> = {}) {
  warn.mockClear();
  const sink = await createTraceSink({
    serviceName: 'sluice-under-test',
    serviceVersion: '1.2.3',
    environment: 'test',
    endpoint: normalizeOtlpEndpoint(`127.0.0.1:${port}`, protocol) ?? '',
    protocol,
    exportTimeoutMs: 1_000,
    samplingRate: 1,
    timeOriginMs: performance.timeOrigin,
    clock: systemClock,
    logger: { debug: vi.fn(), info: vi.fn(), warn, error: vi.fn() },
    ...more,
  });
  cleanUps.push(() => sink.close());
  return sink;
}

function settledCall(): Settled {
  const now = performance.now();
  const call = fakeCall({
    path: '/orders?token=sEcReT',
    headers: { authorization: 'Bearer sEcReT' },
    rpcHeaders: { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` },
    arrivedAt: now - 3,
  });
  call.token = 'sEcReT';
  call.settle(allow('success', [], []));
  const times = { verifyStartedAt: now - 2, verifyEndedAt: now - 1, settledAt: now };
  return Object.assign(call, times) as Settled;
}

async function elapsedMs(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

describe.each(PROTOCOLS)('over %s', (protocol) => {
  it('spans arrive at the collector', async () => {
    const received: Received[] = [];
    const port = await collectors[protocol](received);
    const sink = await sinkFor(protocol, port, { headers: { 'x-collector-key': 'the-key' } });
    sink.settled([settledCall()]);
    await sink.close();
    expect(received).toHaveLength(1);
    const { body, header } = received[0] as Received;
    expect(header('x-collector-key')).toBe('the-key');
    for (const text of [CHECK, 'verify', 'sluice-under-test', '/orders']) {
      expect(body.includes(text), text).toBe(true);
    }
    expect(body.includes(Buffer.from(TRACE, 'hex'))).toBe(true);
    expect(body.includes('sEcReT')).toBe(false);
    expect(warn).not.toHaveBeenCalled();
  });

  it('a full batch goes out by itself', async () => {
    const received: Received[] = [];
    const sink = await sinkFor(protocol, await collectors[protocol](received));
    sink.settled(Array.from({ length: 200 }, settledCall));
    await vi.waitFor(() => expect(received.length).toBeGreaterThan(0), 5_000);
  });

  it('a collector that is down harms nothing', async () => {
    const sink = await sinkFor(protocol, await closedPort());
    for (let batch = 0; batch < 20; batch++) {
      sink.settled(Array.from({ length: 100 }, settledCall));
      await new Promise(setImmediate);
    }
    expect(await elapsedMs(() => sink.close())).toBeLessThan(10_000);
    expect(warn).toHaveBeenCalledOnce();
    const code = protocol === 'grpc' ? '14' : 'ECONNREFUSED';
    expect(warn.mock.calls[0]?.[0]).toMatchObject({
      code: expect.stringMatching(`^(${code}|queue_full)$`),
    });
  });

  it('a collector that does not answer holds up closing for the time-out, no longer', async () => {
    const sink = await sinkFor(protocol, await silentPort());
    sink.settled([settledCall()]);
    const took = await elapsedMs(() => sink.close());
    expect(took).toBeGreaterThan(900);
    expect(took).toBeLessThan(10_000);
    expect(warn).toHaveBeenCalledOnce();
  });

  it.each<[string, number, boolean, () => Promise<number>]>([
    ['spans that wait', 1, false, closedPort],
    ['an export that fails', 300, false, closedPort],
    ['an export that hangs', 300, false, silentPort],
    ['closing while the collector is down', 300, true, closedPort],
    ['closing while the collector is silent', 300, true, silentPort],
  ])('the process is not kept alive by %s', async (_, spans, close, port) => {
    const endpoint = normalizeOtlpEndpoint(`127.0.0.1:${await port()}`, protocol);
    const options = { protocol, endpoint, exportTimeoutMs: 1_000, samplingRate: 1 };
    const { stdout } = await runModule(`
      import { systemClock as clock } from '${source('src/domain/clock.ts')}';
      import { allow } from '${source('src/domain/decision.ts')}';
      import { createTraceSink } from '${source('src/sinks/trace/sink.ts')}';
      import { fakeCall } from '${source('test/support/calls.ts')}';
      const logger = { warn() {} };
      const sink = await createTraceSink({ ...${JSON.stringify(options)}, clock, logger });
      const call = fakeCall({});
      call.settle(allow('success', [], []));
      sink.settled(Array(${spans}).fill(call));
      if (${close}) await sink.close();
      const doneAt = performance.now();
      process.on('exit', () => console.log(performance.now() - doneAt));
    `);
    // An export under way may take its time, and the machine its own.
    expect(Number(stdout)).toBeLessThan(close ? 2_000 : 5_000);
  });
});

it('OpenTelemetry is loaded when a trace sink is made, and not before', async () => {
  const { stdout } = await runModule(`
    import { readdirSync } from 'node:fs';
    import { registerHooks } from 'node:module';
    let loaded = 0;
    registerHooks({
      load(url, context, next) {
        if (url.includes('/@opentelemetry/')) loaded++;
        return next(url, context);
      },
    });
    const sinks = new URL('${source('src/sinks/')}');
    for (const file of readdirSync(sinks, { recursive: true })) {
      if (file.endsWith('.ts')) await import(new URL(file, sinks));
    }
    const before = loaded;
    const { createTraceSink } = await import(new URL('trace/sink.ts', sinks));
    await createTraceSink({ endpoint: 'http://127.0.0.1:4317', protocol: 'grpc', exportTimeoutMs: 1 });
    console.log(JSON.stringify({ before, after: loaded > 0 }));
  `);
  expect(JSON.parse(stdout)).toEqual({ before: 0, after: true });
});

function source(path: string): string {
  return new URL(`../../${path}`, import.meta.url).href;
}

function runModule(code: string) {
  const args = ['--input-type=module', '--eval', code];
  return promisify(execFile)(process.execPath, args, { timeout: 20_000 });
}
