import type { Attributes } from '@opentelemetry/api';
import type { Settled } from '../../domain/call.ts';
import type { Check } from '../../domain/check.ts';
import type { Decision } from '../../domain/decision.ts';
import { GrpcCode } from '../../domain/reason.ts';

/** `rpc.method` is fully qualified, and the name of the span (OpenTelemetry, RPC conventions). */
export const CHECK_METHOD = 'envoy.service.auth.v3.Authorization/Check';

/** The methods OpenTelemetry's HTTP conventions know; any other is `_OTHER` to them. */
const METHODS: ReadonlySet<string> = new Set(
  'CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT QUERY TRACE'.split(' '),
);

/** Longest `url.path`, in UTF-16 code units. */
const MAX_PATH_LENGTH = 256;

/**
 * Where a path could begin to hold a secret: a query, parameters (`;jsessionid=`), either of them
 * percent-encoded, or a JWT, which begins with the base64url of `{"`.
 */
const SECRET = /[?#;]|%3[BFbf]|eyJ/;

/** A name or an address, without its port; whatever else a downstream sends is left out. */
const HOST = /^([\w.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;

const codeNames = new Map<number, string>(
  Object.entries(GrpcCode).map(([name, code]) => [code, name]),
);

/**
 * What the span of a check says about it. The downstream's request is told by method, host and
 * path only; nothing of the token or its claims is ever among them. The host is `url.domain`: on
 * the span of an RPC, `server.address` is the gRPC server's.
 */
export function checkAttributes({ check, decision }: Settled): Attributes {
  const { result } = decision.spec;
  const attributes: Attributes = {
    'rpc.system.name': 'grpc',
    'rpc.method': CHECK_METHOD,
    'rpc.status_code': statusOf(decision),
    'sluice.result': result,
    'sluice.reason': decision.reason,
  };
  if (result === 'error') attributes['error.type'] = decision.reason;
  const { method } = check;
  if (method !== '') attributes['http.request.method'] = METHODS.has(method) ? method : '_OTHER';
  const domain = HOST.exec(check.host)?.[1];
  if (domain !== undefined) attributes['url.domain'] = domain;
  const path = pathOf(check);
  if (path !== undefined) attributes['url.path'] = path;
  return attributes;
}

/** Status of the RPC itself: OK, but where FAILURE_SIGNAL turns an error into a status. */
function statusOf({ signal, spec }: Decision): string {
  return (signal === 'grpc_status' && codeNames.get(spec.grpcCode)) || 'OK';
}

/** Undefined unless it starts with a slash: an absolute form could hold a user and a password. */
function pathOf(check: Check): string | undefined {
  const { path } = check;
  if (!path.startsWith('/')) return undefined;
  const end = path.search(SECRET);
  const bare = path.slice(0, Math.min(end === -1 ? path.length : end, MAX_PATH_LENGTH));
  // A slice keeps the whole of what it was cut from in memory for as long as the span waits.
  return path.length > MAX_PATH_LENGTH ? Buffer.from(bare).toString() : bare;
}
