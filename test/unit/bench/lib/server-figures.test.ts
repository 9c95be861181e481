import { describe, expect, it } from 'vitest';
import { parseMetrics, serverFigures } from '../../../../bench/lib/server-figures.ts';

const before = parseMetrics(`
# HELP ext_authz_batch_size Checks per lookup in the denylist.
ext_authz_batch_size_sum 100
ext_authz_batch_size_count 10
ext_authz_batch_wait_seconds_sum 1
ext_authz_batch_wait_seconds_count 10
ext_authz_redis_lookup_duration_seconds_sum 2
ext_authz_redis_lookup_duration_seconds_count 100
nodejs_gc_duration_seconds_sum{kind="minor"} 0.5
nodejs_gc_duration_seconds_sum{kind="major"} 0.5
nodejs_gc_duration_seconds_bucket{le="0.001",kind="minor"} 1
nodejs_gc_duration_seconds_bucket{le="0.01",kind="minor"} 2
nodejs_gc_duration_seconds_bucket{le="+Inf",kind="minor"} 2
nodejs_eventloop_lag_max_seconds 9
`);
const after = parseMetrics(`
ext_authz_batch_size_sum 300
ext_authz_batch_size_count 60
ext_authz_batch_wait_seconds_sum 1.1
ext_authz_batch_wait_seconds_count 60
ext_authz_redis_lookup_duration_seconds_sum 4.4
ext_authz_redis_lookup_duration_seconds_count 300
nodejs_gc_duration_seconds_sum{kind="minor"} 1
nodejs_gc_duration_seconds_sum{kind="major"} 1
nodejs_gc_duration_seconds_bucket{le="0.001",kind="minor"} 3
nodejs_gc_duration_seconds_bucket{le="0.01",kind="minor"} 5
nodejs_gc_duration_seconds_bucket{le="+Inf",kind="minor"} 5
nodejs_eventloop_lag_max_seconds 0.025
`);

describe('serverFigures', () => {
  it('tells of the time between, and of nothing before it', () => {
    const figures = serverFigures(before, after, 10, 4);
    expect(figures.batchSize).toBeCloseTo(4); // 200 checks in 50 lookups
    expect(figures.lookupMs).toBeCloseTo(12); // 2.4 s over 200
    expect(figures.poolUse).toBeCloseTo((50 * (0.012 - 0.002)) / 10 / 4);
    expect(figures.loopLagMaxMs).toBeCloseTo(15);
    expect(figures.gcShare).toBeCloseTo(0.1);
    expect(figures.gcMaxPauseMs).toBe(10);
  });

  it('has zeros where nothing happened', () => {
    const figures = serverFigures(before, before, 10, 4);
    expect([figures.batchSize, figures.lookupMs, figures.poolUse]).toEqual([0, 0, 0]);
    expect([figures.gcShare, figures.gcMaxPauseMs]).toEqual([0, 0]);
  });
});
