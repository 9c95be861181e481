import { describe, expect, it } from 'vitest';
import { allow, type FailureSignal, refuse } from '../../../src/domain/decision.ts';
import { isAllow, reasonNames, reasons } from '../../../src/domain/reason.ts';

const refusals = reasonNames.filter((name) => !isAllow(name));
const signals: readonly FailureSignal[] = ['denied', 'error_response', 'grpc_status'];

describe('allow', () => {
  it('has nothing of a denial', () => {
    const decision = allow('success', [['x-user-id', 'alice']], ['x-auth-provider']);
    expect(decision).toEqual({
      reason: 'success',
      spec: reasons.success,
      httpStatus: 200,
      headers: [['x-user-id', 'alice']],
      headersToRemove: ['x-auth-provider'],
      queryToRemove: [],
      metadata: [['reason', 'success']],
      body: '',
      signal: 'denied',
      wire: { grpc: undefined, http2: undefined },
    });
  });
});

describe('refuse', () => {
  it.each(refusals)('says %s in JSON, and no more than its fixed message', (reason) => {
    const decision = refuse(reason);
    expect(JSON.parse(decision.body)).toEqual({ error: reason, message: reasons[reason].message });
    expect(decision.headers).toEqual([['content-type', 'application/json']]);
    expect(decision.headersToRemove).toEqual([]);
    expect(decision.httpStatus).toBe(reasons[reason].httpStatus);
    expect(decision.spec.grpcCode).not.toBe(0);
  });

  it('takes more headers, and another status', () => {
    const decision = refuse('blacklisted', { headers: [['retry-after', '1']], httpStatus: 401 });
    expect(decision.httpStatus).toBe(401);
    expect(decision.headers).toEqual([
      ['content-type', 'application/json'],
      ['retry-after', '1'],
    ]);
  });

  it.each(refusals)('signals %s only if its reason is one for that', (reason) => {
    for (const signal of signals) {
      const expected = reasons[reason].signalled ? signal : 'denied';
      expect(refuse(reason, { signal }).signal).toBe(expected);
    }
    expect(refuse(reason).signal).toBe('denied');
  });

  it('makes decisions that do not share what encoders keep in them', () => {
    expect(refuse('internal').wire).not.toBe(refuse('internal').wire);
  });
});
