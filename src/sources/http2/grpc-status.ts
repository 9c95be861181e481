import { GrpcCode } from '../../domain/reason.ts';

/** Status of an RPC (github.com/grpc/grpc, doc/statuscodes.md): those of decisions, and the transport's. */
export const Status = {
  ...GrpcCode,
  NOT_FOUND: 5,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
} as const;
