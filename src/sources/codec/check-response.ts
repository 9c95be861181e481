import type { Decision, Header } from '../../domain/decision.ts';
import { message, string, utf8, varint } from './writer.ts';

const OVERWRITE_IF_EXISTS_OR_ADD = 2;

/** The CheckResponse for a decision, encoded once and kept with it. */
export function keptCheckResponse(decision: Decision): Uint8Array {
  decision.wire.grpc ??= encodeCheckResponse(decision);
  return decision.wire.grpc;
}

/**
 * In memory of its own. Small buffers are cut from a shared pool of 8 KiB, all of which stays in memory
 * with each of them: ten times what a kept allow takes (measured: 3.3 KB instead of 0.1 KB beside its
 * content).
 */
export function encodeCheckResponse(decision: Decision): Uint8Array {
  const text = checkResponseText(decision);
  const bytes = Buffer.allocUnsafeSlow(text.length);
  bytes.write(text, 'latin1');
  return bytes;
}

/**
 * The CheckResponse for a decision, a character a byte. `status.code` is always written from the
 * registry: Envoy takes 0, and so an empty message, for an allow. Throws on a code that contradicts the
 * result, which the registry's test rules out.
 */
export function checkResponseText(decision: Decision): string {
  const { result, grpcCode } = decision.spec;
  const isAllow = result === 'allow';
  if (isAllow !== (grpcCode === 0)) {
    throw new Error(`reason ${decision.reason}: result and status code contradict each other`);
  }
  const status = message(1, varint(1, grpcCode));
  const metadata = dynamicMetadata(decision);
  // By number, as protobuf's own encoders write them.
  if (isAllow) return status + okResponse(decision) + metadata;
  if (decision.signal === 'error_response') return status + metadata + refusal(5, decision);
  return status + refusal(2, decision) + metadata;
}

function okResponse({ headers, headersToRemove, queryToRemove }: Decision): string {
  return message(
    3,
    all(headers, headerValueOption) +
      all(headersToRemove, (name) => string(5, name)) +
      all(queryToRemove, (name) => string(8, name)),
  );
}

/** A denied_response (2), or an error_response (5), to which Envoy applies failure_mode_allow. */
function refusal(number: 2 | 5, { httpStatus, headers, body }: Decision): string {
  const status = message(1, varint(1, httpStatus));
  return message(number, status + all(headers, headerValueOption) + string(3, body));
}

/**
 * `append` is what Envoy up to 1.36 reads, `append_action` what later ones do, and neither one's
 * default replaces a header that the downstream sent.
 */
function headerValueOption([name, value]: Header): string {
  return message(2, message(1, string(1, name) + string(2, value)) + REPLACES);
}

const REPLACES = message(2) + varint(3, OVERWRITE_IF_EXISTS_OR_ADD);

/** A Struct of strings, for access logs and other filters. */
function dynamicMetadata({ metadata }: Decision): string {
  const field = ([name, value]: Header): string =>
    message(1, string(1, name) + message(2, message(3, utf8(value))));
  return message(4, all(metadata, field));
}

function all<Item>(items: readonly Item[], encode: (item: Item) => string): string {
  let fields = '';
  for (const item of items) fields += encode(item);
  return fields;
}
