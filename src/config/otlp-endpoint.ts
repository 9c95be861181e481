export type OtlpProtocol = 'grpc' | 'http/protobuf';

/** Where a collector takes traces over HTTP, below the base endpoint (OTLP 1.x, "OTLP/HTTP Request"). */
const TRACES_PATH = '/v1/traces';

/** The ports IANA has for OTLP: taken when neither a scheme nor a port is given. */
const DEFAULT_PORT = { grpc: 4317, 'http/protobuf': 4318 } as const;

/**
 * The URL to export traces to, from a base endpoint (OTEL_EXPORTER_OTLP_ENDPOINT): `host`,
 * `host:port` or an http(s) URL. Without a scheme it is taken as insecure. For HTTP the signal's
 * path is appended unless it is there; for gRPC, which has no use for one, any path is left out.
 * Undefined when `raw` is none of these.
 */
export function normalizeOtlpEndpoint(raw: string, protocol: OtlpProtocol): string | undefined {
  const text = raw.trim();
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  const url = URL.parse(hasScheme ? text : `http://${text}`);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
  if (!hasScheme && !hasPort(text)) url.port = String(DEFAULT_PORT[protocol]);
  if (protocol === 'grpc') return url.origin;
  const path = url.pathname.replace(/\/+$/, '');
  url.pathname = path.endsWith(TRACES_PATH) ? path : path + TRACES_PATH;
  return url.href;
}

/** Asked of the text, because a URL forgets a port that is its scheme's default. */
function hasPort(text: string): boolean {
  return /^[^/?#]*:\d+(?:[/?#]|$)/.test(text);
}
