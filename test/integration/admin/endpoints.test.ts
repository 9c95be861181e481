import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sluice, startSluice } from '../../support/sluice.ts';
import { missing } from '../../support/tools.ts';
import { until } from '../../support/until.ts';
import { startValkey, type Valkey } from '../../support/valkey.ts';
import { type Family, parseExposition, valueIn } from '../../unit/admin/exposition.ts';
import { CheckClient, newToken, PATIENCE } from '../process/check-client.ts';

/** Queries of the tuning plan that ask us, as metric and labels. */
const QUERIES: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
  ['p99 Latency', 'ext_authz_request_duration_seconds_bucket', { le: '+Inf' }],
  ['p99 JWT Verify', 'ext_authz_jwt_verify_duration_seconds_bucket', { le: '+Inf' }],
  ['p99 Redis Lookup', 'ext_authz_redis_lookup_duration_seconds_bucket', { le: '+Inf' }],
  ['Success Rate', 'ext_authz_requests_total', { result: 'allow' }],
  ['RPS', 'ext_authz_requests_total', {}],
  ['In-Flight Requests', 'ext_authz_requests_in_flight', {}],
];

/** Beside those of the plan, by the operator's contract. */
const MORE = [
  'ext_authz_errors_total',
  'ext_authz_blacklist_hits_total',
  'ext_authz_cancelled_total',
  'ext_authz_event_loop_lag_seconds',
  'ext_authz_redis_connections',
  'ext_authz_reply_failures_total',
  'ext_authz_sink_failures_total',
  'ext_authz_log_dropped_total',
  'process_cpu_seconds_total',
  'process_resident_memory_bytes',
  'nodejs_eventloop_lag_seconds',
  'nodejs_gc_duration_seconds',
  'nodejs_version_info',
];

describe.skipIf(missing('valkey'))('the admin port', () => {
  let valkey: Valkey;
  let sluice: Sluice;
  beforeAll(async () => {
    valkey = await startValkey();
    sluice = await startSluice({ ...PATIENCE, AUTH_REDIS_URL: valkey.url });
    await until(async () => (await sluice.ready()).status === 200);
  });
  afterAll(async () => {
    await sluice.stop();
    await valkey.stop();
  });

  const scrape = async (): Promise<readonly Family[]> => {
    const response = await fetch(`${sluice.adminUrl}/metrics`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    return parseExposition(await response.text());
  };

  it('has every series that the plan asks for before the first check', async () => {
    const samples = (await scrape()).flatMap((family) => family.samples);
    for (const [query, name, labels] of QUERIES) {
      const found = samples.filter(
        (sample) =>
          sample.name === name &&
          Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
      );
      expect(found.length, query).toBeGreaterThan(0);
      for (const { value } of found) expect(value, query).toBe(0);
    }
  });

  it('has what stands beside them', async () => {
    const names = (await scrape()).map(({ name }) => name);
    for (const name of MORE) expect(names).toContain(name);
    for (const part of ['batch', 'dedup', 'cache', 'queue', 'lookups_in_flight']) {
      expect(
        names.filter((name) => name.startsWith('ext_authz_') && name.includes(part)),
      ).not.toEqual([]);
    }
  });

  it('explains every metric, and has a unit or a kind in every name', async () => {
    for (const { name, help, type } of await scrape()) {
      expect(help, name).not.toBe('');
      if (!name.startsWith('ext_authz_')) continue;
      expect(type === 'counter', name).toBe(name.endsWith('_total'));
    }
  });

  it('counts what was decided', async () => {
    using client = new CheckClient(sluice.grpcPort);
    const token = newToken();
    for (let i = 0; i < 3; i++) expect(await client.reasonFor(token)).toBe('success');
    expect(await client.reasonFor('')).toBe('missing_header');
    const families = await scrape();
    const read = (name: string, labels = {}) => valueIn(families, `ext_authz_${name}`, labels);
    const allow = { result: 'allow', reason: 'success' };
    const deny = { result: 'deny', reason: 'missing_header' };
    expect(read('requests_total', allow)).toBe(3);
    expect(read('requests_total', deny)).toBe(1);
    expect(read('request_duration_seconds_count', allow)).toBe(3);
    expect(read('jwt_verify_duration_seconds_count')).toBe(3);
    expect(read('redis_lookup_duration_seconds_count')).toBe(3);
    expect(read('requests_in_flight')).toBe(0);
  });

  it('takes many scrapes at once, and counts on meanwhile', async () => {
    using client = new CheckClient(sluice.grpcPort);
    const scrapes = Array.from({ length: 40 }, scrape);
    const checks = Array.from({ length: 40 }, () => client.reasonFor(newToken()));
    expect(new Set(await Promise.all(checks))).toEqual(new Set(['success']));
    expect(await Promise.all(scrapes)).toHaveLength(40);
  });

  it.each([
    ['GET', '/health', 200],
    ['HEAD', '/health', 200],
    ['HEAD', '/ready', 200],
    ['HEAD', '/metrics', 200],
    ['GET', '/', 404],
    ['GET', '/dev/revoke', 404],
    ['POST', '/dev/revoke', 405],
    ['POST', '/metrics', 405],
    ['DELETE', '/health', 405],
  ])('answers %s %s with %i', async (method, path, status) => {
    const response = await fetch(sluice.adminUrl + path, { method });
    expect(response.status).toBe(status);
    const body = await response.text();
    if (method === 'HEAD') expect(body).toBe('');
    else expect(body).toMatch(/\n$/);
  });
});
