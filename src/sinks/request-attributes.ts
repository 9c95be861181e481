import type { Check } from '../domain/check.ts';

/** The methods OpenTelemetry's HTTP conventions know; any other is `_OTHER` to them. */
const METHODS: ReadonlySet<string> = new Set(
  'CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT QUERY TRACE'.split(' '),
);

/** Longest `url.path`, in UTF-16 code units. */
const MAX_PATH_LENGTH = 256;

/**
 * Where a path, or what is passed off as a host, could begin to hold a secret: a query, parameters
 * (`;jsessionid=`), either of them percent-encoded, or a JWT, which begins with the base64url of `{"`.
 */
const SECRET = /[?#;]|%3[BFbf]|eyJ/;

/** A name or an address, without its port; whatever else a downstream sends is left out. */
const HOST = /^([\w.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;

/** What logs and traces tell of a downstream's request, named as in ECS and OpenTelemetry. */
export interface RequestAttributes {
  'http.request.method'?: string;
  'url.domain'?: string;
  'url.path'?: string;
}

/** Method, host and path only; nothing that is a secret or could be one. */
export function requestAttributes(check: Check): RequestAttributes {
  const attributes: RequestAttributes = {};
  const { method } = check;
  if (method !== '') attributes['http.request.method'] = METHODS.has(method) ? method : '_OTHER';
  const domain = HOST.exec(check.host)?.[1];
  if (domain !== undefined && !SECRET.test(domain)) attributes['url.domain'] = domain;
  const path = pathOf(check);
  if (path !== undefined) attributes['url.path'] = path;
  return attributes;
}

/** Undefined unless it starts with a slash: an absolute form could hold a user and a password. */
function pathOf(check: Check): string | undefined {
  const { path } = check;
  if (!path.startsWith('/')) return undefined;
  const end = path.search(SECRET);
  const bare = path.slice(0, Math.min(end === -1 ? path.length : end, MAX_PATH_LENGTH));
  // A slice keeps the whole of what it was cut from in memory for as long as it is kept.
  return path.length > MAX_PATH_LENGTH ? Buffer.from(bare).toString() : bare;
}
