import type { Socket } from 'node:net';
import type { Observable } from 'rxjs';
import type { Environment } from './config/read.ts';
import type { Settings } from './config/settings.ts';
import type { RevocationScope } from './domain/claims.ts';
import type { Clock } from './domain/clock.ts';
import type { Instrument } from './domain/instrument.ts';
import type { CheckSource, Component, RevocationStore } from './domain/ports.ts';
import { TokenCache } from './jwt/token-cache.ts';
import { KeySets } from './key-sets.ts';
import { keepHeapSmall } from './lifecycle/heap.ts';
import { LoopMonitor } from './lifecycle/loop-monitor.ts';
import { ReadinessMonitor } from './lifecycle/readiness.ts';
import { Service } from './lifecycle/service.ts';
import * as options from './options.ts';
import { createPipeline } from './pipeline/index.ts';
import { openPolicy } from './policies.ts';
import { policyFaults } from './policy-check.ts';
import { probesOf } from './revocation/redis/keys.ts';
import { Pool } from './revocation/redis/pool.ts';
import { RedisRevocations } from './revocation/redis/store.ts';
import { type ClosableLogger, createLogger } from './sinks/log/logger.ts';
import { LogSink } from './sinks/log/sink.ts';
import { MetricsSink } from './sinks/metrics.ts';
import { ReplySink } from './sinks/reply.ts';
import { ShadowReplySink, tellOfShadow } from './sinks/shadow.ts';
import { createTraceSink } from './sinks/trace/sink.ts';
import type { Http2Source } from './sources/http2/source.ts';
import { loadTls } from './sources/tls-files.ts';
import { version } from './version.ts';

/** A denylist and all that keeps it going. */
export interface Denylist {
  readonly store: RevocationStore;
  readonly instruments: readonly Instrument[];
  /** Says by what else than `jti` it will be asked, so that it sees whether it may be. */
  askedBy(scopes: () => readonly RevocationScope[]): void;
  component(): Component;
  start(): void;
  stop(): Promise<void>;
}

export interface ServiceContext {
  readonly denylist: Denylist;
  readonly clock: Clock;
  readonly logger: ClosableLogger;
  /** Has the secrets that a policy file names. */
  readonly env: Environment;
  /** Whether gRPC clients may ask what is served. */
  readonly reflection: boolean;
  /** Connections that another process accepts; absent: this one listens. */
  readonly connections?: Observable<Socket>;
}

/** A source, and what it counts. */
interface GrpcSource extends CheckSource {
  readonly instruments: readonly Instrument[];
}

/** Joins the parts that the settings name. Rejects when the key cannot be used. */
export async function createService(
  settings: Settings,
  { denylist, clock, logger, env, reflection, connections }: ServiceContext,
): Promise<Service> {
  const tokens = new TokenCache({
    maxEntries: settings.TOKEN_CACHE_MAX_ENTRIES,
    maxBytes: settings.TOKEN_CACHE_MAX_BYTES,
  });
  const keySets = new KeySets(clock, logger);
  const marginSec = settings.REVOCATION_TTL_MARGIN_SEC;
  const parts = { keySets, tokens, clock, revocationMarginSec: marginSec };
  const policy = await openPolicy(settings, env, parts, logger);
  denylist.askedBy(() => policy.scopes);
  const loop = new LoopMonitor(clock);
  const sinks = await createSinks(settings, logger, clock);
  const shadow = tellOfShadow(settings.SHADOW_MODE, settings.ENVIRONMENT);
  const pipeline = createPipeline(options.pipelineOptions(settings), {
    policy,
    revocations: denylist.store,
    sinks,
    clock,
    logger,
    busyShare: () => loop.busyShare(),
  });
  const readiness = new ReadinessMonitor(
    { required: settings.READY_REQUIRES_REDIS ? ['event_loop', 'redis'] : ['event_loop'] },
    () => [
      ...shadow.components,
      ...[denylist.component(), loop.component, pipeline.component, ...policy.components],
    ],
    clock,
  );
  const grpc = {
    ...options.grpcOptions(settings, reflection),
    ...(connections !== undefined && { connections }),
  };
  const source = await createSource(settings.TRANSPORT, grpc, readiness, clock, logger);
  const measured = [
    ...[...sinks, shadow, logger, pipeline, tokens, denylist, loop, source, policy, keySets],
    readiness,
  ];
  return new Service({
    source,
    pipeline,
    sinks,
    readiness,
    loop,
    instruments: () => measured.flatMap((part) => part.instruments),
    policy,
    backends: [denylist, policy],
    clock,
  });
}

