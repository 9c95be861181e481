import { describe, expect, it } from 'vitest';
import type { Settled } from '../../../src/domain/call.ts';
import type { Instrument } from '../../../src/domain/instrument.ts';
import {
  GrpcCode,
  isAllow,
  type Reason,
  reasonNames,
  reasons,
} from '../../../src/domain/reason.ts';
import { MetricsSink } from '../../../src/sinks/metrics.ts';
import { fakeCall } from '../../support/calls.ts';
import { decisionOf } from '../../support/decisions.ts';

/** The operator's contract: result, HTTP status and gRPC code of every reason. */
const CONTRACT: Readonly<Record<Reason, readonly [string, number, number]>> = {
  success: ['allow', 200, GrpcCode.OK],
  anonymous: ['allow', 200, GrpcCode.OK],
  cors_preflight: ['allow', 200, GrpcCode.OK],
  stale_verdict: ['allow', 200, GrpcCode.OK],
  unchecked: ['allow', 200, GrpcCode.OK],
  malformed_request: ['deny', 400, GrpcCode.INVALID_ARGUMENT],
  request_too_large: ['deny', 413, GrpcCode.INVALID_ARGUMENT],
  ambiguous_path: ['deny', 400, GrpcCode.INVALID_ARGUMENT],
  missing_header: ['deny', 401, GrpcCode.UNAUTHENTICATED],
  invalid_token: ['deny', 401, GrpcCode.UNAUTHENTICATED],
  insufficient_scope: ['deny', 403, GrpcCode.PERMISSION_DENIED],
  wrong_audience: ['deny', 403, GrpcCode.PERMISSION_DENIED],
  blacklisted: ['deny', 403, GrpcCode.PERMISSION_DENIED],
  redis_error: ['error', 503, GrpcCode.UNAVAILABLE],
  keys_unavailable: ['error', 503, GrpcCode.UNAVAILABLE],
  overload: ['error', 503, GrpcCode.UNAVAILABLE],
  deadline: ['error', 503, GrpcCode.DEADLINE_EXCEEDED],
  misconfigured: ['error', 503, GrpcCode.UNAVAILABLE],
  internal: ['error', 503, GrpcCode.UNAVAILABLE],
};

/** What a downstream cannot bring about with its request alone, whatever it sends. */
const OURS_ALONE: readonly Reason[] = ['redis_error', 'overload', 'deadline'];

const only = (result: string) => reasonNames.filter((name) => reasons[name].result === result);

function settled(reason: Reason): Settled {
  const call = fakeCall({ arrivedAt: 1 });
  call.settle(decisionOf(reason));
  call.settledAt = 2;
  return call as Settled;
}

/** What an instrument has counted of one reason, or of one type of error. */
function counted(instruments: readonly Instrument[], name: string, label: string): number[] {
  return instruments.flatMap((instrument) => {
    const { about } = instrument;
    if (about.name !== name || !Object.values(about.labels ?? {}).includes(label)) return [];
    if (instrument.type === 'histogram') return [instrument.counts.reduce((a, b) => a + b)];
    return instrument.type === 'counter' ? [instrument.value] : [];
  });
}

