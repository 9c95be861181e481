import type { Check } from '../../domain/check.ts';

/** The trace, and the span in it, that a Check was made for. */
export interface TraceContext {
  /** 32 lower-case hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hexadecimal digits, not all zero: the caller's span. */
  readonly spanId: string;
  /** What the caller decided; undefined when it leaves the decision to us (B3 only). */
  readonly sampled: boolean | undefined;
  /** `tracestate` as received. Left out when not sampled: nothing that could carry it is written. */
  readonly traceState: string | undefined;
}

/**
 * W3C Trace Context level 1, section 3.2.2: `{version}-{trace id}-{span id}-{flags}`. Version ff is
 * invalid; one after 00 may go on after another dash.
 */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/s;
const TRACEPARENT_LENGTH = 55;

/** B3 single header: `{TraceId}-{SpanId}-{SamplingState}-{ParentSpanId}`, the last two optional. */
const B3 = /^([0-9a-f]{16}|[0-9a-f]{32})-([0-9a-f]{16})(?:-([01d]))?(?:-[0-9a-f]{16})?$/;

const B3_TRACE_ID = /^(?:[0-9a-f]{16}|[0-9a-f]{32})$/;
const SPAN_ID = /^[0-9a-f]{16}$/;
const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);

/**
 * Longest `traceparent` and `tracestate` that are looked at, in characters: an id is a slice that
 * keeps the whole header in memory. For `tracestate` it is the length that must be propagated.
 */
const MAX_LENGTH = 512;

type Carrier = 'rpcHeader' | 'header';

/**
 * Finds the trace context of a Check: in the gRPC metadata, where Envoy names its own span, else in
 * the headers of the downstream's request. In each, W3C comes before B3; what is not valid counts
 * as absent. A B3 sampling decision without ids is not a context. Never throws.
 */
export function findTraceContext(check: Check): TraceContext | undefined {
  return findIn(check, 'rpcHeader') ?? findIn(check, 'header');
}

function findIn(check: Check, carrier: Carrier): TraceContext | undefined {
  return w3c(check, carrier) ?? b3Single(check, carrier) ?? b3Multi(check, carrier);
}

function w3c(check: Check, carrier: Carrier): TraceContext | undefined {
  const header = check[carrier]('traceparent');
  if (header === undefined || header.length > MAX_LENGTH) return undefined;
  if (!TRACEPARENT.test(header)) return undefined;
  if (header.length > TRACEPARENT_LENGTH && header.startsWith('00')) return undefined;
  const sampled = (Number.parseInt(header.slice(53, 55), 16) & 1) === 1;
  const state = sampled ? traceState(check, carrier) : undefined;
  return context(header.slice(3, 35), header.slice(36, 52), sampled, state);
}

function traceState(check: Check, carrier: Carrier): string | undefined {
  const header = check[carrier]('tracestate');
  return header !== undefined && header.length <= MAX_LENGTH ? header : undefined;
}

function b3Single(check: Check, carrier: Carrier): TraceContext | undefined {
  const header = check[carrier]('b3');
  if (header === undefined) return undefined;
  const match = B3.exec(header);
  if (match === null) return undefined;
  const state = match[3];
  return context(match[1], match[2], state === undefined ? undefined : state !== '0');
}

function b3Multi(check: Check, carrier: Carrier): TraceContext | undefined {
  const traceId = check[carrier]('x-b3-traceid');
  if (traceId === undefined || !B3_TRACE_ID.test(traceId)) return undefined;
  const spanId = check[carrier]('x-b3-spanid');
  if (spanId === undefined || !SPAN_ID.test(spanId)) return undefined;
  const debug = check[carrier]('x-b3-flags') === '1';
  return context(traceId, spanId, debug || b3Sampled(check[carrier]('x-b3-sampled')));
}

/** `true` and `false` are what tracers sent before the specification settled on digits. */
function b3Sampled(header: string | undefined): boolean | undefined {
  if (header === '1' || header === 'true') return true;
  return header === '0' || header === 'false' ? false : undefined;
}

/** All-zero ids are invalid in both formats; B3's short trace ids are padded on the left. */
function context(
  traceId: string | undefined,
  spanId: string | undefined,
  sampled: boolean | undefined,
  state?: string,
): TraceContext | undefined {
  if (traceId === undefined || spanId === undefined || spanId === NO_SPAN) return undefined;
  const padded = traceId.padStart(NO_TRACE.length, '0');
  if (padded === NO_TRACE) return undefined;
  return { traceId: padded, spanId, sampled, traceState: state };
}
