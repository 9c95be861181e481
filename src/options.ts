import { normalizeOtlpEndpoint } from './config/otlp-endpoint.ts';
import type { PolicyFile, PolicyKeys } from './config/policy/policy-file.ts';
import type { SettingName, Settings } from './config/settings.ts';
import type { KeyMaterial } from './jwt/keys.ts';
import type { PipelineOptions } from './pipeline/index.ts';
import type { RedisAddress } from './revocation/redis/client.ts';
import type { Concern } from './revocation/redis/inspection.ts';
import type { PoolOptions } from './revocation/redis/pool.ts';
import type { ExporterOptions } from './sinks/trace/exporter.ts';
import type { GrpcOptions } from './sources/grpc-options.ts';
import type { TlsFiles } from './sources/tls-files.ts';

/* From settings, which are flat and named for operators, to what each part asks for. */

/** Of a setting that another one may take the place of, where that is not so. */
function present<N extends SettingName>(settings: Settings, name: N): NonNullable<Settings[N]> {
  const value = settings[name];
  if (value === undefined || value === null) throw new Error(`${name} is not set`);
  return value;
}

export function keyMaterial(text: string): KeyMaterial {
  // A PEM passed as one line of environment has its line ends spelled out.
  return text.includes('-----BEGIN ')
    ? { kind: 'public', pem: text.replaceAll('\\n', '\n') }
    : { kind: 'secret', bytes: Buffer.from(text) };
}

/** The policy that the settings are the short form of: one issuer, and one rule for all routes. */
export function policyOfSettings(settings: Settings): PolicyFile {
  return {
    issuers: [
      {
        issuer: present(settings, 'AUTH_ISSUER'),
        keys: keysOf(settings),
        keysAt: settings.AUTH_JWKS === undefined ? 'AUTH_SECRET_KEY: ' : 'AUTH_JWKS: ',
        algorithms: [settings.AUTH_ALGORITHM],
        audiences: present(settings, 'AUTH_AUDIENCE'),
        audienceClaim: 'aud',
        tokenTypes: ['jwt', 'at+jwt'],
        clockSkewSec: settings.AUTH_CLOCK_SKEW_SEC,
        maxLifetimeSec: settings.AUTH_MAX_TOKEN_LIFETIME_SEC,
        revocation: 'jti',
        revokeBy: [],
        certificateBound: 'off',
      },
    ],
    tokens: [{ kind: 'header', name: 'authorization', remove: false }],
    defaults: {
      requiredScopes: settings.AUTH_REQUIRED_SCOPE,
      audiences: [],
      anonymous: 'deny',
      outage: settings.OUTAGE_POLICY,
      headers: [
        { name: 'x-user-id', claim: ['sub'], encode: 'refuse', separator: ',' },
        { name: 'x-auth-provider', claim: ['provider'], encode: 'refuse', separator: ',' },
      ],
      metadata: [],
    },
    policies: new Map(),
    routes: [],
    headerNames: ['x-user-id', 'x-auth-provider'],
  };
}

function keysOf(settings: Settings): PolicyKeys {
  const { AUTH_JWKS: jwks } = settings;
  const fetched = {
    allowHttp: settings.AUTH_JWKS_ALLOW_HTTP,
    cacheFile: settings.KEYS_CACHE_FILE,
    staleMaxSec: settings.KEYS_STALE_MAX_SEC,
  };
  switch (jwks?.kind) {
    case undefined:
      return {
        kind: 'secret',
        secret: present(settings, 'AUTH_SECRET_KEY'),
        previousSecret: settings.AUTH_SECRET_KEY_PREVIOUS,
      };
    case 'file':
      return { kind: 'jwks_file', file: jwks.path };
    case 'url':
      return { kind: 'jwks_url', url: jwks.url, ...fetched };
    default:
      return { kind: 'discovery', ...fetched };
  }
}

