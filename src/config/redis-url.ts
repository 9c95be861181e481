interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** One server, or the master that sentinels know by a name. */
export type RedisUrl = (
  | HostAndPort
  | { readonly sentinels: readonly HostAndPort[]; readonly master: string }
) & {
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls: boolean;
};

const DEFAULT_PORT = 6379;
const DEFAULT_SENTINEL_PORT = 26379;
const DATABASE = /^\/?(\d{0,5})$/;
const SENTINEL = /^(rediss?)\+sentinel:\/\/(?:([^@]*)@)?([^/@?#]+)\/([\w.-]+)(?:\/(\d{0,5}))?$/i;

/** What is said of AUTH_REDIS_URL. */
export const REDIS_URL_FORM =
  'redis://[user:password@]host[:port][/db], rediss:// for TLS, or ' +
  'redis+sentinel://[user:password@]host[:port],…/master[/db]';

/**
 * Reads `redis[s]://[[user]:password@]host[:port][/db]` (the IANA schemes redis and rediss), and the
 * same with `+sentinel`, several hosts and the name of the master. Undefined for anything else, query
 * parameters included: one that is not understood would be a setting that silently does nothing.
 */
export function parseRedisUrl(text: string): RedisUrl | undefined {
  const sentinel = SENTINEL.exec(text);
  if (sentinel !== null) return parseSentinelUrl(sentinel);
  return parsePlain(text, DEFAULT_PORT);
}

function parseSentinelUrl(match: RegExpExecArray): RedisUrl | undefined {
  const [, scheme, user = '', hosts = '', master = '', db = ''] = match;
  const login = user === '' ? '' : `${user}@`;
  // Each by itself is a plain URL: what a host, a port or a password may be is said there.
  const each = hosts.split(',').map((host) => {
    return parsePlain(`${scheme}://${login}${host}/${db}`, DEFAULT_SENTINEL_PORT);
  });
  if (!each.every((url) => url !== undefined)) return undefined;
  const { host: _, port: __, ...common } = each[0] as (typeof each)[number];
  return { ...common, sentinels: each.map(({ host, port }) => ({ host, port })), master };
}

function parsePlain(text: string, defaultPort: number): (RedisUrl & HostAndPort) | undefined {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'redis:' && url.protocol !== 'rediss:')) return undefined;
  const db = DATABASE.exec(url.pathname)?.[1];
  if (url.hostname === '' || db === undefined || url.search !== '' || url.hash !== '') {
    return undefined;
  }
  const username = decode(url.username);
  const password = decode(url.password);
  if (username === undefined || password === undefined) return undefined;
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? defaultPort : Number(url.port),
    db: Number(db),
    ...(username !== '' && { username }),
    ...(password !== '' && { password }),
    tls: url.protocol === 'rediss:',
  };
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
