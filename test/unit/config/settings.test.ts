import { describe, expect, it } from 'vitest';
import { infoOf, settingInfos } from '../../../src/config/setting-info.ts';
import { NOT_USED, type SettingName } from '../../../src/config/settings.ts';
import { ALGORITHMS } from '../../../src/jwt/algorithms.ts';
import { checkNothing, faultsOf, read } from './environment.ts';

const REQUIRED = Symbol('required');

/** The operator's contract: every setting, and what it is when it is not given. */
const CONTRACT: Readonly<Record<SettingName, unknown>> = {
  AUTH_GRPC_PORT: 50051,
  AUTH_METRICS_PORT: 9090,
  BIND_ADDRESS: '0.0.0.0',
  GRPC_UNIX_SOCKET: undefined,
  AUTH_REDIS_URL: REQUIRED,
  REDIS_SENTINEL_PASSWORD: undefined,
  AUTH_ALGORITHM: 'HS256',
  AUTH_SECRET_KEY: REQUIRED,
  AUTH_SECRET_KEY_PREVIOUS: undefined,
  AUTH_JWKS: undefined,
  AUTH_JWKS_ALLOW_HTTP: false,
  KEYS_STALE_MAX_SEC: 86_400,
  KEYS_CACHE_FILE: undefined,
  AUTH_ISSUER: REQUIRED,
  AUTH_AUDIENCE: REQUIRED,
  AUTH_POLICY_FILE: undefined,
  AUTH_CLOCK_SKEW_SEC: 5,
  REVOCATION_TTL_MARGIN_SEC: 0,
  AUTH_MAX_TOKEN_LIFETIME_SEC: 0,
  AUTH_REQUIRED_SCOPE: [],
  CORS_ALLOWED_ORIGINS: [],
  REVOKED_HTTP_STATUS: 403,
  FAILURE_SIGNAL: 'denied',
  REDIS_POOL_SIZE: 4,
  REDIS_MIN_IDLE_CONNS: 1,
  REDIS_POOL_TIMEOUT_MS: 100,
  REDIS_READ_TIMEOUT_MS: 100,
  REDIS_WRITE_TIMEOUT_MS: 100,
  REDIS_ON_REPLICA: 'refuse',
  REDIS_ON_EVICTION: 'refuse',
  REVOCATION_KEY_PREFIX: 'blacklist:',
  GRPC_MAX_CONCURRENT_STREAMS: 100,
  GRPC_NUM_STREAM_WORKERS: 256,
  GRPC_MAX_CONNECTION_AGE_MS: 300_000,
  GRPC_MAX_CONNECTIONS: 1024,
  GRPC_TLS_CERT_FILE: undefined,
  GRPC_TLS_KEY_FILE: undefined,
  GRPC_TLS_CLIENT_CA_FILE: undefined,
  TRANSPORT: 'http2',
  MAX_IN_FLIGHT: 2_000,
  MAX_QUEUE_MS: 50,
  LATENCY_TARGET_MS: 5,
  CHECK_BUDGET_MS: 150,
  BATCH_MAX_SIZE: 512,
  BATCH_MAX_IN_FLIGHT: 1,
  BATCH_MAX_AGE_MS: 5,
  TOKEN_CACHE_MAX_ENTRIES: 50_000,
  TOKEN_CACHE_MAX_BYTES: 32 * 1024 * 1024,
  WORKERS: 'auto',
  DRAIN_DELAY_MS: 5000,
  DRAIN_TIMEOUT_MS: 10_000,
  OUTAGE_POLICY: 'deny',
  STALE_MAX_SEC: 60,
  READY_REQUIRES_REDIS: false,
  SHADOW_MODE: false,
  LOG_LEVEL: 'info',
  LOG_ALLOW_SAMPLE: 0,
  LOG_MAX_PER_SEC: 100,
  ENVIRONMENT: 'production',
  OTEL_ENABLED: false,
  OTEL_SAMPLING_RATE: 1,
  OTEL_SERVICE_NAME: 'ext-authz',
  OTEL_RESOURCE_ATTRIBUTES: undefined,
  OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4317',
  OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
  OTEL_EXPORTER_OTLP_TIMEOUT: 3000,
};

const names = Object.keys(CONTRACT) as SettingName[];
const required = names.filter((name) => CONTRACT[name] === REQUIRED);
const optional = names.filter((name) => CONTRACT[name] !== REQUIRED);

