import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { alerts, recordingRules } from '../../../scripts/lib/alerts.ts';
import { type Prometheus, startPrometheus } from '../../support/prometheus.ts';
import { type Sluice, startSluice } from '../../support/sluice.ts';
import { AUDIENCE, base64url, ISSUER, SECRET } from '../../support/tokens.ts';
import { missing } from '../../support/tools.ts';
import { until } from '../../support/until.ts';
import { startValkey, type Valkey } from '../../support/valkey.ts';
import { CheckClient, newToken, PATIENCE } from '../process/check-client.ts';

const ROOT = join(import.meta.dirname, '../../..');
const RULES = join(ROOT, 'deploy/prometheus/rules.yaml');
const EVERY = '200ms';
const TIMEOUT_MS = 120_000;
const CLIENTS = 4;

/** Queries that have no data here, by panel and legend, and why that is right. */
const RIGHTLY_EMPTY: Readonly<Record<string, string>> = {
  'CPU usage of the pods, in cores: cores': 'there is no kubelet',
  'Memory usage of the pods, in GiB: GiB': 'there is no kubelet',
};

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
  }[];
}

/** By panel and legend; the variables are what Grafana makes of "All". */
function dashboardQueries(): readonly (readonly [name: string, expr: string])[] {
  const text = readFileSync(join(ROOT, 'deploy/grafana/dashboard.json'), 'utf8');
  return (JSON.parse(text) as Dashboard).panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, legendFormat }) => {
      const query = expr
        .replaceAll('$__rate_interval', '1m')
        .replaceAll('$namespace', '.*')
        .replaceAll('$job', '(ext-authz)')
        .replaceAll('$pod', 'ext-authz.*');
      return [`${title}: ${legendFormat}`, query] as const;
    }),
  );
}

/** The series that the alerts are about, as selectors. */
function alertSeries(): readonly (readonly [name: string, expr: string])[] {
  const selector = /[\w:]*(?:ext_authz|process)_[\w:]+(?:\{[^}]*\})?/g;
  return alerts().flatMap(({ alert, expr }) =>
    [...expr.matchAll(selector)].map(([series]) => [`${alert}: ${series}`, series] as const),
  );
}

const recorded = () => recordingRules().map(({ record }) => [record, record] as const);

interface AdapterValues {
  readonly rules: {
    readonly custom: readonly { readonly seriesQuery: string; readonly metricsQuery: string }[];
  };
}

