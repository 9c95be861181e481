import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Settled } from '../../../../src/domain/call.ts';
import { allow, type Decision, refuse } from '../../../../src/domain/decision.ts';
import { isAllow, reasonNames, reasons } from '../../../../src/domain/reason.ts';
import { Settlement } from '../../../../src/pipeline/settlement.ts';
import type { ClosableLogger, LogLevel } from '../../../../src/sinks/log/logger.ts';
import { LogSink, type LogSinkOptions } from '../../../../src/sinks/log/sink.ts';
import { type FakeCallOptions, fakeCall } from '../../../support/calls.ts';
import { decisionOf } from '../../../support/decisions.ts';
import { RecordingLogger } from '../../../support/logger.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { claims, signed } from '../../../support/tokens.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const ORDER: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

class LevelLogger extends RecordingLogger implements ClosableLogger {
  readonly instruments = [];
  readonly #least: LogLevel;
  constructor(least: LogLevel) {
    super();
    this.#least = least;
  }
  isOn(level: LogLevel): boolean {
    return ORDER.indexOf(level) >= ORDER.indexOf(this.#least);
  }
  close(): void {}
}

function start(level: LogLevel = 'debug', options: Partial<LogSinkOptions> = {}) {
  const logger = new LevelLogger(level);
  const clock = new ManualClock();
  const sink = new LogSink({ allowSample: 0, maxPerSec: 100, ...options }, logger, clock);
  const [dropped] = sink.instruments;
  return {
    sink,
    clock,
    logger,
    dropped: () => (dropped?.type === 'counter' ? dropped.value : Number.NaN),
    levels: () => logger.lines.map(({ level: each }) => each),
  };
}

const yes = allow('success', [['x-user-id', 'alice']], []);

function settled(decision: Decision = yes, options: FakeCallOptions = {}): Settled {
  const call = fakeCall({ arrivedAt: 10, ...options });
  call.settle(decision);
  call.settledAt = 12.5;
  return call as Settled;
}

const times = (count: number, decision = yes) =>
  Array.from({ length: count }, () => settled(decision));

afterEach(() => vi.restoreAllMocks());

describe('a line', () => {
  it('tells of an allow what was asked, and in which trace', () => {
    const { sink, logger } = start();
    const headers = { 'x-request-id': 'f3a0-1', traceparent: `00-${TRACE}-00f067aa0ba902b7-01` };
    sink.settled([
      settled(yes, { method: 'PUT', path: '/orders?id=1', host: 'a.example', headers }),
    ]);
    expect(logger.lines).toEqual([
      {
        level: 'debug',
        message: 'check',
        fields: {
          'event.action': 'authorization_check',
          'event.outcome': 'success',
          'event.duration': 2_500_000,
          'sluice.result': 'allow',
          'sluice.reason': 'success',
          'http.request.method': 'PUT',
          'url.domain': 'a.example',
          'url.path': '/orders',
          'http.request.id': 'f3a0-1',
          'trace.id': TRACE,
        },
      },
    ]);
  });

  it('tells of a denial why, and the status', () => {
    const { sink, logger } = start();
    const call = settled(refuse('invalid_token'));
    call.detail = 'ERR_JWT_EXPIRED';
    sink.settled([call]);
    expect(logger.lines[0]?.fields).toMatchObject({
      'event.outcome': 'failure',
      'sluice.result': 'deny',
      'sluice.reason': 'invalid_token',
      'error.code': 'ERR_JWT_EXPIRED',
      'http.response.status_code': 401,
    });
  });

  it('tells of an error that the outcome is unknown', () => {
    const { sink, logger } = start();
    sink.settled([settled(refuse('redis_error'))]);
    expect(logger.lines[0]?.fields).toMatchObject({
      'event.outcome': 'unknown',
      'sluice.result': 'error',
      'http.response.status_code': 503,
    });
  });

  it('has no fields without a value', () => {
    const { sink, logger } = start();
    sink.settled([settled(yes, { method: '', path: '', host: '' })]);
    const { fields } = logger.lines[0] as { fields: object };
    expect(Object.values(fields)).not.toContain(undefined);
    expect(Object.keys(fields)).toHaveLength(5);
  });

  it('cuts off a long x-request-id, and leaves out one that holds a token', () => {
    const { sink, logger } = start();
    const ids = ['x'.repeat(5000), '', `id-${signed(claims(0))}`];
    sink.settled(ids.map((id) => settled(yes, { headers: { 'x-request-id': id } })));
    const told = logger.lines.map(
      ({ fields }) => (fields as Record<string, unknown>)['http.request.id'],
    );
    expect(told).toEqual(['x'.repeat(128), undefined, undefined]);
  });
});

describe('the level', () => {
  it.each(reasonNames)('of %s fits what it is', (reason) => {
    const { sink, levels } = start();
    sink.settled([settled(decisionOf(reason))]);
    const fitting = { allow: 'debug', deny: 'info', error: 'warn' }[reasons[reason].result];
    expect(levels()).toEqual([reason === 'internal' ? 'error' : fitting]);
  });

  it.each<[LogLevel, number]>([
    ['debug', reasonNames.length],
    ['info', reasonNames.filter((name) => !isAllow(name)).length],
    ['warn', 6],
    ['error', 1],
  ])('%s lets %i of the reasons through', (level, count) => {
    const { sink, logger, dropped } = start(level);
    sink.settled(reasonNames.map((reason) => settled(decisionOf(reason))));
    expect(logger.lines).toHaveLength(count);
    expect(dropped()).toBe(0);
  });
});

describe('the sample of allows', () => {
  it('is told at info', () => {
    vi.spyOn(Math, 'random').mockReturnValueOnce(0.29).mockReturnValueOnce(0.3);
    const { sink, levels } = start('debug', { allowSample: 0.3 });
    sink.settled(times(2));
    expect(levels()).toEqual(['info', 'debug']);
  });

  it('is all of them at 1, and none at 0', () => {
    const all = start('info', { allowSample: 1 });
    all.sink.settled(times(20));
    expect(all.logger.lines).toHaveLength(20);
    const none = start('info');
    none.sink.settled(times(20));
    expect(none.logger.lines).toHaveLength(0);
  });

  it('leaves denials where they are', () => {
    const { sink, levels } = start('info', { allowSample: 1 });
    sink.settled(times(1, refuse('blacklisted')));
    expect(levels()).toEqual(['info']);
  });
});

describe('the limit', () => {
  it('is one for each reason; what was dropped is in the next line, and counted', () => {
    const { sink, clock, logger, dropped } = start('debug', { maxPerSec: 2 });
    sink.settled([...times(5), ...times(3, refuse('blacklisted'))]);
    expect(logger.lines).toHaveLength(4);
    expect(dropped()).toBe(4);
    clock.advance(1_000);
    sink.settled([...times(2), ...times(1, refuse('blacklisted'))]);
    const told = logger.lines.map(
      ({ fields }) => (fields as Record<string, unknown>)['sluice.dropped'],
    );
    expect(told.slice(4)).toEqual([3, undefined, 1]);
    expect(dropped()).toBe(4);
  });

  it('is not used up by what is not logged at all', () => {
    const { sink, dropped } = start('info', { maxPerSec: 1 });
    sink.settled(times(10));
    expect(dropped()).toBe(0);
  });
});

describe('a logger that throws', () => {
  it('keeps nothing from the callers and the other sinks, and is counted', async () => {
    const { logger, clock, sink } = start();
    logger.debug = () => {
      throw new Error('the disk is full');
    };
    const told: string[] = [];
    const probe = (name: string) => ({ name, settled: () => void told.push(name) });
    const settlement = new Settlement(clock, [probe('before'), sink, probe('after')]);
    settlement.add(settled());
    await Promise.resolve();
    expect(told).toEqual(['before', 'after']);
    expect(settlement.instruments.map((each) => each.type === 'counter' && each.value)).toEqual([
      0, 1, 0,
    ]);
  });
});

describe('what is secret', () => {
  const secret = fc.string({
    unit: fc.constantFrom(...'abcXYZ0189-_'),
    minLength: 12,
    maxLength: 40,
  });
  const header = fc.constantFrom(
    'authorization',
    'cookie',
    'x-api-key',
    'proxy-authorization',
    'referer',
  );

  it('is never in a line', () => {
    fc.assert(
      fc.property(
        secret,
        secret,
        header,
        fc.constantFrom(...reasonNames),
        (sub, jti, name, reason) => {
          const token = signed(claims(0, { sub, jti }));
          const call = settled(decisionOf(reason), {
            path: `/a?access_token=${token}&user=${sub}`,
            host: `${sub}:${jti}@a.example`,
            headers: {
              [name]: `Bearer ${token}; session=${jti}`,
              authorization: `Bearer ${token}`,
              'x-request-id': token,
              traceparent: `00-${token}`,
              b3: jti,
            },
            extensions: { note: jti },
            rpcHeaders: { authorization: token, traceparent: sub },
          });
          call.token = token;
          call.identity = { kind: 'identity', claims: { sub, jti } } as never;
          const { sink, logger } = start();
          sink.settled([call]);
          expect(logger.lines).toHaveLength(1);
          for (const part of [sub, jti, token, ...token.split('.')]) {
            expect(logger.text).not.toContain(part);
          }
        },
      ),
    );
  });
});
