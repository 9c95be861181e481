import type { Attributes } from '@opentelemetry/api';
import type { Settled } from '../../domain/call.ts';
import type { Decision } from '../../domain/decision.ts';
import { GrpcCode } from '../../domain/reason.ts';
import { requestAttributes } from '../request-attributes.ts';

/** `rpc.method` is fully qualified, and the name of the span (OpenTelemetry, RPC conventions). */
export const CHECK_METHOD = 'envoy.service.auth.v3.Authorization/Check';

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
    ...requestAttributes(check),
  };
  if (result === 'error') attributes['error.type'] = decision.reason;
  return attributes;
}

/** Status of the RPC itself: OK, but where FAILURE_SIGNAL turns an error into a status. */
function statusOf({ signal, spec }: Decision): string {
  return (signal === 'grpc_status' && codeNames.get(spec.grpcCode)) || 'OK';
}
