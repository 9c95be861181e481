import { DiagLogLevel, diag, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Call, Settled } from '../../../../src/domain/call.ts';
import type { Identity } from '../../../../src/domain/claims.ts';
import { allow, type Decision, refuse } from '../../../../src/domain/decision.ts';
import { type Reason, reasonNames, reasons } from '../../../../src/domain/reason.ts';
import { createTraceSink, type TraceSinkOptions } from '../../../../src/sinks/trace/sink.ts';
import { type FakeCallOptions, fakeCall } from '../../../support/calls.ts';
import { decisionOf } from '../../../support/decisions.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const CHECK = 'envoy.service.auth.v3.Authorization/Check';
const ORIGIN = 1_700_000_000_000;
const EXPORT_TIMEOUT_MS = 2_000;

type Answer = (done: (result: ExportResult) => void) => void;
const succeed: Answer = (done) => done({ code: ExportResultCode.SUCCESS });
const fail: Answer = (done) =>
  done({
    code: ExportResultCode.FAILED,
    error: Object.assign(new Error('it quotes a credential'), { code: 'ECONNREFUSED' }),
  });
const hang: Answer = () => {};
const explode: Answer = () => {
  throw new TypeError('thrown');
};

class FakeExporter implements SpanExporter {
  readonly spans: ReadableSpan[] = [];
  exports = 0;
  answer: Answer = succeed;
  shutdowns = 0;
  shutdownEnds = true;

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.exports++;
    this.spans.push(...spans);
    this.answer(done);
  }

  async shutdown(): Promise<void> {
    this.shutdowns++;
    if (!this.shutdownEnds) await new Promise(() => {});
  }
}

/** A sink under an exporter that the test reads from. */
async function harness(options: Partial<TraceSinkOptions> = {}) {
  const clock = new ManualClock();
  const exporter = new FakeExporter();
  const warn = vi.fn();
  const logger = { debug: vi.fn(), info: vi.fn(), warn, error: vi.fn() };
  const sink = await createTraceSink(
    {
      serviceName: 'sluice',
      serviceVersion: '1.2.3',
      environment: 'test',
      endpoint: 'http://127.0.0.1:4317',
      protocol: 'grpc',
      exportTimeoutMs: EXPORT_TIMEOUT_MS,
      samplingRate: 1,
      timeOriginMs: ORIGIN,
      clock,
      logger,
      ...options,
    },
    exporter,
  );
  const turns = async (ms = 0) => {
    for (let turn = 0; turn < 20; turn++) {
      await Promise.resolve();
      clock.advance(turn === 0 ? ms : 0);
    }
  };
  const flush = async () => {
    const closed = sink.close();
    await turns();
    await closed;
    return exporter.spans;
  };
  return { sink, exporter, clock, warn, turns, flush };
}

const SUCCESS = allow('success', [], []);

type Times = Partial<
  Record<
    | 'arrivedAt'
    | 'verifyStartedAt'
    | 'verifyEndedAt'
    | 'lookupStartedAt'
    | 'lookupEndedAt'
    | 'settledAt',
    number
  >
>;

function settled(options: FakeCallOptions = {}, decision = SUCCESS, times: Times = {}): Settled {
  const call: Call = fakeCall(options);
  call.settle(decision);
  return Object.assign(call, { settledAt: 10, ...times }) as Settled;
}

const ALL_STAGES: Times = {
  arrivedAt: 1_000,
  verifyStartedAt: 1_000.25,
  verifyEndedAt: 1_000.5,
  lookupStartedAt: 1_001,
  lookupEndedAt: 1_002.5,
  settledAt: 1_003,
};

/** The spans of one check, by name. */
async function spansOf(call: Settled, options: Partial<TraceSinkOptions> = {}) {
  const { sink, flush } = await harness(options);
  sink.settled([call]);
  const spans = await flush();
  const named = (name: string) => spans.find((span) => span.name === name);
  return { spans, check: named(CHECK), verify: named('verify'), lookup: named('lookup') };
}

const traced = async (call: Settled, samplingRate: number) =>
  (await spansOf(call, { samplingRate })).spans.length > 0;

const traceparent = (flags: string) => ({ traceparent: `00-${TRACE}-${SPAN}-${flags}` });

