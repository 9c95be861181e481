import { Status } from './grpc-status.ts';
import { statusOnly } from './reply.ts';
import type { RequestHead } from './request-head.ts';
import { Route } from './route.ts';

/** An answer that needs no look at the message. */
export type Refused =
  | { readonly kind: 'status'; readonly frame: Uint8Array }
  | { readonly kind: 'plain'; readonly httpStatus: number; readonly text: string };

const status = (...parts: Parameters<typeof statusOnly>): Refused => ({
  kind: 'status',
  frame: statusOnly(...parts),
});
const plain = (httpStatus: number, text: string): Refused => ({ kind: 'plain', httpStatus, text });

// gRPC over HTTP/2, Responses: HTTP statuses are for those who do not speak gRPC.
const TOO_LARGE = plain(431, 'too many headers\n');
const NOT_POST = plain(405, 'this is a gRPC service: the method must be POST\n');
const NOT_GRPC = plain(415, 'this is a gRPC service: content-type must be application/grpc\n');
const NOT_SERVED = status(Status.UNIMPLEMENTED, 'unknown method');
const NOT_IDENTITY = status(Status.UNIMPLEMENTED, 'grpc-encoding must be identity', [
  ['grpc-accept-encoding', 'identity'],
]);
const NO_TIMEOUT = status(Status.INTERNAL, 'malformed grpc-timeout');

/** What a well-formed request gets for its headers alone; undefined when it is to be served. */
export function screen(
  head: RequestHead,
  isServed: (route: Route) => boolean,
): Refused | undefined {
  if (head.isTooLarge) return TOO_LARGE;
  if (!head.isPost) return NOT_POST;
  if (!head.isGrpc) return NOT_GRPC;
  if (head.route !== Route.CHECK && !isServed(head.route)) return NOT_SERVED;
  if (!head.isIdentity) return NOT_IDENTITY;
  if (Number.isNaN(head.timeoutMs)) return NO_TIMEOUT;
  return undefined;
}