/** Faults of settings that only those can see who use them. What is not set is not looked at. */
export async function checkSettings(
  settings: Partial<Settings>,
  env: Environment,
): Promise<readonly string[]> {
  const faults: string[] = [...(await policyFaults(settings, env))];
  const tls = options.tlsFiles(settings);
  if (tls === undefined) return faults;
  await loadTls(tls).catch((error: Error) => {
    faults.push(`GRPC_TLS_CERT_FILE, GRPC_TLS_KEY_FILE: ${error.message}`);
  });
  return faults;
}

export function createAppLogger(settings: Settings): ClosableLogger {
  return createLogger({
    level: settings.LOG_LEVEL,
    serviceName: settings.OTEL_SERVICE_NAME,
    serviceVersion: version,
    environment: settings.ENVIRONMENT,
    shadow: settings.SHADOW_MODE,
  });
}

export function createRedisDenylist(
  settings: Settings,
  clock: Clock,
  logger: ClosableLogger,
): Denylist {
  const { REVOCATION_KEY_PREFIX: prefix } = settings;
  let scopes = (): readonly RevocationScope[] => [];
  const alsoProbed = () => probesOf(scopes(), prefix);
  const pool = new Pool({ ...options.poolOptions(settings), alsoProbed }, clock, logger);
  return {
    store: new RedisRevocations(pool, prefix, clock),
    askedBy(asked) {
      scopes = asked;
    },
    instruments: pool.instruments,
    component: () => pool.component,
    start: () => pool.start(),
    stop: () => pool.stop(),
  };
}

/** Loads the one that is used: the gRPC library alone takes 10 MiB. */
async function createSource(
  transport: Settings['TRANSPORT'],
  ...parts: ConstructorParameters<typeof Http2Source>
): Promise<GrpcSource> {
  if (transport === 'grpc-js') {
    const { GrpcJsSource } = await import('./sources/grpc-js/source.ts');
    return new GrpcJsSource(...parts);
  }
  // The library's streams stay in memory until a full collection: there this costs half the throughput.
  keepHeapSmall();
  const { Http2Source } = await import('./sources/http2/source.ts');
  return new Http2Source(...parts);
}

/** In the order in which they are told: the caller comes first. */
async function createSinks(settings: Settings, logger: ClosableLogger, clock: Clock) {
  const { LOG_ALLOW_SAMPLE: allowSample, LOG_MAX_PER_SEC: maxPerSec } = settings;
  const sinks = [
    settings.SHADOW_MODE ? new ShadowReplySink(logger) : new ReplySink(),
    new MetricsSink(),
    new LogSink({ allowSample, maxPerSec }, logger, clock),
  ];
  if (!settings.OTEL_ENABLED) return sinks;
  const trace = await createTraceSink({
    ...options.exporterOptions(settings),
    serviceName: settings.OTEL_SERVICE_NAME,
    serviceVersion: version,
    environment: settings.ENVIRONMENT,
    resourceAttributes: settings.OTEL_RESOURCE_ATTRIBUTES ?? {},
    samplingRate: settings.OTEL_SAMPLING_RATE,
    timeOriginMs: performance.timeOrigin,
    clock,
    logger,
  });
  return [...sinks, trace];
}