describe('spans', () => {
  it('tell of the check and of each stage, when it was and for how long', async () => {
    const { spans, check, verify, lookup } = await spansOf(settled({}, SUCCESS, ALL_STAGES));
    expect(spans).toHaveLength(3);
    expect(check).toMatchObject({
      kind: SpanKind.SERVER,
      startTime: [1_700_000_001, 0],
      endTime: [1_700_000_001, 3_000_000],
      duration: [0, 3_000_000],
      ended: true,
    });
    expect(verify).toMatchObject({
      kind: SpanKind.INTERNAL,
      startTime: [1_700_000_001, 250_000],
      endTime: [1_700_000_001, 500_000],
    });
    expect(lookup).toMatchObject({
      kind: SpanKind.CLIENT,
      startTime: [1_700_000_001, 1_000_000],
      endTime: [1_700_000_001, 2_500_000],
      attributes: { 'db.system.name': 'redis' },
    });
  });

  it('are one trace, the stages below the check', async () => {
    const { spans, check, verify, lookup } = await spansOf(settled({}, SUCCESS, ALL_STAGES));
    const root = check?.spanContext();
    expect(root?.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(check?.parentSpanContext).toBeUndefined();
    expect(verify?.parentSpanContext).toEqual(root);
    expect(lookup?.parentSpanContext).toEqual(root);
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1);
    expect(new Set(spans.map((span) => span.spanContext().spanId)).size).toBe(3);
  });

  it('go below the caller, wherever its context was found', async () => {
    const contexts = [
      { rpcHeaders: traceparent('01') },
      { headers: traceparent('01') },
      { rpcHeaders: { b3: `${TRACE}-${SPAN}-1` } },
    ];
    for (const options of contexts) {
      const { check, lookup } = await spansOf(settled(options, SUCCESS, ALL_STAGES));
      expect(check?.spanContext()).toMatchObject({ traceId: TRACE, traceFlags: 1 });
      expect(check?.spanContext().spanId).not.toBe(SPAN);
      expect(check?.parentSpanContext).toMatchObject({ spanId: SPAN, isRemote: true });
      expect(lookup?.spanContext().traceId).toBe(TRACE);
      expect(lookup?.parentSpanContext?.isRemote).toBeUndefined();
    }
  });

  it('carry the tracestate on', async () => {
    const rpcHeaders = { ...traceparent('01'), tracestate: 'a=1,b=2' };
    const { spans } = await spansOf(settled({ rpcHeaders }, SUCCESS, ALL_STAGES));
    expect(spans.map((span) => span.spanContext().traceState?.serialize())).toEqual(
      Array(3).fill('a=1,b=2'),
    );
  });

  it('leave out a stage that was not reached', async () => {
    const { spans, verify, lookup } = await spansOf(
      settled({}, refuse('invalid_token'), { ...ALL_STAGES, lookupStartedAt: 0, lookupEndedAt: 0 }),
    );
    expect(spans).toHaveLength(2);
    expect(verify).toBeDefined();
    expect(lookup).toBeUndefined();
  });

  it('end a stage that was still going together with the check', async () => {
    const { check, lookup } = await spansOf(
      settled({}, refuse('deadline'), { ...ALL_STAGES, lookupEndedAt: 0 }),
    );
    expect(lookup?.endTime).toEqual(check?.endTime);
  });

  it('never end before they start', async () => {
    const { check } = await spansOf(settled({}, SUCCESS, { ...ALL_STAGES, settledAt: 1 }));
    expect(check).toMatchObject({ duration: [0, 0], endTime: check?.startTime });
  });

  it('name the service', async () => {
    const { check } = await spansOf(settled(), {
      resourceAttributes: {
        'deployment.environment.name': 'blue',
        'service.name': 'other',
        a: 'b',
      },
    });
    expect(check?.resource.attributes).toMatchObject({
      'service.name': 'sluice',
      'service.version': '1.2.3',
      'deployment.environment.name': 'blue',
      'telemetry.sdk.language': 'nodejs',
      a: 'b',
    });
    const plain = await spansOf(settled());
    expect(plain.check?.resource.attributes['deployment.environment.name']).toBe('test');
  });
});

