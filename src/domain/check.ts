import type { Reason } from './reason.ts';

/**
 * One request that Envoy asks about, normalised from `envoy.service.auth.v3.CheckRequest`.
 *
 * Lazy: an implementation decodes a field when it is asked for, so ask for little, and once.
 * No member ever throws.
 */
export interface Check {
  /** Set when the request cannot be judged; the other members then answer '' or undefined. */
  readonly fault: Extract<Reason, 'malformed_request' | 'request_too_large'> | undefined;
  /** `attributes.request.http.method`; '' for a TCP check. */
  readonly method: string;
  /** `attributes.request.http.path`, query included; '' for a TCP check. */
  readonly path: string;
  /** `attributes.request.http.host`; '' for a TCP check. */
  readonly host: string;
  /** A header of the downstream's request, from `headers` or `header_map`. `name`: lower case. */
  header(name: string): string | undefined;
  /** `attributes.context_extensions`: set per route in Envoy's configuration; of equal names the last counts. */
  readonly extensions: readonly (readonly [name: string, value: string])[];
  /**
   * Of the client certificate that Envoy attests (`attributes.source.certificate`): SHA-256 of its DER,
   * base64url, as in RFC 8705, section 3.1.
   */
  readonly certificateThumbprint: string | undefined;
  /** gRPC metadata of the Check itself (traceparent, b3). `name`: lower case. */
  rpcHeader(name: string): string | undefined;
}
