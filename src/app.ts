import { normalizeOtlpEndpoint } from './config/otlp-endpoint.ts';
import type { Settings } from './config/settings.ts';
import type { Requirement } from './domain/claims.ts';
import type { Clock } from './domain/clock.ts';
import type { Instrument } from './domain/instrument.ts';
import type { CheckSource, Component, OutcomeSink, RevocationStore } from './domain/ports.ts';
import { type CryptoKey, ImportedKeys, type KeyMaterial } from './jwt/keys.ts';
import { TokenCache } from './jwt/token-cache.ts';
import { JwtVerifier } from './jwt/verifier.ts';
import { LoopMonitor } from './lifecycle/loop-monitor.ts';
import { ReadinessMonitor } from './lifecycle/readiness.ts';
import { Service } from './lifecycle/service.ts';
import { createPipeline, type PipelineOptions } from './pipeline/index.ts';
import { Pool } from './revocation/redis/pool.ts';
import { RedisRevocations } from './revocation/redis/store.ts';
import { type ClosableLogger, createLogger } from './sinks/log/logger.ts';
import { LogSink } from './sinks/log/sink.ts';
import { MetricsSink } from './sinks/metrics.ts';
import { ReplySink } from './sinks/reply.ts';
import { createTraceSink } from './sinks/trace/sink.ts';
import { GrpcJsSource } from './sources/grpc-js/source.ts';
import { version } from './version.ts';

/** A denylist and all that keeps it going. */
export interface Denylist {
  readonly store: RevocationStore;
  readonly instruments: readonly Instrument[];
  component(): Component;
  start(): void;
  stop(): Promise<void>;
}

export interface ServiceContext {
  readonly denylist: Denylist;
  readonly clock: Clock;
  readonly logger: ClosableLogger;
  /** Whether gRPC clients may ask what is served. */
  readonly reflection: boolean;
}

const keys = new ImportedKeys();

/** Joins the parts that the settings name. Rejects when the key cannot be used. */
export async function createService(
  settings: Settings,
  { denylist, clock, logger, reflection }: ServiceContext,
): Promise<Service> {
  const tokens = new TokenCache({
    maxEntries: settings.TOKEN_CACHE_MAX_ENTRIES,
    maxBytes: settings.TOKEN_CACHE_MAX_BYTES,
  });
  const verifier = new JwtVerifier(
    settings.AUTH_ALGORITHM,
    await importKey(settings),
    claimRules(settings),
    tokens,
    clock,
  );
  const loop = new LoopMonitor(clock);
  const readiness = new ReadinessMonitor(
    { required: settings.READY_REQUIRES_REDIS ? [loop.component.name, 'redis'] : ['event_loop'] },
    () => [denylist.component(), loop.component],
    clock,
  );
  const { sinks, instruments } = await createSinks(settings, logger, clock);
  const requirement = requirementOf(settings);
  const pipeline = createPipeline(pipelineOptions(settings), {
    policy: { resolve: () => requirement },
    verifier,
    revocations: denylist.store,
    sinks,
    clock,
  });
  return new Service({
    source: createSource(settings, readiness, clock, logger, reflection),
    pipeline,
    sinks,
    readiness,
    loop,
    instruments: [
      ...instruments,
      ...logger.instruments,
      ...pipeline.instruments,
      ...tokens.instruments,
      ...denylist.instruments,
      ...loop.instruments,
    ],
    backends: denylist,
    clock,
  });
}

export function createAppLogger(settings: Settings): ClosableLogger {
  return createLogger({
    level: settings.LOG_LEVEL,
    serviceName: settings.OTEL_SERVICE_NAME,
    serviceVersion: version,
    environment: settings.ENVIRONMENT,
  });
}

/** Whether AUTH_SECRET_KEY is a key for the algorithm: a fault of the settings like any other. */
export async function checkKey(settings: Partial<Settings>): Promise<readonly string[]> {
  const { AUTH_ALGORITHM, AUTH_SECRET_KEY } = settings;
  if (AUTH_ALGORITHM === undefined || AUTH_SECRET_KEY === undefined) return [];
  try {
    await importKey({ AUTH_ALGORITHM, AUTH_SECRET_KEY });
    return [];
  } catch (error) {
    return [`AUTH_SECRET_KEY: ${(error as Error).message}`];
  }
}

function importKey({
  AUTH_ALGORITHM: algorithm,
  AUTH_SECRET_KEY: text,
}: Pick<Settings, 'AUTH_ALGORITHM' | 'AUTH_SECRET_KEY'>): Promise<CryptoKey> {
  // A PEM passed as one line of environment has its line ends spelled out.
  const material: KeyMaterial = text.includes('-----BEGIN ')
    ? { kind: 'public', pem: text.replaceAll('\\n', '\n') }
    : { kind: 'secret', bytes: Buffer.from(text) };
  return keys.import(algorithm, material);
}