/** What the adapter asks for the autoscaler; `pod`, which Kubernetes knows, is `instance` here. */
function adapterQueries(): readonly (readonly [name: string, expr: string])[] {
  const text = readFileSync(join(ROOT, 'deploy/prometheus/adapter-values.yaml'), 'utf8');
  return (parse(text) as AdapterValues).rules.custom.flatMap(({ seriesQuery, metricsQuery }) => {
    const values = metricsQuery
      .replace('<<.Series>>', seriesQuery.replace(/\{.*/, ''))
      .replace('<<.LabelMatchers>>', 'namespace="auth"')
      .replace('<<.GroupBy>>', 'instance');
    const all = [seriesQuery.replace('pod!=""', 'instance!=""'), values];
    return all.map((query) => [query, query] as const);
  });
}

interface PrometheusConfig {
  readonly scrape_configs: readonly {
    readonly static_configs: readonly { readonly targets: readonly string[] }[];
  }[];
}

/** The one in docs/monitoring.md, but for where things are and how often they are asked. */
function prometheusConfig(target: string): object {
  const doc = readFileSync(join(ROOT, 'docs/monitoring.md'), 'utf8');
  const [, text = ''] = /```yaml\n(.*?)```/s.exec(doc) ?? [];
  const here = text
    .replace('[rules.yaml]', JSON.stringify([RULES]))
    .replace('sluice:9090', target)
    .replace('15s', EVERY);
  const config = parse(here) as PrometheusConfig;
  expect(config.scrape_configs[0]?.static_configs[0]?.targets).toEqual([target]);
  return { global: { evaluation_interval: EVERY }, ...config };
}

/** Everything on: a policy, keys that are read from a file, workers, traces that go nowhere. */
async function startAll(folder: string, valkey: Valkey): Promise<Sluice> {
  const keys = { keys: [{ kty: 'oct', alg: 'HS256', k: base64url(SECRET) }] };
  await writeFile(join(folder, 'keys.json'), JSON.stringify(keys));
  const issuer = {
    ...{ issuer: ISSUER, keys: { jwks_file: 'keys.json' } },
    ...{ algorithms: ['HS256'], audiences: [AUDIENCE] },
  };
  const policy = join(folder, 'policy.yaml');
  await writeFile(policy, JSON.stringify({ version: 1, issuers: [issuer] }));
  return startSluice({
    ...PATIENCE,
    ...{ AUTH_REDIS_URL: valkey.url, AUTH_POLICY_FILE: policy, WORKERS: '2' },
    ...{ AUTH_ISSUER: '', AUTH_AUDIENCE: '', AUTH_SECRET_KEY: '' },
    ...{ OTEL_ENABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: '127.0.0.1:1' },
    LOG_MAX_PER_SEC: '1',
  });
}

describe.skipIf(missing('valkey', 'prometheus'))('a real Prometheus', () => {
  let started: AsyncDisposableStack;
  let prometheus: Prometheus;
  let clients: readonly CheckClient[];
  beforeAll(async () => {
    await using starting = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), 'sluice-monitoring-'));
    starting.defer(() => rm(folder, { recursive: true }));
    const sluice = starting.use(await startAll(folder, starting.use(await startValkey())));
    await until(async () => (await sluice.ready()).status === 200);
    prometheus = starting.use(
      await startPrometheus(prometheusConfig(new URL(sluice.adminUrl).host)),
    );
    clients = Array.from({ length: CLIENTS }, () => starting.use(new CheckClient(sluice.grpcPort)));
    started = starting.move();
  });
  afterAll(() => started?.disposeAsync());

  const token = newToken();

  /** An allow, a denial and an error over each connection. */
  async function ask(): Promise<void> {
    for (const client of clients) {
      expect(await client.reasonFor(token)).toBe('success');
      expect(await client.reasonFor('garbage')).toBe('invalid_token');
      const slip = await client.ask({ contextExtensions: { 'sluice.slip': '' } });
      expect(slip.dynamicMetadata.reason).toBe('misconfigured');
    }
  }

  /** Those that have no data, while checks go on, for as long as that is not as expected. */
  async function emptyOf(
    queries: readonly (readonly [name: string, expr: string])[],
    expected: readonly string[] = [],
  ): Promise<readonly string[]> {
    let empty: readonly string[] = [];
    const isAsExpected = async () => {
      await ask();
      const answers = await Promise.all(queries.map(([, expr]) => prometheus.query(expr)));
      const hasData = answers.map((samples) => samples.some(({ value }) => !Number.isNaN(value)));
      empty = queries.filter((_, at) => !hasData[at]).map(([name]) => name);
      return empty.join() === expected.join();
    };
    await until(isAsExpected, TIMEOUT_MS / 2).catch((error: Error) => {
      if (!error.message.startsWith('not within')) throw error;
    });
    return empty;
  }

  it('has data for every query of the dashboard', { timeout: TIMEOUT_MS }, async () => {
    const expected = Object.keys(RIGHTLY_EMPTY);
    expect(await emptyOf(dashboardQueries(), expected)).toEqual(expected);
  });

  it('has data for every recording rule', { timeout: TIMEOUT_MS }, async () => {
    expect(await emptyOf(recorded())).toEqual([]);
  });

  it('has data for what the adapter asks', { timeout: TIMEOUT_MS }, async () => {
    expect(await emptyOf(adapterQueries())).toEqual([]);
  });

  it('has every series that an alert is about', { timeout: TIMEOUT_MS }, async () => {
    expect(await emptyOf(alertSeries())).toEqual([]);
  });

  it('shows what was done: errors, of which an alert tells', { timeout: TIMEOUT_MS }, async () => {
    await ask();
    const firing = async (alert: string) =>
      (await prometheus.query(`ALERTS{alertname="${alert}",alertstate="firing"}`)).length;
    await until(async () => (await firing('SluiceMisconfigured')) === 1, TIMEOUT_MS / 2);
    await until(async () => (await firing('SluiceErrorBudgetBurnsFast')) === 1, TIMEOUT_MS / 2);
    expect(await firing('SluiceAbsent')).toBe(0);
    const [share] = await prometheus.query('namespace_job:ext_authz_request_errors:ratio_rate5m');
    expect(share?.metric).toMatchObject({ namespace: 'auth', job: 'ext-authz' });
    expect(share?.value).toBeCloseTo(1 / 3, 1);
  });
});