describe('status', () => {
  it.each(reasonNames)('of %s is an error only if the fault is ours', async (reason) => {
    const { check, verify } = await spansOf(settled({}, decisionOf(reason), ALL_STAGES));
    const { result } = reasons[reason];
    const ours = result === 'error';
    expect(check?.status.code).toBe(ours ? SpanStatusCode.ERROR : SpanStatusCode.UNSET);
    expect(check?.attributes).toMatchObject({ 'sluice.result': result, 'sluice.reason': reason });
    expect(check?.attributes['error.type']).toBe(ours ? reason : undefined);
    expect(verify?.status.code).toBe(
      reason === 'keys_unavailable' ? SpanStatusCode.ERROR : SpanStatusCode.UNSET,
    );
  });

  it.each<[Reason, Times, 'verify' | 'lookup' | undefined]>([
    ['redis_error', ALL_STAGES, 'lookup'],
    ['keys_unavailable', ALL_STAGES, 'verify'],
    ['internal', ALL_STAGES, undefined],
    ['deadline', { ...ALL_STAGES, lookupEndedAt: 0 }, 'lookup'],
    ['overload', { ...ALL_STAGES, verifyEndedAt: 0, lookupStartedAt: 0 }, 'verify'],
    ['invalid_token', { ...ALL_STAGES, verifyEndedAt: 0, lookupStartedAt: 0 }, undefined],
  ])('of %s is shared by the stage at fault', async (reason, times, culprit) => {
    const { spans } = await spansOf(settled({}, decisionOf(reason), times));
    const failed = spans.filter(
      ({ name, status }) => name !== CHECK && status.code === SpanStatusCode.ERROR,
    );
    expect(failed.map(({ name }) => name)).toEqual(culprit === undefined ? [] : [culprit]);
    for (const span of failed) expect(span.attributes['error.type']).toBe(reason);
  });

  it('of the RPC is OK unless FAILURE_SIGNAL makes it another', async () => {
    const status = async (decision: Decision) =>
      (await spansOf(settled({}, decision))).check?.attributes['rpc.status_code'];
    expect(await status(SUCCESS)).toBe('OK');
    expect(await status(refuse('redis_error'))).toBe('OK');
    expect(await status(refuse('redis_error', { signal: 'grpc_status' }))).toBe('UNAVAILABLE');
    expect(await status(refuse('deadline', { signal: 'grpc_status' }))).toBe('DEADLINE_EXCEEDED');
    expect(await status(refuse('invalid_token', { signal: 'grpc_status' }))).toBe('OK');
  });
});

