import type { LocustRun } from '../../../../bench/locust/result.ts';

/** 1,000 users for a minute, with nothing amiss. */
export function locustRunOf(more: Partial<LocustRun> = {}): LocustRun {
  return {
    ...{ name: '1,000 users, header', users: 1_000, offered: 500, seconds: 59.6 },
    command: 'ACCESS_TOKEN="<token>" locust --users 1000',
    ...{ requests: 27_000, failures: 0, errors: {}, decided: 27_000, envoyP99Ms: 12.3 },
    latencyMs: { p50: 2, p90: 5, p99: 61, p999: 80, max: 95 },
    answers: {
      ...{ p99: 0.0045, jwtP99: 0.0001, redisP99: 0.0041, success: 100 },
      ...{ cpu: 0.13, memory: 0.0936, rps: 458.3, inFlight: 3 },
    },
    history: { stepSec: 2, answers: { rps: [null, 120, 480], p99: [null, 0.02, 0.004] } },
    cores: { locust: 0.25, envoy: 0.28, sluice: 0.15, redis: 0.03, upstream: 0.1, other: 0.01 },
    ...{ busiestLocust: 0.25, machineBusy: 0.41 },
    ...more,
  };
}