describe('the settings', () => {
  it('are those of the contract', () => {
    expect(settingInfos.map(({ name }) => name)).toEqual(names);
  });

  it.each(required)('%s has no default', (name) => {
    expect(infoOf.get(name)).toMatchObject({ required: true, fallback: undefined });
  });

  it.each(optional)('%s has its default', async (name) => {
    const { settings } = await read();
    expect(settings[name]).toEqual(CONTRACT[name]);
    expect(infoOf.get(name)).toMatchObject({ required: false, fallback: CONTRACT[name] });
  });
});

/** One value of every kind that is refused, and the words that say what is allowed. */
const BAD: readonly (readonly [SettingName, string, string])[] = [
  ['AUTH_GRPC_PORT', '65536', 'an integer from 0 to 65535'],
  ['AUTH_METRICS_PORT', 'http', 'an integer from 0 to 65535'],
  ['BIND_ADDRESS', '127.0.0.1/8', 'an IP address or host name'],
  ['GRPC_UNIX_SOCKET', 'sluice.sock', 'an absolute path'],
  ['AUTH_ALGORITHM', 'none', 'one of HS256, '],
  ['AUTH_ALGORITHM', 'ES256K', 'one of HS256, '],
  ['AUTH_AUDIENCE', ' , ', 'separated by commas'],
  ['AUTH_CLOCK_SKEW_SEC', '301', 'an integer of seconds from 0 to 300'],
  ['AUTH_CLOCK_SKEW_SEC', '5s', 'an integer of seconds from 0 to 300'],
  ['REVOCATION_TTL_MARGIN_SEC', '-1', 'an integer of seconds from 0 to 300'],
  ['AUTH_MAX_TOKEN_LIFETIME_SEC', '1e9', 'an integer of seconds'],
  ['AUTH_REQUIRED_SCOPE', 'read "write"', 'scope names, separated by spaces'],
  ['CORS_ALLOWED_ORIGINS', '*', 'origins such as https://app.example'],
  ['CORS_ALLOWED_ORIGINS', 'https://app.example/', 'origins such as https://app.example'],
  ['CORS_ALLOWED_ORIGINS', 'app.example', 'origins such as https://app.example'],
  ['CORS_ALLOWED_ORIGINS', 'null', 'origins such as https://app.example'],
  ['REVOKED_HTTP_STATUS', '404', '401 or 403'],
  ['FAILURE_SIGNAL', 'allow', 'one of denied, error_response, grpc_status'],
  ['REDIS_POOL_SIZE', '0', 'an integer from 1 to 10000'],
  ['REDIS_MIN_IDLE_CONNS', '-1', 'an integer from 0 to 10000'],
  ['REDIS_POOL_TIMEOUT_MS', '0', 'an integer of milliseconds from 1 to 60000'],
  ['REDIS_READ_TIMEOUT_MS', '1s', 'an integer of milliseconds from 1 to 60000'],
  ['REDIS_WRITE_TIMEOUT_MS', '60001', 'an integer of milliseconds from 1 to 60000'],
  ['REVOCATION_KEY_PREFIX', 'black list:', 'printable ASCII without spaces'],
  ['GRPC_MAX_CONCURRENT_STREAMS', '0', 'an integer from 1 to 100000'],
  ['GRPC_NUM_STREAM_WORKERS', '0', 'an integer from 1 to 1024'],
  ['GRPC_MAX_CONNECTION_AGE_MS', '5m', 'an integer of milliseconds from 0 to 86400000'],
  ['GRPC_MAX_CONNECTIONS', '0', 'an integer from 1 to 65536'],
  ['GRPC_TLS_CERT_FILE', '/nowhere/cert.pem', 'the path of a file that can be read'],
  ['GRPC_TLS_KEY_FILE', '/nowhere/key.pem', 'the path of a file that can be read'],
  ['GRPC_TLS_CLIENT_CA_FILE', '/nowhere/ca.pem', 'the path of a file that can be read'],
  ['TRANSPORT', 'grpc', 'one of http2, grpc-js'],
  ['MAX_IN_FLIGHT', '0', 'an integer from 1 to 1000000'],
  ['MAX_QUEUE_MS', '0', 'an integer of milliseconds from 1 to 60000'],
  ['CHECK_BUDGET_MS', '9', 'an integer of milliseconds from 10 to 60000'],
  ['BATCH_MAX_SIZE', '0', 'an integer from 1 to 10000'],
  ['BATCH_MAX_IN_FLIGHT', '65', 'an integer from 1 to 64'],
  ['BATCH_MAX_AGE_MS', '1001', 'an integer of milliseconds from 0 to 1000'],
  ['TOKEN_CACHE_MAX_ENTRIES', 'all', 'an integer from 0 to 10000000'],
  ['TOKEN_CACHE_MAX_BYTES', '32MiB', 'an integer of bytes from 1048576 to 8589934592'],
  ['WORKERS', '0', 'auto, or an integer from 1 to 64'],
  ['WORKERS', '65', 'auto, or an integer from 1 to 64'],
  ['WORKERS', '1.5', 'auto, or an integer from 1 to 64'],
  ['DRAIN_DELAY_MS', '600001', 'an integer of milliseconds from 0 to 600000'],
  ['DRAIN_TIMEOUT_MS', '10 s', 'an integer of milliseconds from 0 to 600000'],
  ['LATENCY_TARGET_MS', 'low', 'an integer of milliseconds from 0 to 60000'],
  ['REDIS_ON_REPLICA', 'ignore', 'one of refuse, warn'],
  ['REDIS_ON_EVICTION', 'ignore', 'one of refuse, warn'],
  ['OUTAGE_POLICY', 'open', 'one of deny, stale, allow'],
  ['STALE_MAX_SEC', '0', 'an integer of seconds from 1 to 86400'],
  ['READY_REQUIRES_REDIS', 'maybe', 'true or false'],
  ['SHADOW_MODE', 'beside', 'true or false'],
  ['LOG_LEVEL', 'verbose', 'one of debug, info, warn, error'],
  ['LOG_ALLOW_SAMPLE', '1.5', 'a number from 0 to 1'],
  ['LOG_MAX_PER_SEC', '-1', 'an integer from 0 to 1000000'],
  ['ENVIRONMENT', 'my laptop', 'a name'],
  ['OTEL_ENABLED', 'sometimes', 'true or false'],
  ['OTEL_SAMPLING_RATE', '50%', 'a number from 0 to 1'],
  ['OTEL_SERVICE_NAME', 'ext authz', 'a name'],
  ['OTEL_RESOURCE_ATTRIBUTES', 'k8s.pod.name', 'key=value pairs, separated by commas'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'otel collector', 'host:port or an http(s) URL'],
  ['OTEL_EXPORTER_OTLP_PROTOCOL', 'http/json', 'one of grpc, http/protobuf'],
  ['OTEL_EXPORTER_OTLP_TIMEOUT', '0', 'an integer of milliseconds from 1 to 60000'],
];