export function createRedisDenylist(
  settings: Settings,
  clock: Clock,
  logger: ClosableLogger,
): Denylist {
  const prefix = settings.REVOCATION_KEY_PREFIX;
  const pool = new Pool(
    {
      address: settings.AUTH_REDIS_URL,
      size: settings.REDIS_POOL_SIZE,
      minIdle: settings.REDIS_MIN_IDLE_CONNS,
      readTimeoutMs: settings.REDIS_READ_TIMEOUT_MS,
      writeTimeoutMs: settings.REDIS_WRITE_TIMEOUT_MS,
      probeKey: `${prefix}sluice-probe`,
    },
    clock,
    logger,
  );
  return {
    store: new RedisRevocations(pool, prefix, clock),
    instruments: pool.instruments,
    component: () => pool.component,
    start: () => pool.start(),
    stop: () => pool.stop(),
  };
}

function createSource(
  settings: Settings,
  readiness: ReadinessMonitor,
  clock: Clock,
  logger: ClosableLogger,
  reflection: boolean,
): CheckSource {
  const { GRPC_TLS_CERT_FILE: certFile, GRPC_TLS_KEY_FILE: keyFile } = settings;
  const clientCaFile = settings.GRPC_TLS_CLIENT_CA_FILE;
  const options = {
    host: settings.BIND_ADDRESS,
    port: settings.AUTH_GRPC_PORT,
    maxConcurrentStreams: settings.GRPC_MAX_CONCURRENT_STREAMS,
    budgetMs: settings.CHECK_BUDGET_MS,
    maxConnectionAgeMs: settings.GRPC_MAX_CONNECTION_AGE_MS,
    maxConnectionAgeGraceMs: settings.DRAIN_TIMEOUT_MS,
    ...(certFile !== undefined &&
      keyFile !== undefined && {
        tls: { certFile, keyFile, ...(clientCaFile !== undefined && { clientCaFile }) },
      }),
    reflection,
  };
  return new GrpcJsSource(options, readiness, clock, logger);
}

/** In the order in which they are told: the caller comes first. */
async function createSinks(settings: Settings, logger: ClosableLogger, clock: Clock) {
  const reply = new ReplySink();
  const metrics = new MetricsSink();
  const log = new LogSink(
    { allowSample: settings.LOG_ALLOW_SAMPLE, maxPerSec: settings.LOG_MAX_PER_SEC },
    logger,
    clock,
  );
  const traces = settings.OTEL_ENABLED ? [await traceSink(settings, logger, clock)] : [];
  const all = [reply, metrics, log, ...traces];
  const sinks: readonly OutcomeSink[] = all;
  return { sinks, instruments: all.flatMap((sink) => sink.instruments) };
}

function traceSink(settings: Settings, logger: ClosableLogger, clock: Clock) {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: protocol } = settings;
  return createTraceSink({
    serviceName: settings.OTEL_SERVICE_NAME,
    serviceVersion: version,
    environment: settings.ENVIRONMENT,
    resourceAttributes: settings.OTEL_RESOURCE_ATTRIBUTES ?? {},
    endpoint: normalizeOtlpEndpoint(endpoint, protocol) ?? endpoint,
    protocol,
    exportTimeoutMs: settings.OTEL_EXPORTER_OTLP_TIMEOUT,
    samplingRate: settings.OTEL_SAMPLING_RATE,
    timeOriginMs: performance.timeOrigin,
    clock,
    logger,
  });
}

function claimRules(settings: Settings) {
  const clockSkewSec = settings.AUTH_CLOCK_SKEW_SEC;
  return {
    issuer: settings.AUTH_ISSUER,
    audiences: settings.AUTH_AUDIENCE,
    clockSkewSec,
    expToleranceSec: Math.min(clockSkewSec, settings.REVOCATION_TTL_MARGIN_SEC),
    maxLifetimeSec: settings.AUTH_MAX_TOKEN_LIFETIME_SEC,
  };
}

function requirementOf(settings: Settings): Requirement {
  return {
    scopes: settings.AUTH_REQUIRED_SCOPE,
    identityHeaders: [
      { name: 'x-user-id', claim: 'sub' },
      { name: 'x-auth-provider', claim: 'provider' },
    ],
  };
}

function pipelineOptions(settings: Settings): PipelineOptions {
  return {
    admit: { maxInFlight: settings.MAX_IN_FLIGHT },
    maxQueueMs: {
      verification: settings.MAX_QUEUE_MS,
      lookup: Math.min(settings.MAX_QUEUE_MS, settings.REDIS_POOL_TIMEOUT_MS),
    },
    refusals: {
      corsOrigins: settings.CORS_ALLOWED_ORIGINS,
      revokedHttpStatus: settings.REVOKED_HTTP_STATUS,
      failureSignal: settings.FAILURE_SIGNAL,
    },
    verify: { concurrency: settings.GRPC_NUM_STREAM_WORKERS },
    revoke: {
      maxSize: settings.BATCH_MAX_SIZE,
      maxInFlight: settings.BATCH_MAX_IN_FLIGHT,
      maxAgeMs: settings.BATCH_MAX_AGE_MS,
      maxLookups: settings.REDIS_POOL_SIZE,
    },
  };
}