export function pipelineOptions(settings: Settings): PipelineOptions {
  return {
    admit: { maxInFlight: settings.MAX_IN_FLIGHT },
    latencyTargetMs: settings.LATENCY_TARGET_MS,
    maxQueueMs: {
      verification: settings.MAX_QUEUE_MS,
      lookup: Math.min(settings.MAX_QUEUE_MS, settings.REDIS_POOL_TIMEOUT_MS),
    },
    refusals: {
      corsOrigins: settings.CORS_ALLOWED_ORIGINS,
      revokedHttpStatus: settings.REVOKED_HTTP_STATUS,
      failureSignal: settings.FAILURE_SIGNAL,
    },
    verify: { perTurn: settings.GRPC_NUM_STREAM_WORKERS },
    revoke: {
      maxSize: settings.BATCH_MAX_SIZE,
      maxInFlight: settings.BATCH_MAX_IN_FLIGHT,
      maxAgeMs: settings.BATCH_MAX_AGE_MS,
      maxLookups: settings.REDIS_POOL_SIZE,
    },
    outage: { staleMaxMs: settings.STALE_MAX_SEC * 1000 },
  };
}

type RedisSettings = Pick<Settings, 'AUTH_REDIS_URL' | 'REDIS_SENTINEL_PASSWORD'>;

export function redisAddress({
  AUTH_REDIS_URL: url,
  REDIS_SENTINEL_PASSWORD: sentinelPassword,
}: RedisSettings): RedisAddress {
  return 'sentinels' in url && sentinelPassword !== undefined ? { ...url, sentinelPassword } : url;
}

export function poolOptions(settings: Settings): PoolOptions {
  return {
    address: redisAddress(settings),
    size: settings.REDIS_POOL_SIZE,
    minIdle: settings.REDIS_MIN_IDLE_CONNS,
    readTimeoutMs: settings.REDIS_READ_TIMEOUT_MS,
    writeTimeoutMs: settings.REDIS_WRITE_TIMEOUT_MS,
    probeKey: `${settings.REVOCATION_KEY_PREFIX}sluice-probe`,
    refused: new Set<Concern>([
      ...(settings.REDIS_ON_REPLICA === 'refuse' ? (['is_replica'] as const) : []),
      ...(settings.REDIS_ON_EVICTION === 'refuse' ? (['evicts_keys'] as const) : []),
    ]),
  };
}

export function grpcOptions(settings: Settings, reflection: boolean): GrpcOptions {
  const tls = tlsFiles(settings);
  const { GRPC_UNIX_SOCKET: unixSocket } = settings;
  return {
    host: settings.BIND_ADDRESS,
    port: settings.AUTH_GRPC_PORT,
    maxConcurrentStreams: settings.GRPC_MAX_CONCURRENT_STREAMS,
    // Peers are held back before anything is refused.
    maxCalls: Math.ceil(settings.MAX_IN_FLIGHT / 2),
    budgetMs: settings.CHECK_BUDGET_MS,
    maxConnectionAgeMs: settings.GRPC_MAX_CONNECTION_AGE_MS,
    maxConnectionAgeGraceMs: settings.DRAIN_TIMEOUT_MS,
    maxConnections: settings.GRPC_MAX_CONNECTIONS,
    ...(tls !== undefined && { tls }),
    ...(unixSocket !== undefined && { unixSocket }),
    reflection,
  };
}

/** Undefined without a certificate and its key. */
export function tlsFiles(settings: Partial<Settings>): TlsFiles | undefined {
  const { GRPC_TLS_CERT_FILE: certFile, GRPC_TLS_KEY_FILE: keyFile } = settings;
  const { GRPC_TLS_CLIENT_CA_FILE: clientCaFile } = settings;
  if (certFile === undefined || keyFile === undefined) return undefined;
  return { certFile, keyFile, ...(clientCaFile !== undefined && { clientCaFile }) };
}

export function exporterOptions(settings: Settings): ExporterOptions {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: protocol } = settings;
  return {
    endpoint: normalizeOtlpEndpoint(endpoint, protocol) ?? endpoint,
    protocol,
    exportTimeoutMs: settings.OTEL_EXPORTER_OTLP_TIMEOUT,
  };
}