describe('the registry of reasons', () => {
  it('is that of the contract', () => {
    const found = reasonNames.map((name) => {
      const { result, httpStatus, grpcCode } = reasons[name];
      return [name, [result, httpStatus, grpcCode]];
    });
    expect(Object.fromEntries(found)).toEqual(CONTRACT);
  });

  it.each(reasonNames)('%s has codes that fit its result', (reason) => {
    const { result, httpStatus, grpcCode } = reasons[reason];
    const isAllow = result === 'allow';
    expect(grpcCode === GrpcCode.OK).toBe(isAllow);
    expect(httpStatus === 200).toBe(isAllow);
    if (result === 'error') expect(httpStatus).toBe(503);
    if (result === 'deny') {
      expect(httpStatus).toBeGreaterThanOrEqual(400);
      expect(httpStatus).toBeLessThan(500);
    }
  });

  it.each(reasonNames)('%s has a challenge just when its status needs one', (reason) => {
    const { httpStatus, challenge } = reasons[reason];
    if (httpStatus === 401) expect(challenge).toBeDefined();
    if (challenge !== undefined) expect([401, 403]).toContain(httpStatus);
  });

  it('has FAILURE_SIGNAL apply only where no request alone can be the cause', () => {
    expect(reasonNames.filter((name) => reasons[name].signalled)).toEqual(OURS_ALONE);
  });

  it('describes each reason, and none like another', () => {
    const descriptions = reasonNames.map((name) => reasons[name].description);
    expect(descriptions).not.toContain('');
    expect(new Set(descriptions).size).toBe(reasonNames.length);
  });

  it('has a message of its own for each deny, and one that tells nothing for the errors', () => {
    const messages = only('deny').map((name) => reasons[name].message);
    expect(messages).not.toContain('');
    expect(new Set(messages).size).toBe(messages.length);
    expect(new Set(only('error').map((name) => reasons[name].message))).toEqual(
      new Set(['Authorization is temporarily unavailable.']),
    );
  });

  it('tells no caller why a token did not verify, nor what we are made of', () => {
    for (const name of reasonNames) {
      expect(reasons[name].message).not.toMatch(
        /signature|verif|expir|issue|audience|claim|algorithm|kid|jti|key|redis|secret|overload|deadline/i,
      );
    }
  });

  it('uses names that are fit for a label, a log and a page', () => {
    for (const name of reasonNames) expect(name).toMatch(/^[a-z]+(_[a-z]+)*$/);
  });

  it('cannot be changed', () => {
    expect(Object.isFrozen(reasons)).toBe(true);
    expect(Object.isFrozen(reasonNames)).toBe(true);
  });
});

describe('the metrics of every reason', () => {
  const TOTAL = 'ext_authz_requests_total';
  const DURATION = 'ext_authz_request_duration_seconds';
  const ERRORS = 'ext_authz_errors_total';

  it.each(reasonNames)('%s has its series from the start', (reason) => {
    const { instruments } = new MetricsSink();
    expect(counted(instruments, TOTAL, reason)).toEqual([0]);
    expect(counted(instruments, DURATION, reason)).toEqual([0]);
    const { errorType } = reasons[reason];
    if (errorType !== undefined) expect(counted(instruments, ERRORS, errorType)).toEqual([0]);
  });

  it.each(reasonNames)('%s is counted, and no other', (reason) => {
    const sink = new MetricsSink();
    sink.settled([settled(reason)]);
    for (const other of reasonNames) {
      const times = other === reason ? 1 : 0;
      expect(counted(sink.instruments, TOTAL, other)).toEqual([times]);
      expect(counted(sink.instruments, DURATION, other)).toEqual([times]);
      const { errorType } = reasons[other];
      if (errorType !== undefined) {
        const isOfType = errorType === reasons[reason].errorType;
        expect(counted(sink.instruments, ERRORS, errorType)).toEqual([isOfType ? 1 : 0]);
      }
    }
  });

  it('counts every error, and the token that does not verify, by a type of its own', () => {
    const refusals = reasonNames.filter((name) => !isAllow(name));
    const types = refusals.map((name) => reasons[name].errorType).filter(Boolean);
    expect(new Set(types).size).toBe(types.length);
    for (const name of only('error')) expect(reasons[name].errorType).toBeDefined();
    expect(reasons.invalid_token.errorType).toBe('jwt_verify');
    expect(reasons.redis_error.errorType).toBe('redis');
  });

  it('counts the failed lookup also where the check passes all the same', () => {
    expect(only('allow').filter((name) => reasons[name].errorType === 'redis')).toEqual([
      'stale_verdict',
      'unchecked',
    ]);
  });
});
