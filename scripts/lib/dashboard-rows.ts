/** A metric that every Sluice has from its start. */
export const EVERYTHING = 'ext_authz_requests_in_flight';

type Query = readonly [legend: string, expr: string];

export interface PanelSpec {
  readonly title: string;
  /** One of Grafana's. */
  readonly unit: string;
  /** Drawn as a line: where an alert begins, or the target ends. */
  readonly limit?: number;
  readonly queries: readonly Query[];
}

interface RowSpec {
  readonly title: string;
  readonly panels: readonly PanelSpec[];
}

/** What the variables of the dashboard select. */
function of(metric: string, matchers = ''): string {
  const more = matchers === '' ? '' : `,${matchers}`;
  return `ext_authz_${metric}{${SELECTED}${more}}`;
}
const SELECTED = 'namespace=~"$namespace",job=~"$job"';

const rateOf = (series: string, over = '$__rate_interval') => `rate(${series}[${over}])`;
const sumOf = (series: string, by = '') => `sum${by && ` by (${by})`} (${series})`;
const perSec = (metric: string, by = '', matchers = '') => sumOf(rateOf(of(metric, matchers)), by);
const share = (part: string, whole: string) => `${part} / ${whole}`;

function quantile(q: number, metric: string, by = '', over?: string): string {
  const labels = by === '' ? 'le' : `${by}, le`;
  return `histogram_quantile(${q}, ${sumOf(rateOf(of(`${metric}_bucket`), over), labels)})`;
}

const quantiles = (metric: string): readonly Query[] => [
  ['p50', quantile(0.5, metric)],
  ['p99', quantile(0.99, metric)],
];

const one = (title: string, unit: string, legend: string, expr: string, limit?: number) => ({
  ...{ title, unit, queries: [[legend, expr]] as const },
  ...(limit !== undefined && { limit }),
});

/** Without those of a whole pod, which count its containers once more. */
const container = (metric: string) =>
  `container_${metric}{namespace=~"$namespace",pod=~"$pod",container!=""}`;

const P99_TARGET_SEC = 0.05;
const MEMORY_TARGET_GIB = 100 / 1024;

/** Over 5 minutes, as the alerts. */
const overview: readonly PanelSpec[] = [
  one(
    'p99 latency',
    's',
    'p99',
    quantile(0.99, 'request_duration_seconds', '', '5m'),
    P99_TARGET_SEC,
  ),
  one('p99 JWT verify', 's', 'p99', quantile(0.99, 'jwt_verify_duration_seconds', '', '5m')),
  one('p99 Redis lookup', 's', 'p99', quantile(0.99, 'redis_lookup_duration_seconds', '', '5m')),
  one(
    'Success rate: allows, of all checks',
    'percent',
    'allow',
    `${share(
      sumOf(rateOf(of('requests_total', 'result="allow"'), '5m')),
      sumOf(rateOf(of('requests_total'), '5m')),
    )} * 100`,
  ),
  one(
    'CPU usage of the pods, in cores',
    'short',
    'cores',
    sumOf(rateOf(container('cpu_usage_seconds_total'), '5m')),
  ),
  one(
    'Memory usage of the pods, in GiB',
    'short',
    'GiB',
    `${sumOf(container('memory_working_set_bytes'))} / 1024 / 1024 / 1024`,
    MEMORY_TARGET_GIB,
  ),
  one('RPS', 'reqps', 'checks', sumOf(rateOf(of('requests_total'), '5m'))),
  one('In-flight requests', 'short', '{{instance}}', of('requests_in_flight')),
];

const decisions: readonly PanelSpec[] = [
  one('By result', 'reqps', '{{result}}', perSec('requests_total', 'result')),
  one('By reason', 'reqps', '{{reason}}', perSec('requests_total', 'result, reason')),
  one(
    'Share of errors',
    'percentunit',
    'errors',
    share(perSec('requests_total', '', 'result="error"'), perSec('requests_total')),
    0.001,
  ),
  one('What failed', 'reqps', '{{type}}', perSec('errors_total', 'type')),
];

const latency: readonly PanelSpec[] = [
  { title: 'Request', unit: 's', queries: quantiles('request_duration_seconds') },
  { title: 'Verify', unit: 's', queries: quantiles('jwt_verify_duration_seconds') },
  { title: 'Lookup', unit: 's', queries: quantiles('redis_lookup_duration_seconds') },
  one('Queue, p99', 's', '{{waits_for}}', quantile(0.99, 'queue_delay_seconds', 'waits_for')),
];

const batches: readonly PanelSpec[] = [
  {
    title: 'Checks per lookup',
    unit: 'short',
    queries: [
      ['mean', share(perSec('batch_size_sum'), perSec('batch_size_count'))],
      ['p99', quantile(0.99, 'batch_size')],
    ],
  },
  { title: 'Wait of the oldest', unit: 's', queries: quantiles('batch_wait_seconds') },
  {
    title: 'Lookups',
    unit: 'ops',
    queries: [
      ['lookups a second', perSec('batch_size_count')],
      ['ids not asked twice a second', perSec('lookup_deduplicated_total')],
    ],
  },
  one('Lookups in flight', 'short', '{{instance}}', of('lookups_in_flight')),
];