/** They need one another; any file that can be read will do. */
const TLS = {
  GRPC_TLS_CERT_FILE: import.meta.filename,
  GRPC_TLS_KEY_FILE: import.meta.filename,
  GRPC_TLS_CLIENT_CA_FILE: import.meta.filename,
};

describe('a bad value', () => {
  it('is tried of every setting that has bad ones', () => {
    const tried = new Set(BAD.map(([name]) => name));
    // Any text is an issuer; bad secrets are not shown, and tried in read.test.ts; what stands in
    // place of other settings is tried in identity-rules.test.ts.
    const untried = names.filter((name) => !tried.has(name));
    expect(untried).toEqual([
      ...['AUTH_REDIS_URL', 'REDIS_SENTINEL_PASSWORD'],
      ...['AUTH_SECRET_KEY', 'AUTH_SECRET_KEY_PREVIOUS'],
      ...['AUTH_JWKS', 'AUTH_JWKS_ALLOW_HTTP', 'KEYS_STALE_MAX_SEC', 'KEYS_CACHE_FILE'],
      ...['AUTH_ISSUER', 'AUTH_POLICY_FILE'],
    ]);
  });

  it.each(BAD)(
    'of %s, %j, is one line with the name, the value and what is allowed',
    async (name, value, allowed) => {
      const faults = await faultsOf({ ...TLS, [name]: value }, checkNothing);
      expect(faults).toHaveLength(1);
      expect(faults[0]).toMatch(new RegExp(`^${name} cannot be `));
      expect(faults[0]).toContain(JSON.stringify(value));
      expect(faults[0]).toContain(`; it must be `);
      expect(faults[0]).toContain(allowed);
      expect(faults[0]).not.toContain('\n');
    },
  );
});

it('allows the algorithms that there are', () => {
  expect(infoOf.get('AUTH_ALGORITHM')?.allowed).toBe(`one of ${ALGORITHMS.join(', ')}`);
});

describe('what is not used', () => {
  it('does not name a setting that is', () => {
    for (const name of Object.keys(NOT_USED)) expect(infoOf.has(name)).toBe(false);
  });
});
