import { type AllowReason, type Reason, type ReasonSpec, reasons } from './reason.ts';

/** Name in lower case, value a non-empty string of printable ASCII. */
export type Header = readonly [name: string, value: string];

/** How an error is told to Envoy: see FAILURE_SIGNAL in docs/settings.md. */
export type FailureSignal = 'denied' | 'error_response' | 'grpc_status';

/**
 * What is answered to one Check. Immutable and shared: all checks of one token and requirement get
 * the same object, so that it is encoded once.
 */
export interface Decision {
  readonly reason: Reason;
  readonly spec: ReasonSpec;
  /** HTTP status for the downstream, 400 to 599; 200 on an allow. */
  readonly httpStatus: number;
  /**
   * On an allow: set on the request to the upstream, replacing what the downstream sent.
   * Otherwise: headers of the response to the downstream.
   */
  readonly headers: readonly Header[];
  /** On an allow: removed from the request to the upstream. Never overlaps `headers`. */
  readonly headersToRemove: readonly string[];
  /** On an allow: parameters removed from the query of the request to the upstream. */
  readonly queryToRemove: readonly string[];
  /** Fields of dynamic_metadata: the reason, and what the policy names. */
  readonly metadata: readonly Header[];
  /** Body of a denial, JSON; empty on an allow. */
  readonly body: string;
  /** `denied` unless the reason is one that FAILURE_SIGNAL applies to. */
  readonly signal: FailureSignal;
  /** Encoded forms, filled in by the encoders on first use. */
  readonly wire: Wire;
}

/** Not an empty object to begin with: V8 would keep room for more than these two. */
export interface Wire {
  grpc: Uint8Array | undefined;
  /** A character a byte: a Buffer of its own takes 200 bytes more. */
  http2: string | undefined;
}

export const notEncoded = (): Wire => ({ grpc: undefined, http2: undefined });

export function allow(
  reason: AllowReason,
  headers: readonly Header[],
  headersToRemove: readonly string[],
  queryToRemove: readonly string[] = [],
  metadata: readonly Header[] = [['reason', reason]],
): Decision {
  const spec = reasons[reason];
  return {
    reason,
    spec,
    httpStatus: spec.httpStatus,
    headers,
    headersToRemove,
    queryToRemove,
    metadata,
    body: '',
    signal: 'denied',
    wire: notEncoded(),
  };
}

/** A deny or an error. `headers` comes on top of content-type, which is set here. */
export function refuse(
  reason: Exclude<Reason, AllowReason>,
  options: {
    readonly headers?: readonly Header[];
    readonly httpStatus?: number;
    readonly signal?: FailureSignal;
  } = {},
): Decision {
  const spec = reasons[reason];
  return {
    reason,
    spec,
    httpStatus: options.httpStatus ?? spec.httpStatus,
    headers: [['content-type', 'application/json'], ...(options.headers ?? [])],
    headersToRemove: [],
    queryToRemove: [],
    metadata: [['reason', reason]],
    body: JSON.stringify({ error: reason, message: spec.message }),
    signal: spec.signalled ? (options.signal ?? 'denied') : 'denied',
    wire: notEncoded(),
  };
}