const caches: readonly PanelSpec[] = [
  one(
    'Verified tokens: hits',
    'percentunit',
    'hits',
    share(
      perSec('token_cache_lookups_total', '', 'outcome="hit"'),
      perSec('token_cache_lookups_total'),
    ),
  ),
  one('Verified tokens kept', 'short', '{{instance}}', of('token_cache_entries')),
  one('Their size', 'bytes', '{{instance}}', of('token_cache_bytes')),
  one('Evictions', 'ops', 'evicted', perSec('token_cache_evictions_total')),
];

const overload: readonly PanelSpec[] = [
  {
    title: 'In flight, and the limit',
    unit: 'short',
    queries: [
      ['in flight', sumOf(of('requests_in_flight'))],
      ['limit', sumOf(of('concurrency_limit'))],
    ],
  },
  one('Refused', 'reqps', '{{reason}}', perSec('requests_total', 'reason', 'reason="overload"')),
  one('Came to their deadline', 'reqps', '{{stage}}', perSec('expired_total', 'stage')),
  one('Cancelled by the caller', 'reqps', '{{stage}}', perSec('cancelled_total', 'stage')),
  one('gRPC connections', 'short', '{{instance}}', of('connections')),
  one('Refused by the transport', 'ops', '{{class}}', perSec('transport_refused_total', 'class')),
];

const redis: readonly PanelSpec[] = [
  one('Connections', 'short', '{{state}}', sumOf(of('redis_connections'), 'state')),
  one(
    'Checks without an answer',
    'reqps',
    '{{type}}',
    perSec('errors_total', 'type', 'type="redis"'),
  ),
  one(
    'Tokens that pass without one',
    'reqps',
    '{{reason}}',
    perSec('requests_total', 'reason', 'reason=~"stale_verdict|unchecked"'),
  ),
  one('Revoked tokens presented', 'reqps', 'revoked', perSec('blacklist_hits_total')),
];

const keysAndPolicy: readonly PanelSpec[] = [
  one('Keys in use', 'short', '{{issuer}}', `max by (issuer) (${of('keys')})`),
  one('Age of the keys', 's', '{{issuer}}', `max by (issuer) (${of('keys_age_seconds')})`, 7200),
  {
    title: 'Fetches and searches of keys',
    unit: 'ops',
    queries: [
      ['fetch, {{outcome}}', perSec('key_fetches_total', 'outcome')],
      ['search, {{outcome}}', perSec('key_searches_total', 'outcome')],
    ],
  },
  one(
    'Changes of the policy in an hour',
    'short',
    '{{outcome}}',
    sumOf(`increase(${of('policy_reloads_total')}[1h])`, 'outcome'),
  ),
];

const processes: readonly PanelSpec[] = [
  one(
    'Parts of /ready: 1 is ok',
    'short',
    '{{component}}',
    `min by (component) (${of('component_healthy')})`,
  ),
  one('CPU', 'short', '{{instance}}', rateOf(`process_cpu_seconds_total{${SELECTED}}`)),
  {
    title: 'Memory',
    unit: 'bytes',
    queries: [
      ['resident, {{instance}}', `process_resident_memory_bytes{${SELECTED}}`],
      ['heap, {{instance}}', `nodejs_heap_size_used_bytes{${SELECTED}}`],
    ],
  },
  one(
    'Garbage collection, share of the time',
    'percentunit',
    '{{kind}}',
    sumOf(rateOf(`nodejs_gc_duration_seconds_sum{${SELECTED}}`), 'kind'),
  ),
  one('Event-loop lag', 's', '{{instance}}', of('event_loop_lag_seconds'), 0.05),
  one(
    'CPU per check',
    's',
    'CPU',
    `${sumOf(
      `${rateOf(`process_cpu_seconds_total{${SELECTED}}`)} and ${of('requests_in_flight')}`,
    )} / ${perSec('requests_total')}`,
  ),
  {
    title: 'Workers',
    unit: 'short',
    queries: [
      ['serving', sumOf(of('workers'))],
      ['replaced in an hour', sumOf(`increase(${of('worker_restarts_total')}[1h])`)],
    ],
  },
  {
    title: 'Lost while observing',
    unit: 'ops',
    queries: [
      ['lines not logged', perSec('log_dropped_total')],
      ['lines lost', perSec('log_lost_total')],
      ['spans, {{cause}}', perSec('spans_lost_total', 'cause')],
      ['sink failures, {{sink}}', perSec('sink_failures_total', 'sink')],
      ['reply failures', perSec('reply_failures_total')],
    ],
  },
];

/** From top to bottom. */
export const rows: readonly RowSpec[] = [
  { title: 'Overview', panels: overview },
  { title: 'Decisions', panels: decisions },
  { title: 'Latency by stage', panels: latency },
  { title: 'Batches', panels: batches },
  { title: 'Caches', panels: caches },
  { title: 'Overload', panels: overload },
  { title: 'Redis', panels: redis },
  { title: 'Keys and policy', panels: keysAndPolicy },
  { title: 'Processes', panels: processes },
];