describe('attributes', () => {
  it('of an allowed check', async () => {
    const { check } = await spansOf(
      settled({ method: 'POST', host: 'api.example:8443', path: '/orders/7?page=2' }),
    );
    expect(check?.attributes).toEqual({
      'rpc.system.name': 'grpc',
      'rpc.method': CHECK,
      'rpc.status_code': 'OK',
      'sluice.result': 'allow',
      'sluice.reason': 'success',
      'http.request.method': 'POST',
      'url.domain': 'api.example',
      'url.path': '/orders/7',
    });
  });

  it.each([
    ['/', '/'],
    ['/a/b', '/a/b'],
    ['/a?token=secret', '/a'],
    ['/?secret', '/'],
    ['/a#secret', '/a'],
    ['/a;jsessionid=secret/b', '/a'],
    ['/a%3Ftoken=secret', '/a'],
    ['/a%3bjsessionid=secret', '/a'],
    ['/reset/eyJhbGciOiJIUzI1NiJ9.e30.secret', '/reset/'],
    [`/${'x'.repeat(300)}?secret`, `/${'x'.repeat(255)}`],
    ['https://user:secret@api.example/a', undefined],
    ['*', undefined],
    ['', undefined],
  ])('of the path %j are %j', async (path, expected) => {
    const { check } = await spansOf(settled({ path }));
    expect(check?.attributes['url.path']).toBe(expected);
  });

  it.each([
    ['api.example', 'api.example'],
    ['api.example:443', 'api.example'],
    ['10.0.0.1:80', '10.0.0.1'],
    ['[::1]:80', '[::1]'],
    ['user:secret@api.example', undefined],
    ['api.example/secret', undefined],
    ['x'.repeat(300), undefined],
    ['', undefined],
  ])('of the host %j are %j', async (host, expected) => {
    const { check } = await spansOf(settled({ host }));
    expect(check?.attributes['url.domain']).toBe(expected);
  });

  it.each([
    ['GET', 'GET'],
    ['get', '_OTHER'],
    ['SECRET', '_OTHER'],
    ['', undefined],
  ])('of the method %j are %j', async (method, expected) => {
    const { check } = await spansOf(settled({ method }));
    expect(check?.attributes['http.request.method']).toBe(expected);
  });

  it('hold nothing secret', async () => {
    for (const reason of reasonNames) {
      const headers = { authorization: 'Bearer sEcReT', cookie: 'sEcReT', b3: 'sEcReT' };
      const call = settled(
        {
          method: 'sEcReT',
          path: '/a?q=sEcReT',
          host: 'sEcReT@api.example',
          headers,
          rpcHeaders: headers,
          extensions: { a: 'sEcReT' },
        },
        decisionOf(reason),
        ALL_STAGES,
      );
      call.token = 'sEcReT';
      call.detail = 'sEcReT';
      const claims = { sub: 'sEcReT', jti: 'sEcReT', iss: 'sEcReT', told: ['sEcReT'] };
      call.identity = { kind: 'identity', claims } as unknown as Identity;
      const { spans } = await spansOf(call);
      expect(spans).toHaveLength(3);
      for (const span of spans) {
        const { attributes, name, status, events, links } = span;
        const all = [attributes, name, status, events, links, span.resource.attributes];
        expect(JSON.stringify([...all, span.spanContext()])).not.toContain('sEcReT');
      }
    }
  });
});

describe('sampling', () => {
  it.each([
    ['sampled', 0, true],
    ['sampled', 1, true],
    ['not sampled', 0, false],
    ['not sampled', 1, false],
  ])('follows a caller that has %s, at the rate %d', async (decision, rate, expected) => {
    const flags = decision === 'sampled' ? '01' : '00';
    expect(await traced(settled({ rpcHeaders: traceparent(flags) }), rate)).toBe(expected);
  });

  it('takes its share of the checks that start a trace', async () => {
    const share = async (samplingRate: number) => {
      const { sink, flush } = await harness({ samplingRate });
      sink.settled(Array.from({ length: 2_000 }, () => settled()));
      return (await flush()).length / 2_000;
    };
    expect(await share(0)).toBe(0);
    expect(await share(1)).toBe(1);
    const quarter = await share(0.25);
    expect(quarter).toBeGreaterThan(0.18);
    expect(quarter).toBeLessThan(0.32);
  });

  it.each([
    [`0000000000000000${'0'.repeat(15)}1`, 0, false],
    [`0000000000000000${'0'.repeat(15)}1`, 0.001, true],
    [`ffffffffffffffff7${'f'.repeat(15)}`, 0.49, false],
    [`ffffffffffffffff7${'f'.repeat(15)}`, 0.51, true],
    ['f'.repeat(32), 0.999, false],
    ['f'.repeat(32), 1, true],
  ])('of an undecided caller goes by the trace id: %s at %d', async (traceId, rate, expected) => {
    const call = settled({ rpcHeaders: { b3: `${traceId}-${SPAN}` } });
    expect(await traced(call, rate)).toBe(expected);
  });

  it('looks at nothing but the context of a check that is not sampled', async () => {
    const call = settled({ rpcHeaders: traceparent('00') });
    const asked: PropertyKey[] = [];
    const check = new Proxy(call.check, {
      get(target, name, receiver) {
        asked.push(name);
        return Reflect.get(target, name, receiver);
      },
    });
    const { sink } = await harness();
    sink.settled([
      new Proxy(call, {
        get: (target, name) => (name === 'check' ? check : Reflect.get(target, name, target)),
      }),
    ]);
    expect(asked).toEqual(['rpcHeader']);
  });
});

