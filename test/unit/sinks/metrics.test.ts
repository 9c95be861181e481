import { describe, expect, it } from 'vitest';
import { createRegistry } from '../../../src/admin/registry.ts';
import type { Call, Settled } from '../../../src/domain/call.ts';
import { allow, refuse } from '../../../src/domain/decision.ts';
import { MetricsSink } from '../../../src/sinks/metrics.ts';
import { fakeCall } from '../../support/calls.ts';
import { parseExposition, valueIn } from '../admin/exposition.ts';

type Times = Partial<
  Pick<
    Call,
    'verifyStartedAt' | 'verifyEndedAt' | 'lookupStartedAt' | 'lookupEndedAt' | 'settledAt'
  >
>;

function settled(decision = allow('success', [], []), times: Times = {}): Settled {
  const call = fakeCall({ arrivedAt: 1_000 });
  call.settle(decision);
  return Object.assign(call, { settledAt: 1_000, ...times }) as Settled;
}

async function readOf(...calls: readonly Settled[]) {
  const sink = new MetricsSink();
  sink.settled(calls);
  const families = parseExposition(await createRegistry(() => sink.instruments).metrics());
  return (name: string, labels = {}) => valueIn(families, `ext_authz_${name}`, labels);
}

describe('MetricsSink', () => {
  it('observes from arrival to decision, in seconds', async () => {
    const read = await readOf(settled(undefined, { settledAt: 1_030 }));
    const labels = { result: 'allow', reason: 'success' };
    expect(read('request_duration_seconds_sum', labels)).toBeCloseTo(0.03);
    expect(read('request_duration_seconds_bucket', { ...labels, le: '0.025' })).toBe(0);
    expect(read('request_duration_seconds_bucket', { ...labels, le: '0.05' })).toBe(1);
  });

  it('observes verifications and lookups of the checks that came so far', async () => {
    const verified = { verifyStartedAt: 1_001, verifyEndedAt: 1_003, settledAt: 1_020 };
    const read = await readOf(
      settled(refuse('missing_header')),
      settled(refuse('invalid_token'), verified),
      settled(undefined, { ...verified, lookupStartedAt: 1_003, lookupEndedAt: 1_013 }),
    );
    expect(read('jwt_verify_duration_seconds_count')).toBe(2);
    expect(read('jwt_verify_duration_seconds_sum')).toBeCloseTo(0.004);
    expect(read('redis_lookup_duration_seconds_count')).toBe(1);
    expect(read('redis_lookup_duration_seconds_sum')).toBeCloseTo(0.01);
  });

  it('observes what had not ended up to the decision', async () => {
    const read = await readOf(
      settled(refuse('deadline'), { verifyStartedAt: 1_100, settledAt: 1_150 }),
      settled(refuse('deadline'), { lookupStartedAt: 1_050, settledAt: 1_150 }),
    );
    expect(read('jwt_verify_duration_seconds_sum')).toBeCloseTo(0.05);
    expect(read('redis_lookup_duration_seconds_sum')).toBeCloseTo(0.1);
  });

  it('counts hits of the denylist, and errors by their type', async () => {
    const read = await readOf(
      settled(refuse('blacklisted')),
      settled(refuse('blacklisted')),
      settled(refuse('redis_error')),
      settled(refuse('invalid_token')),
      settled(refuse('missing_header')),
    );
    expect(read('blacklist_hits_total')).toBe(2);
    const types = ['jwt_verify', 'redis', 'keys', 'overload', 'deadline', 'internal'];
    expect(types.map((type) => read('errors_total', { type }))).toEqual([1, 1, 0, 0, 0, 0]);
  });

  it('has what the eight queries of the tuning plan ask for before the first check', async () => {
    const read = await readOf();
    for (const name of ['request', 'jwt_verify', 'redis_lookup']) {
      const labels = name === 'request' ? { result: 'allow', reason: 'success' } : {};
      expect(read(`${name}_duration_seconds_bucket`, { ...labels, le: '+Inf' })).toBe(0);
    }
    expect(read('requests_total', { result: 'allow', reason: 'success' })).toBe(0);
    expect(read('requests_total', { result: 'deny', reason: 'blacklisted' })).toBe(0);
    expect(read('blacklist_hits_total')).toBe(0);
  });
});
