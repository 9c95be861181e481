/**
 * The reason registry: every way a Check can end, in one table.
 *
 * The key is the reason's name wherever it appears: the metric label `reason`, the log field, the
 * `error` member of a response body and the entry in docs/decisions.md (generated from here).
 */

/** Allow and deny are about the caller; error is about us, and is never a 401 or 403. */
export type Result = 'allow' | 'deny' | 'error';

/** Status codes of gRPC (google/rpc/code.proto) that a CheckResponse of ours can carry. */
export const GrpcCode = {
  OK: 0,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  PERMISSION_DENIED: 7,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;
export type GrpcCode = (typeof GrpcCode)[keyof typeof GrpcCode];

export interface ReasonSpec {
  readonly result: Result;
  /** HTTP status the downstream sees; 200 on an allow, where the upstream answers instead. */
  readonly httpStatus: number;
  /** `status.code` of the CheckResponse. Only an allow may carry OK: Envoy reads 0 as ALLOW. */
  readonly grpcCode: GrpcCode;
  /** `message` of the body. Never says why a signature failed, never echoes input. */
  readonly message: string;
  /** What the `WWW-Authenticate` header says (RFC 6750, section 3); absent = no such header. */
  readonly challenge?: 'none' | 'invalid_token' | 'insufficient_scope';
  /** Whether FAILURE_SIGNAL applies. Never where a downstream's request alone can cause it. */
  readonly signalled?: true;
  /** Label `type` of ext_authz_errors_total; absent = not counted there. */
  readonly errorType?: string;
  /** One line for the documentation. */
  readonly description: string;
}

const table = {
  success: {
    result: 'allow',
    httpStatus: 200,
    grpcCode: GrpcCode.OK,
    message: '',
    description: 'The token verifies, is not revoked and has what the route requires.',
  },
  anonymous: {
    result: 'allow',
    httpStatus: 200,
    grpcCode: GrpcCode.OK,
    message: '',
    description:
      'There is no token, and the route does not ask for one; identity headers are removed.',
  },
  cors_preflight: {
    result: 'allow',
    httpStatus: 200,
    grpcCode: GrpcCode.OK,
    message: '',
    description: 'A CORS preflight from an allowed origin; credentials are removed.',
  },
  stale_verdict: {
    result: 'allow',
    httpStatus: 200,
    grpcCode: GrpcCode.OK,
    message: '',
    errorType: 'redis',
    description:
      'The denylist could not be asked, but had said a short while ago that the token is not revoked (OUTAGE_POLICY=stale).',
  },
  unchecked: {
    result: 'allow',
    httpStatus: 200,
    grpcCode: GrpcCode.OK,
    message: '',
    errorType: 'redis',
    description:
      'The denylist could not be asked, and the operator lets verified tokens pass all the same (OUTAGE_POLICY=allow).',
  },
  malformed_request: {
    result: 'deny',
    httpStatus: 400,
    grpcCode: GrpcCode.INVALID_ARGUMENT,
    message: 'The request could not be read.',
    description: 'The CheckRequest is not valid protobuf.',
  },
  request_too_large: {
    result: 'deny',
    httpStatus: 413,
    grpcCode: GrpcCode.INVALID_ARGUMENT,
    message: 'The request is too large.',
    description: 'The CheckRequest is larger than the limit on messages.',
  },
  ambiguous_path: {
    result: 'deny',
    httpStatus: 400,
    grpcCode: GrpcCode.INVALID_ARGUMENT,
    message: 'The path can be read in more than one way.',
    description:
      'The policy has rules for paths, and an upstream could take this path for another than we do.',
  },
  missing_header: {
    result: 'deny',
    httpStatus: 401,
    grpcCode: GrpcCode.UNAUTHENTICATED,
    message: 'A bearer token is required.',
    challenge: 'none',
    description: 'There is no token in any of the places where one is looked for.',
  },
  invalid_token: {
    result: 'deny',
    httpStatus: 401,
    grpcCode: GrpcCode.UNAUTHENTICATED,
    message: 'The token is not valid.',
    challenge: 'invalid_token',
    errorType: 'jwt_verify',
    description:
      'The credential is malformed, expired, not ours, or its signature does not verify.',
  },
  insufficient_scope: {
    result: 'deny',
    httpStatus: 403,
    grpcCode: GrpcCode.PERMISSION_DENIED,
    message: 'The token lacks a required scope.',
    challenge: 'insufficient_scope',
    description: 'The token verifies but lacks a scope the route requires.',
  },
  wrong_audience: {
    result: 'deny',
    httpStatus: 403,
    grpcCode: GrpcCode.PERMISSION_DENIED,
    message: 'The token is not meant for this route.',
    challenge: 'insufficient_scope',
    description: 'The token verifies but has none of the audiences the route requires.',
  },
  blacklisted: {
    result: 'deny',
    httpStatus: 403,
    grpcCode: GrpcCode.PERMISSION_DENIED,
    message: 'The token has been revoked.',
    description: 'The token is on the denylist.',
  },
  redis_error: {
    result: 'error',
    httpStatus: 503,
    grpcCode: GrpcCode.UNAVAILABLE,
    message: 'Authorization is temporarily unavailable.',
    signalled: true,
    errorType: 'redis',
    description: 'The denylist could not be asked, or its answer could not be trusted.',
  },
  keys_unavailable: {
    result: 'error',
    httpStatus: 503,
    grpcCode: GrpcCode.UNAVAILABLE,
    message: 'Authorization is temporarily unavailable.',
    errorType: 'keys',
    description: 'The key that signed the token could not be obtained.',
  },
  overload: {
    result: 'error',
    httpStatus: 503,
    grpcCode: GrpcCode.UNAVAILABLE,
    message: 'Authorization is temporarily unavailable.',
    signalled: true,
    errorType: 'overload',
    description: 'More checks are open, or have waited longer, than the limits allow.',
  },
  deadline: {
    result: 'error',
    httpStatus: 503,
    grpcCode: GrpcCode.DEADLINE_EXCEEDED,
    message: 'Authorization is temporarily unavailable.',
    signalled: true,
    errorType: 'deadline',
    description: 'No decision was reached before the deadline of the Check.',
  },
  misconfigured: {
    result: 'error',
    httpStatus: 503,
    grpcCode: GrpcCode.UNAVAILABLE,
    message: 'Authorization is temporarily unavailable.',
    errorType: 'misconfigured',
    description: "The route's context_extensions say something that Sluice does not understand.",
  },
  internal: {
    result: 'error',
    httpStatus: 503,
    grpcCode: GrpcCode.UNAVAILABLE,
    message: 'Authorization is temporarily unavailable.',
    errorType: 'internal',
    description: 'A fault of ours.',
  },
} as const satisfies Record<string, ReasonSpec>;

export type Reason = keyof typeof table;
export type AllowReason = {
  [R in Reason]: (typeof table)[R]['result'] extends 'allow' ? R : never;
}[Reason];
export type DenyReason = {
  [R in Reason]: (typeof table)[R]['result'] extends 'deny' ? R : never;
}[Reason];
export type ErrorReason = {
  [R in Reason]: (typeof table)[R]['result'] extends 'error' ? R : never;
}[Reason];

for (const spec of Object.values(table)) Object.freeze(spec);
export const reasons: Readonly<Record<Reason, ReasonSpec>> = Object.freeze(table);
/** Whether a check that ends so passes. */
export function isAllow(reason: Reason): reason is AllowReason {
  return reasons[reason].result === 'allow';
}

export const reasonNames = Object.freeze(Object.keys(table)) as readonly Reason[];