describe('a collector that does not take spans', () => {
  afterEach(() => diag.disable());

  const many = (checks: number) => Array.from({ length: checks }, () => settled());

  const lostIn = (sink: Awaited<ReturnType<typeof createTraceSink>>) =>
    Object.fromEntries(
      sink.instruments.map((instrument) =>
        instrument.type === 'counter' ? [instrument.about.labels?.cause, instrument.value] : [],
      ),
    );

  it.each([
    ['refuses', fail, 'ECONNREFUSED'],
    ['throws', explode, 'TypeError'],
  ])('harms nothing when it %s', async (_, answer, code) => {
    const otel = { error: vi.fn(), warn: vi.fn(), info: vi.fn(), debug: vi.fn(), verbose: vi.fn() };
    diag.setLogger(otel, DiagLogLevel.WARN);
    const { sink, exporter, warn, turns, flush } = await harness();
    exporter.answer = answer;
    sink.settled(many(1_000));
    await turns();
    await flush();
    expect(exporter.exports).toBe(4);
    expect(exporter.shutdowns).toBe(1);
    expect(lostIn(sink)).toEqual({ export_failed: 1_000, queue_full: 0 });
    expect(warn).toHaveBeenCalledOnce();
    expect(warn.mock.calls[0]?.[0]).toMatchObject({ code });
    expect(JSON.stringify(warn.mock.calls)).not.toContain('quotes a credential');
    expect(otel.warn).not.toHaveBeenCalled();
    expect(otel.error).not.toHaveBeenCalled();
  });

  it('is told about once a minute, with what was lost by then', async () => {
    const { sink, exporter, warn, turns } = await harness();
    exporter.answer = fail;
    for (let second = 0; second < 130; second++) {
      sink.settled(many(256));
      await turns(1_000);
    }
    expect(exporter.exports).toBe(130);
    expect(warn).toHaveBeenCalledTimes(3);
    expect(warn.mock.calls.at(-1)?.[0]).toMatchObject({ exportFailed: 121 * 256 });
    await sink.close();
  });

  it('fills the queue, after which nothing is made for a check any more', async () => {
    const { sink, exporter, warn, turns, clock } = await harness();
    exporter.answer = hang;
    sink.settled(many(256));
    await turns();
    sink.settled(many(3_000));
    const call = settled({ rpcHeaders: traceparent('01') }, SUCCESS, ALL_STAGES);
    Object.defineProperty(call.check, 'path', { get: () => expect.fail('made a span') });
    sink.settled([call]);
    expect(lostIn(sink)).toEqual({ export_failed: 0, queue_full: 3_000 - 2_048 + 3 });
    expect(warn).toHaveBeenCalledOnce();
    const closed = sink.close();
    clock.advance(EXPORT_TIMEOUT_MS + 500);
    await closed;
  });

  it.each([
    ['exporting', hang, true],
    ['shutting down', succeed, false],
  ])('is waited for no longer than the time-out when %s', async (_, answer, shutdownEnds) => {
    const { sink, exporter, clock, turns } = await harness();
    Object.assign(exporter, { answer, shutdownEnds });
    sink.settled(many(1));
    let closed = false;
    const closing = sink.close().then(() => {
      closed = true;
    });
    await turns(EXPORT_TIMEOUT_MS);
    expect(exporter.exports).toBe(1);
    expect(closed).toBe(false);
    clock.advance(500);
    await closing;
  });
});

describe('close', () => {
  it('exports what waits, once, and leaves no timer', async () => {
    const { sink, exporter, clock, flush } = await harness();
    sink.settled([settled()]);
    expect(exporter.exports).toBe(0);
    await flush();
    await sink.close();
    expect(exporter).toMatchObject({ exports: 1, shutdowns: 1 });
    expect(clock.pending).toBe(0);
  });

  it('takes nothing afterwards', async () => {
    const { sink, exporter, flush } = await harness();
    await flush();
    sink.settled(Array.from({ length: 3_000 }, () => settled()));
    expect(exporter.spans).toEqual([]);
    expect(sink.instruments.every((one) => one.type === 'counter' && one.value === 0)).toBe(true);
  });
});

it('exports when a turn has ended, not while its checks are being answered', async () => {
  const { sink, exporter, turns } = await harness();
  sink.settled(Array.from({ length: 256 }, () => settled()));
  expect(exporter.exports).toBe(0);
  await turns();
  expect(exporter.exports).toBe(1);
  await sink.close();
});
