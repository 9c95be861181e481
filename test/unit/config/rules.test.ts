import { describe, expect, it } from 'vitest';
import type { Environment } from '../../../src/config/read.ts';
import { GO_MANIFEST } from '../../support/go-service.ts';
import { checkNothing, faultsOf, read } from './environment.ts';

const file = import.meta.filename;

describe('contradictions', () => {
  it.each<[Environment, string]>([
    [
      { REDIS_POOL_SIZE: '4', REDIS_MIN_IDLE_CONNS: '5' },
      'REDIS_MIN_IDLE_CONNS cannot be 5 with REDIS_POOL_SIZE at 4; it must not be the larger of the two',
    ],
    [
      { BATCH_MAX_IN_FLIGHT: '5' },
      'BATCH_MAX_IN_FLIGHT cannot be 5 with REDIS_POOL_SIZE at 4; it must not be the larger of the two',
    ],
    [{ GRPC_TLS_CERT_FILE: file }, 'GRPC_TLS_KEY_FILE is not set; GRPC_TLS_CERT_FILE needs it'],
    [{ GRPC_TLS_KEY_FILE: file }, 'GRPC_TLS_CERT_FILE is not set; GRPC_TLS_KEY_FILE needs it'],
    [
      { GRPC_TLS_CLIENT_CA_FILE: file },
      'GRPC_TLS_CERT_FILE is not set; GRPC_TLS_CLIENT_CA_FILE needs it',
    ],
    [
      { MAX_QUEUE_MS: '151' },
      'MAX_QUEUE_MS cannot be 151 with CHECK_BUDGET_MS at 150; it must not be the larger of the two',
    ],
    [
      { STALE_MAX_SEC: '60' },
      'STALE_MAX_SEC has no use with OUTAGE_POLICY at deny; leave it out, or make that stale',
    ],
    [{ AUTH_GRPC_PORT: '9090' }, 'AUTH_GRPC_PORT and AUTH_METRICS_PORT cannot both be 9090'],
    [
      { OTEL_ENABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: 'grpc://collector:4317' },
      'OTEL_EXPORTER_OTLP_ENDPOINT cannot be grpc://collector:4317; it must be host:port or a URL',
    ],
  ])('of %j are one line', async (env, fault) => {
    expect(await faultsOf(env)).toEqual([fault]);
  });

  it.each<[Environment]>([
    [{ REDIS_POOL_SIZE: '5', REDIS_MIN_IDLE_CONNS: '5', BATCH_MAX_IN_FLIGHT: '5' }],
    [{ AUTH_GRPC_PORT: '0', AUTH_METRICS_PORT: '0' }],
    [{ OUTAGE_POLICY: 'stale', STALE_MAX_SEC: '60' }],
    [{ CHECK_BUDGET_MS: '40' }],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'grpc://collector:4317' }],
    [{ GRPC_TLS_CERT_FILE: file, GRPC_TLS_KEY_FILE: file, GRPC_TLS_CLIENT_CA_FILE: file }],
  ])('are none of %j', async (env) => {
    expect(await faultsOf(env, checkNothing)).toEqual([]);
  });
});

describe('capped', () => {
  it.each<[Environment, string, number]>([
    [{ REDIS_POOL_SIZE: '500' }, 'REDIS_POOL_SIZE', 64],
    [{ REDIS_POOL_TIMEOUT_MS: '2000' }, 'REDIS_POOL_TIMEOUT_MS', 150],
    [{ REDIS_READ_TIMEOUT_MS: '1000' }, 'REDIS_READ_TIMEOUT_MS', 150],
    [{ REDIS_WRITE_TIMEOUT_MS: '151' }, 'REDIS_WRITE_TIMEOUT_MS', 150],
  ])('lowers %j with one warning', async (env, name, to) => {
    const { settings, warnings } = await read(env);
    expect(settings).toMatchObject({ [name]: to });
    expect(warnings).toEqual([expect.stringMatching(`^${name} is ${to} instead of \\d+: .+`)]);
  });

  it('warns of each that was given, and of none that was not', async () => {
    const { settings, warnings } = await read({
      ...{ CHECK_BUDGET_MS: '40', REDIS_READ_TIMEOUT_MS: '50' },
    });
    expect(settings).toMatchObject({ REDIS_READ_TIMEOUT_MS: 40, MAX_QUEUE_MS: 40 });
    expect(warnings).toEqual([expect.stringContaining('CHECK_BUDGET_MS (40)')]);
  });

  it('keeps the pool at least as large as what must be idle in it', async () => {
    const env = { REDIS_POOL_SIZE: '500', REDIS_MIN_IDLE_CONNS: '200', BATCH_MAX_IN_FLIGHT: '64' };
    const { settings } = await read(env);
    expect(settings.REDIS_MIN_IDLE_CONNS).toBeLessThanOrEqual(settings.REDIS_POOL_SIZE);
    expect(settings.BATCH_MAX_IN_FLIGHT).toBeLessThanOrEqual(settings.REDIS_POOL_SIZE);
  });

  it('leaves alone what is at the limit', async () => {
    const env = { REDIS_POOL_SIZE: '64', REDIS_READ_TIMEOUT_MS: '150', MAX_QUEUE_MS: '150' };
    expect((await read(env)).warnings).toEqual([]);
  });
});

/** And the two settings that have to be added. */
const GO_SERVICE = {
  ...GO_MANIFEST,
  AUTH_REDIS_URL: 'redis://:pass@redis.example:6379/0',
  AUTH_SECRET_KEY: 'the secret that the Go service and the issuer share',
  AUTH_ISSUER: 'https://issuer.example',
  AUTH_AUDIENCE: 'api,web',
};

describe('the environment of the Go service', () => {
  it('is read, with one warning for each setting that is capped or not used', async () => {
    const { warnings } = await read(GO_SERVICE);
    expect(warnings.map((warning) => warning.split(' ', 1)[0])).toEqual([
      'REDIS_POOL_TIMEOUT_MS',
      'REDIS_READ_TIMEOUT_MS',
      'REDIS_WRITE_TIMEOUT_MS',
      'REDIS_POOL_SIZE',
      'REDIS_MIN_IDLE_CONNS',
      'LOCAL_CACHE_ENABLED',
      'LOCAL_CACHE_CLEANUP_INTERVAL',
      'AMQP_URL',
      'GOMAXPROCS',
    ]);
  });

  it('means what it meant', async () => {
    const { settings } = await read(GO_SERVICE);
    expect(settings).toMatchObject({
      LOG_LEVEL: 'debug',
      OTEL_ENABLED: true,
      OTEL_SAMPLING_RATE: 1,
      AUTH_AUDIENCE: ['api', 'web'],
      CORS_ALLOWED_ORIGINS: ['https://app.example', 'http://localhost:3000'],
    });
  });

  it('lacks the issuer and the audience, and nothing else', async () => {
    const faults = await faultsOf({ ...GO_SERVICE, AUTH_ISSUER: '', AUTH_AUDIENCE: '' });
    expect(faults.map((fault) => fault.split(' ', 1)[0])).toEqual(['AUTH_ISSUER', 'AUTH_AUDIENCE']);
  });
});
