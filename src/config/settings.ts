import { JWKS_SOURCE_FORM, parseJwksSource } from './jwks-source.ts';
import {
  boolean,
  choice,
  custom,
  integer,
  list,
  pairs,
  readableFile,
  share,
  text,
  verbatim,
} from './parsers.ts';
import { parseRedisUrl, REDIS_URL_FORM } from './redis-url.ts';
import type { ValuesOf } from './setting.ts';

/** `auto`: the CPU limit rounded down, see cpu-limit.ts. */
const workers = custom<number | 'auto'>('auto, or an integer from 1 to 64', (value) => {
  if (/^auto$/i.test(value)) return 'auto';
  return /^\d{1,2}$/.test(value) && Number(value) >= 1 && Number(value) <= 64
    ? Number(value)
    : undefined;
});

/** A scope-token (RFC 6749, section 3.3). */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
/** As a browser sends it in Origin: scheme, host, port if it is not the default; no path. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^\s/,?#]+$/;
/** Printable ASCII without spaces. */
const WORD = /^[\x21-\x7e]+$/;

const MINUTE_MS = 60_000;
const port = integer(0, 65535);
const milliseconds = (min: number, max: number) => integer(min, max, 'milliseconds');
const file = readableFile();

/**
 * Every setting, under its name in the environment. `describe` is what docs/settings.md and --help
 * say; what is allowed and the default are taken from the parser. An empty variable counts as unset.
 */
