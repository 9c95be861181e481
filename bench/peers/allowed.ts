import { allow } from '../../src/domain/decision.ts';
import { encodeCheckResponse } from '../../src/sources/codec/check-response.ts';

/** What an upstream is told of a token of the corpus. */
export const allowedHeaders = [
  ['x-user-id', 'user-1'],
  ['x-auth-provider', 'corporate'],
] as const;

/** What Sluice answers to a token of the corpus. */
export const allowed: Buffer = Buffer.from(
  encodeCheckResponse(allow('success', allowedHeaders, [])),
);
