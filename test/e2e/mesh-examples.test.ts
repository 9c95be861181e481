import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { type Edit, PATIENT_SETTINGS } from '../support/envoy-edits.ts';
import { http } from '../support/http.ts';
import { bearer, type Stack, startStack, token } from '../support/stack.ts';
import { missing } from '../support/tools.ts';

/*
 * What deploy/istio and deploy/envoy-gateway say, in an Envoy: in the place of what the example for
 * Envoy says of the same. How it gets there is theirs, and is written down here once more: for Envoy
 * Gateway as `egctl experimental translate` has it, for Istio as its API describes it.
 */

/** As parsed. */
type Json = ReturnType<typeof parse>;

const DEPLOY = join(import.meta.dirname, '../../deploy');
const objects = (file: string): readonly Json[] =>
  parseAllDocuments(readFileSync(join(DEPLOY, file), 'utf8')).map((one) => one.toJS() as Json);
const ofKind = (all: readonly Json[], kind: string): Json =>
  all.find((object) => object.kind === kind)?.spec;

/** A change of the connection manager, its ext_authz filter and the cluster, as parsed. */
const rewrite =
  (change: (manager: Json, authz: Json, cluster: Json) => void): Edit =>
  (yaml) => {
    const { static_resources: all } = parse(yaml) as { static_resources: Json };
    const manager = all.listeners[0].filter_chains[0].filters[0].typed_config as Json;
    const filter = (name: string) => manager.http_filters.find((one: Json) => one.name === name);
    // All that the example itself has of it.
    for (const name of ['headers_with_underscores_action', 'max_stream_duration']) {
      delete manager.common_http_protocol_options[name];
    }
    manager.http_filters.splice(manager.http_filters.indexOf(filter(MUTATION)), 1);
    const { typed_config: authz } = filter(AUTHZ);
    for (const name of ['failure_mode_allow', 'status_on_error']) delete authz[name];
    const [cluster] = all.clusters;
    for (const name of ['circuit_breakers', 'outlier_detection', 'health_checks'])
      delete cluster[name];
    change(manager, authz, cluster);
    return JSON.stringify({ static_resources: all });
  };

const MUTATION = 'envoy.filters.http.header_mutation';
const AUTHZ = 'envoy.filters.http.ext_authz';

const istio = rewrite((manager, authz, cluster) => {
  const all = objects('istio/ext-authz.yaml');
  const { meshConfig } = parse(
    readFileSync(join(DEPLOY, 'istio/istiod-values.yaml'), 'utf8'),
  ) as Json;
  const provider = meshConfig.extensionProviders[0].envoyExtAuthzGrpc;
  authz.grpc_service.timeout = provider.timeout;
  authz.failure_mode_allow = provider.failOpen;
  authz.status_on_error = { code: Number(provider.statusOnError) };
  for (const { applyTo, patch } of ofKind(all, 'EnvoyFilter').configPatches) {
    if (applyTo === 'HTTP_FILTER') manager.http_filters.unshift(patch.value);
    else {
      const { '@type': type, common_http_protocol_options: options } = patch.value.typed_config;
      expect(type).toBe(manager['@type']);
      Object.assign(manager.common_http_protocol_options, options);
    }
  }
  const { connectionPool: pool, outlierDetection: outlier } = ofKind(
    all,
    'DestinationRule',
  ).trafficPolicy;
  cluster.connect_timeout = pool.tcp.connectTimeout;
  cluster.circuit_breakers = {
    thresholds: [
      {
        max_connections: pool.tcp.maxConnections,
        max_pending_requests: pool.http.http1MaxPendingRequests,
        max_requests: pool.http.http2MaxRequests,
      },
    ],
  };
  cluster.outlier_detection = {
    consecutive_gateway_failure: outlier.consecutiveGatewayErrors,
    enforcing_consecutive_gateway_failure: 100,
    consecutive_5xx: outlier.consecutive5xxErrors,
    max_ejection_percent: outlier.maxEjectionPercent,
  };
});

const gateway = rewrite((manager, authz, cluster) => {
  const all = objects('envoy-gateway/ext-authz.yaml');
  const { extAuth } = ofKind(all, 'SecurityPolicy');
  const { headers, path, connection } = ofKind(all, 'ClientTrafficPolicy');
  authz.grpc_service.timeout = `${Number.parseInt(extAuth.timeout, 10) / 1000}s`;
  authz.failure_mode_allow = extAuth.failOpen;
  authz.status_on_error = { code: extAuth.statusOnError };
  manager.early_header_mutation_extensions = [
    {
      name: 'envoy.http.early_header_mutation.header_mutation',
      typed_config: {
        '@type':
          'type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation',
        mutations: headers.earlyRequestHeaders.remove.map((remove: string) => ({ remove })),
      },
    },
  ];
  expect([headers.withUnderscoresAction, path.escapedSlashesAction]).toEqual([
    'RejectRequest',
    'RejectRequest',
  ]);
  Object.assign(manager.common_http_protocol_options, {
    headers_with_underscores_action: 'REJECT_REQUEST',
    max_stream_duration: connection.connectionLimit.maxStreamDuration,
  });
  const { circuitBreaker: breaker, healthCheck } = extAuth.grpc.backendSettings;
  cluster.circuit_breakers = {
    thresholds: [
      {
        max_connections: breaker.maxConnections,
        max_pending_requests: breaker.maxPendingRequests,
        max_requests: breaker.maxParallelRequests,
        max_retries: breaker.maxParallelRetries,
      },
    ],
  };
  const { type: _, grpc, ...active } = healthCheck.active;
  cluster.health_checks = [
    {
      timeout: active.timeout,
      interval: active.interval,
      unhealthy_threshold: active.unhealthyThreshold,
      healthy_threshold: active.healthyThreshold,
      grpc_health_check: { service_name: grpc.service },
    },
  ];
});

describe.skipIf(missing('envoy', 'valkey')).each([
  ['Istio', istio],
  ['Envoy Gateway', gateway],
])('an Envoy as %s makes it', (_, edit) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ settings: PATIENT_SETTINGS, edit });
  });
  afterAll(() => stack?.[Symbol.asyncDispose]());

  const SPOOFED = {
    'x-user-id': 'root',
    'X-Auth-Provider': 'evil',
    'x-envoy-auth-failure-mode-allowed': 'true',
  };
  const ask = (path: string, headers = {}) =>
    http(`${stack.envoy.url()}${path}`, { headers: { ...SPOOFED, ...headers } });

  it('asks Sluice', async () => {
    expect((await ask('/')).status).toBe(401);
    const { status, body } = await ask('/', bearer(token()));
    expect(status).toBe(200);
    expect(JSON.parse(body).headers).toMatchObject({ 'x-user-id': 'user-1' });
  });

  it('lets no identity pass where it does not ask', async () => {
    const { status, body } = await ask('/healthz');
    expect(status).toBe(200);
    expect(Object.keys(JSON.parse(body).headers).join()).not.toMatch(
      /user-id|provider|failure-mode/,
    );
    expect((await ask('/healthz', { x_user_id: 'root' })).status).toBe(400);
  });

  it('says 503 when nobody answers', async () => {
    await stack.sluice.stop();
    expect((await ask('/', bearer(token()))).status).toBe(503);
  });
});