export const schema = {
  AUTH_GRPC_PORT: port.default(50051).describe('Check service; 0 = any free port'),
  AUTH_METRICS_PORT: port
    .default(9090)
    .describe('/health, /ready and /metrics over HTTP; 0 = any free port'),
  BIND_ADDRESS: text('an IP address or host name', /^[\w.:-]+$/)
    .default('0.0.0.0')
    .describe('address that both ports listen on'),
  GRPC_UNIX_SOCKET: text('an absolute path', /^\/\S*$/)
    .optional()
    .describe('Unix socket that the Check service listens on as well'),

  AUTH_REDIS_URL: custom(REDIS_URL_FORM, parseRedisUrl)
    .secret()
    .describe('the Redis or Valkey that holds the denylist'),
  REDIS_SENTINEL_PASSWORD: verbatim('the password that sentinels ask for')
    .optional()
    .secret()
    .describe('for sentinels that have one of their own'),
  AUTH_ALGORITHM: choice([
    ...['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
    ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
  ] as const)
    .default('HS256')
    .describe('the only signature algorithm accepted'),
  AUTH_SECRET_KEY: verbatim('an HMAC secret, or a public key in PEM')
    .unless('AUTH_JWKS', 'AUTH_POLICY_FILE')
    .secret()
    .describe('HMAC secret, at least as long as the hash; or the public key that verifies'),
  AUTH_SECRET_KEY_PREVIOUS: verbatim('an HMAC secret, or a public key in PEM')
    .optional()
    .secret()
    .describe('a key that tokens may still be signed with, while AUTH_SECRET_KEY takes its place'),
  AUTH_JWKS: custom(JWKS_SOURCE_FORM, parseJwksSource)
    .optional()
    .describe(
      'keys of the issuer that rotate, in place of AUTH_SECRET_KEY; `discovery` asks the issuer ' +
        'where they are',
    ),
  AUTH_JWKS_ALLOW_HTTP: boolean()
    .default(false)
    .describe('whether keys may be fetched without TLS: whoever is in between could forge tokens'),
  KEYS_STALE_MAX_SEC: integer(60, 604_800, 'seconds')
    .default(86_400)
    .describe('how long fetched keys are used while new ones cannot be fetched'),
  KEYS_CACHE_FILE: text('an absolute path', /^\/\S*$/)
    .optional()
    .describe('where fetched keys are kept, for a start while they cannot be fetched'),
  AUTH_ISSUER: text('the exact value of `iss`')
    .unless('AUTH_POLICY_FILE')
    .describe('issuer of the tokens'),
  AUTH_AUDIENCE: list('values of `aud`, separated by commas', /\s*,\s*/, /^\S.*$/)
    .unless('AUTH_POLICY_FILE')
    .describe('audiences, any of which must be in the token'),
  AUTH_POLICY_FILE: file
    .optional()
    .describe(
      'issuers, places of tokens, and what routes demand, as YAML (see docs/policy.md); re-read ' +
        'when it changes',
    ),
  AUTH_CLOCK_SKEW_SEC: integer(0, 300, 'seconds')
    .default(5)
    .describe('how far the clock of the issuer may be ahead, for `nbf` and `iat`'),
  REVOCATION_TTL_MARGIN_SEC: integer(0, 300, 'seconds')
    .default(0)
    .describe(
      'how long revocations are kept after `exp`; only so far does AUTH_CLOCK_SKEW_SEC hold for ' +
        '`exp`, or a revoked token would live again',
    ),
  AUTH_MAX_TOKEN_LIFETIME_SEC: integer(0, 1_000_000_000, 'seconds')
    .default(0)
    .describe('longest time from `iat` to `exp`; 0 = any'),
  AUTH_REQUIRED_SCOPE: list('scope names, separated by spaces', /\s+/, SCOPE)
    .default([])
    .describe('scopes that a token must have, all of them'),
  CORS_ALLOWED_ORIGINS: list(
    'origins such as https://app.example, separated by commas',
    /\s*,\s*/,
    ORIGIN,
  )
    .default([])
    .describe(
      'origins that may send preflights, and whose denials carry CORS headers; empty = any preflight passes',
    ),
  REVOKED_HTTP_STATUS: custom<401 | 403>('401 or 403', (value) =>
    value === '401' ? 401 : value === '403' ? 403 : undefined,
  )
    .default(403)
    .describe('status for a revoked token; on 401 clients refresh theirs'),
  FAILURE_SIGNAL: choice(['denied', 'error_response', 'grpc_status'])
    .default('denied')
    .describe(
      'how Envoy is told of a failed lookup, overload or a missed deadline; on all but `denied` it ' +
        'obeys failure_mode_allow (`error_response`: Envoy 1.37 or later)',
    ),

  REDIS_POOL_SIZE: integer(1, 10_000)
    .default(4)
    .describe('connections that lookups rotate over, and the cap on lookups at once'),
  REDIS_MIN_IDLE_CONNS: integer(0, 10_000)
    .default(1)
    .describe('connections that must be up before the first ready'),
  REDIS_POOL_TIMEOUT_MS: milliseconds(1, MINUTE_MS)
    .default(100)
    .describe('longest wait for a free lookup'),
  REDIS_READ_TIMEOUT_MS: milliseconds(1, MINUTE_MS)
    .default(100)
    .describe('longest wait for a reply'),
  REDIS_WRITE_TIMEOUT_MS: milliseconds(1, MINUTE_MS)
    .default(100)
    .describe('longest time for a command to leave'),
  REDIS_ON_REPLICA: choice(['refuse', 'warn'])
    .default('refuse')
    .describe('a server that is a replica may lag behind: whether it is asked at all'),
  REDIS_ON_EVICTION: choice(['refuse', 'warn'])
    .default('refuse')
    .describe(
      'a server with a memory limit and another maxmemory-policy than noeviction forgets ' +
        'revocations: whether it is asked at all',
    ),
  REVOCATION_KEY_PREFIX: text('printable ASCII without spaces', WORD)
    .default('blacklist:')
    .describe('the key of a revoked token is this and its jti'),

  GRPC_MAX_CONCURRENT_STREAMS: integer(1, 100_000)
    .default(100)
    .describe('checks at once per connection; Envoy opens more connections past it'),
  GRPC_NUM_STREAM_WORKERS: integer(1, 1024)
    .default(256)
    .describe(
      'verifications of new tokens in a turn of the event loop, which also ends after 2 ms',
    ),
  GRPC_MAX_CONNECTION_AGE_MS: milliseconds(0, 86_400_000)
    .default(300_000)
    .describe('age at which a connection is asked to go, give or take a tenth; 0 = never'),
  GRPC_MAX_CONNECTIONS: integer(1, 65_536)
    .default(1024)
    .describe('connections at once, per worker; one more is closed'),
  GRPC_TLS_CERT_FILE: file.optional().describe('certificate chain, PEM; re-read when it changes'),
  GRPC_TLS_KEY_FILE: file.optional().describe('its private key, PEM'),
  GRPC_TLS_CLIENT_CA_FILE: file
    .optional()
    .describe('authorities of client certificates, PEM; set = mutual TLS'),
  TRANSPORT: choice(['http2', 'grpc-js'])
    .default('http2')
    .describe('what serves gRPC: our own HTTP/2 (see docs/http2.md), or the gRPC library'),

  MAX_IN_FLIGHT: integer(1, 1_000_000)
    .default(2_000)
    .describe('checks in the pipeline, per worker; at half of it callers are held back'),
  MAX_QUEUE_MS: milliseconds(1, MINUTE_MS)
    .default(50)
    .describe(
      'longest a check may wait for a verification or a lookup; one that would wait longer is refused at once',
    ),
  LATENCY_TARGET_MS: milliseconds(0, MINUTE_MS)
    .default(5)
    .describe(
      'what checks may take on average under load: above it fewer are taken at once, see ' +
        'docs/operations.md; 0 = MAX_IN_FLIGHT alone counts',
    ),
  CHECK_BUDGET_MS: milliseconds(10, MINUTE_MS)
    .default(150)
    .describe('cap on the deadline of a check, whatever its grpc-timeout; Envoy waits 200 ms'),
  BATCH_MAX_SIZE: integer(1, 10_000).default(512).describe('checks per lookup'),
  BATCH_MAX_IN_FLIGHT: integer(1, 64)
    .default(1)
    .describe('lookups at once before checks gather for the next'),
  BATCH_MAX_AGE_MS: milliseconds(0, 1_000)
    .default(5)
    .describe('age at which gathered checks go out all the same, as long as a connection is free'),
  TOKEN_CACHE_MAX_ENTRIES: integer(0, 10_000_000)
    .default(50_000)
    .describe('verified tokens kept; 0 = none'),
  TOKEN_CACHE_MAX_BYTES: integer(1_048_576, 8_589_934_592, 'bytes')
    .default(33_554_432)
    .describe('size of the verified tokens kept'),

  WORKERS: workers
    .default('auto')
    .describe('processes; auto = the CPU limit rounded down, 1 without a limit'),
  DRAIN_DELAY_MS: milliseconds(0, 600_000)
    .default(5_000)
    .describe('how long to go on accepting after SIGTERM, while endpoints are withdrawn'),
  DRAIN_TIMEOUT_MS: milliseconds(0, 600_000)
    .default(10_000)
    .describe('longest for open checks to be answered after that'),
  OUTAGE_POLICY: choice(['deny', 'stale', 'allow'])
    .default('deny')
    .describe(
      'what becomes of verified tokens while the denylist cannot be asked: `deny` = 503, `stale` = ' +
        'they pass on a verdict of at most STALE_MAX_SEC, `allow` = they pass; routes say their own ' +
        'in context_extensions, `sluice.outage_policy`',
    ),
  STALE_MAX_SEC: integer(1, 86_400, 'seconds')
    .default(60)
    .describe('how old a verdict may be that OUTAGE_POLICY=stale uses'),
  READY_REQUIRES_REDIS: boolean()
    .default(false)
    .describe('whether /ready is 503 while Redis is away; see docs/operations.md first'),
  SHADOW_MODE: boolean()
    .default(false)
    .describe(
      'whether every check is allowed, whatever is decided, and the decision only counted and ' +
        'logged: beside a service that still decides; see docs/migrating.md first',
    ),

  LOG_LEVEL: choice(['debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('least level logged'),
  LOG_ALLOW_SAMPLE: share().default(0).describe('share of the allows logged at info'),
  LOG_MAX_PER_SEC: integer(0, 1_000_000)
    .default(100)
    .describe('decisions logged a second for each reason; the rest is counted'),
  ENVIRONMENT: text('a name', WORD)
    .default('production')
    .describe('service.environment in logs and traces'),
  OTEL_ENABLED: boolean().default(false).describe('whether to export traces'),
  OTEL_SAMPLING_RATE: share()
    .default(1)
    .describe('share of the checks to trace where the caller has not decided'),
  OTEL_SERVICE_NAME: text('a name', WORD)
    .default('ext-authz')
    .describe('service.name in logs and traces'),
  OTEL_RESOURCE_ATTRIBUTES: pairs()
    .optional()
    .describe('more attributes of traces, such as k8s.pod.name=…'),
  OTEL_EXPORTER_OTLP_ENDPOINT: text(
    'host:port or an http(s) URL, without user and password',
    /^[^\s@]+$/,
  )
    .default('localhost:4317')
    .describe('collector of traces'),
  OTEL_EXPORTER_OTLP_PROTOCOL: choice(['grpc', 'http/protobuf'])
    .default('grpc')
    .describe('what it speaks'),
  OTEL_EXPORTER_OTLP_TIMEOUT: milliseconds(1, MINUTE_MS)
    .default(3_000)
    .describe('longest for one export'),
};

export type Settings = ValuesOf<typeof schema>;
export type SettingName = keyof Settings;

/** Of the Go service: taken without complaint, and without effect. */
export const NOT_USED: Readonly<Record<string, string>> = {
  LOCAL_CACHE_ENABLED: 'revocation is asked of Redis every time',
  LOCAL_CACHE_CLEANUP_INTERVAL: 'revocation is asked of Redis every time',
  AMQP_URL: 'revocation is asked of Redis every time',
  GOMAXPROCS: 'WORKERS is the counterpart',
};
