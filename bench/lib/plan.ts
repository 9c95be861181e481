/** What the tuning plan wants after each of its steps. */
export const targets = {
  p99Ms: 50,
  /** Of the throughput before. */
  gain: 1.5,
  /** Share of requests that succeed. */
  success: 0.999,
  /** Share of requests that fail. */
  errors: 0.001,
  /** Of a core. */
  cpu: 0.8,
  memoryMiB: 100,
} as const;

/** What the plan measured before its steps, with 1,000 users. */
export const PLAN_RPS = 450;

export const planQueryNames = [
  'p99',
  'jwtP99',
  'redisP99',
  'success',
  'cpu',
  'memory',
  'rps',
  'inFlight',
] as const;
export type PlanQueryName = (typeof planQueryNames)[number];

export interface PlanQuery {
  readonly title: string;
  /** As the plan has it. */
  readonly expr: string;
  /** What is asked in its place, and why. */
  readonly instead?: { readonly expr: string; readonly why: string };
}

const p99 = (histogram: string) =>
  `histogram_quantile(0.99, sum(rate(ext_authz_${histogram}_bucket[5m])) by (le))`;
const pods = 'namespace="auth", pod=~"ext-authz.*"';

/** The plan's eight queries, in its order. */
export const planQueries: Readonly<Record<PlanQueryName, PlanQuery>> = {
  p99: { title: 'p99 latency', expr: p99('request_duration_seconds') },
  jwtP99: { title: 'p99 JWT verify', expr: p99('jwt_verify_duration_seconds') },
  redisP99: { title: 'p99 Redis lookup', expr: p99('redis_lookup_duration_seconds') },
  success: {
    title: 'success rate',
    expr: 'sum(rate(ext_authz_requests_total{result="allow"}[5m])) / sum(rate(ext_authz_requests_total[5m])) * 100',
  },
  cpu: {
    title: 'CPU usage',
    expr: `sum(rate(container_cpu_usage_seconds_total{${pods}}[5m]))`,
    instead: {
      expr: 'sum(rate(process_cpu_seconds_total[5m]))',
      why: 'there is no container, and so no cAdvisor',
    },
  },
  memory: {
    title: 'memory usage',
    expr: `sum(container_memory_working_set_bytes{${pods}}) / 1024 / 1024 / 1024`,
    instead: {
      expr: 'sum(max_over_time(process_resident_memory_bytes[5m])) / 1024 / 1024 / 1024',
      why: 'the same; the most of the run',
    },
  },
  rps: { title: 'RPS', expr: 'sum(rate(ext_authz_requests_total[5m]))' },
  inFlight: {
    title: 'in-flight requests',
    expr: 'ext_authz_requests_in_flight',
    instead: {
      expr: 'sum(max_over_time(ext_authz_requests_in_flight[5m]))',
      why: 'the most that was seen: at the end of a run there are none',
    },
  },
};

/** The query as it is asked here, over so many seconds and not over the plan's five minutes. */
export function askedOver({ expr, instead }: PlanQuery, seconds: number): string {
  return (instead?.expr ?? expr).replaceAll('[5m]', `[${seconds}s]`);
}
