import { Redis, type RedisOptions } from 'ioredis';

interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** Where a Redis is, and as whom to speak to it. */
export type RedisAddress = (Common & HostAndPort) | BySentinel;

interface Common {
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  /** Certificates are checked against the authorities that Node.js trusts (NODE_EXTRA_CA_CERTS). */
  readonly tls: boolean;
}

/** The master that sentinels, one or more, know by a name. */
export interface BySentinel extends Common {
  readonly sentinels: readonly HostAndPort[];
  readonly master: string;
  readonly sentinelPassword?: string;
}

/**
 * Longest for connecting, TLS and authentication, in ms. A packet that a black hole swallowed is sent
 * again after a second: another attempt is sooner there.
 */
export const OPEN_TIMEOUT_MS = 500;

/** Of every client that we make, whomever it speaks to. */
export const SPOKEN = {
  protocol: 2,
  connectTimeout: OPEN_TIMEOUT_MS,
  enableReadyCheck: false,
  disableClientInfo: true,
  connectionName: 'sluice',
} as const satisfies RedisOptions;

/** Not connected yet. It never mends itself: every default that would wait, queue or retry is off. */
export function createClient(address: RedisAddress): Redis {
  return new Redis(redisOptions(address));
}

/** The library alone would wait two seconds for a server that hangs to close its side. */
export function cut(client: Redis): void {
  client.disconnect();
  client.stream?.destroy();
}

function redisOptions(address: RedisAddress) {
  return {
    ...SPOKEN,
    ...placeOf(address),
    db: address.db,
    ...(address.username !== undefined && { username: address.username }),
    ...(address.password !== undefined && { password: address.password }),
    ...(address.tls && { tls: {} }),
    lazyConnect: true,
    // How long it would wait for a server that hangs to close its side: nobody waits for that here.
    disconnectTimeout: 1,
    retryStrategy: () => null,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
  } satisfies RedisOptions;
}

function placeOf(address: RedisAddress) {
  if (!('sentinels' in address)) return { host: address.host, port: address.port };
  return {
    sentinels: shuffled(address.sentinels),
    name: address.master,
    role: 'master' as const,
    ...(address.sentinelPassword !== undefined && { sentinelPassword: address.sentinelPassword }),
    sentinelRetryStrategy: () => null,
    sentinelCommandTimeout: OPEN_TIMEOUT_MS,
    ...(address.tls && { enableTLSForSentinelMode: true, sentinelTLS: {} }),
  };
}

/** Or one that swallows packets, always asked first, would use up the time of every attempt. */
function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
