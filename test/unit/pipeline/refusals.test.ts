import { describe, expect, it } from 'vitest';
import { reasonNames, reasons } from '../../../src/domain/reason.ts';
import { type Refusal, type RefusalOptions, Refusals } from '../../../src/pipeline/refusals.ts';
import { fakeCall } from '../../support/calls.ts';
import { survivors } from '../../support/gc.ts';
import { fakeRequirement } from '../../support/requirements.ts';

const OPTIONS: RefusalOptions = {
  corsOrigins: [],
  revokedHttpStatus: 403,
  failureSignal: 'denied',
};
const all = reasonNames.filter((reason) => reasons[reason].result !== 'allow') as Refusal[];

const make = (options: Partial<RefusalOptions> = {}) => new Refusals({ ...OPTIONS, ...options });
const headersOf = (refusals: Refusals, reason: Refusal, headers: Record<string, string> = {}) =>
  Object.fromEntries(refusals.of(reason, fakeCall({ headers })).headers);

describe('Refusals', () => {
  it.each(all)('makes a %s that says what the registry says', (reason) => {
    const decision = make().of(reason, fakeCall({}));
    expect(decision).toMatchObject({ reason, httpStatus: reasons[reason].httpStatus });
    expect(JSON.parse(decision.body)).toEqual({ error: reason, message: reasons[reason].message });
    expect(decision.headersToRemove).toEqual([]);
  });

  it.each(all)('gives every %s the same object, so that it is encoded once', (reason) => {
    const refusals = make();
    const call = fakeCall({});
    expect(refusals.of(reason, call)).toBe(refusals.of(reason, call));
  });

  it('challenges as RFC 6750 says', () => {
    const refusals = make();
    const challenge = (reason: Refusal) => headersOf(refusals, reason)['www-authenticate'];
    expect(challenge('missing_header')).toBe('Bearer realm="api"');
    expect(challenge('invalid_token')).toBe('Bearer realm="api", error="invalid_token"');
    expect(challenge('blacklisted')).toBeUndefined();
    expect(challenge('redis_error')).toBeUndefined();
  });

  it('names the scopes that a route requires, each route its own', () => {
    const refusals = make();
    const challenge = (scopes: readonly string[]) => {
      const call = fakeCall({});
      call.requirement = fakeRequirement({ scopes });
      return Object.fromEntries(refusals.of('insufficient_scope', call).headers)[
        'www-authenticate'
      ];
    };
    expect(challenge(['read', 'write'])).toBe(
      'Bearer realm="api", error="insufficient_scope", scope="read write"',
    );
    expect(challenge(['admin'])).toContain('scope="admin"');
  });

  it('keeps no refusal for scopes that no requirement has any more', async () => {
    const refusals = make();
    const refs = Array.from({ length: 100 }, (_, i) => {
      const call = fakeCall({});
      call.requirement = fakeRequirement({ scopes: [`scope-${i}`] });
      return new WeakRef(refusals.of('insufficient_scope', call));
    });
    expect(await survivors(refs)).toBe(0);
  });

  it('makes a revoked token a 401 with a challenge where that is asked for', () => {
    const refusals = make({ revokedHttpStatus: 401 });
    expect(refusals.of('blacklisted', fakeCall({})).httpStatus).toBe(401);
    expect(headersOf(refusals, 'blacklisted')['www-authenticate']).toContain('invalid_token');
  });

  it('tells clients when to try again, for errors only', () => {
    const refusals = make();
    for (const reason of all) {
      const expected = reasons[reason].result === 'error' ? '1' : undefined;
      expect(headersOf(refusals, reason)['retry-after']).toBe(expected);
    }
  });

  it.each(['error_response', 'grpc_status'] as const)(
    'signals as %s only what no downstream can cause',
    (failureSignal) => {
      const refusals = make({ failureSignal });
      for (const reason of all) {
        const signalled = ['redis_error', 'overload', 'deadline'].includes(reason);
        expect(refusals.of(reason, fakeCall({})).signal).toBe(signalled ? failureSignal : 'denied');
      }
    },
  );

  it('carries CORS headers to an allowed origin, and to no other', () => {
    const refusals = make({ corsOrigins: ['https://app.example', 'https://b.example'] });
    for (const reason of all) {
      expect(headersOf(refusals, reason, { origin: 'https://app.example' })).toMatchObject({
        'access-control-allow-origin': 'https://app.example',
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers': 'WWW-Authenticate, Retry-After',
        vary: 'Origin',
      });
      for (const origin of ['https://evil.example', 'https://app.example.evil', 'null', '']) {
        expect(Object.keys(headersOf(refusals, reason, { origin })).join()).not.toMatch(/access-/);
      }
    }
    expect(headersOf(refusals, 'deadline', { origin: 'https://b.example' })).toMatchObject({
      'access-control-allow-origin': 'https://b.example',
    });
  });
});
