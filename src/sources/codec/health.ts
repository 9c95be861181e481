import type { Readiness } from '../../domain/ports.ts';
import { FieldCursor } from './fields.ts';
import { varint } from './writer.ts';

/** grpc.health.v1.HealthCheckResponse.ServingStatus */
export const ServingStatus = { SERVING: 1, NOT_SERVING: 2, SERVICE_UNKNOWN: 3 } as const;
export type ServingStatus = (typeof ServingStatus)[keyof typeof ServingStatus];

/** The services whose health can be asked for; '' is the server as a whole. */
const SERVICES: ReadonlySet<string | undefined> = new Set([
  '',
  'envoy.service.auth.v3.Authorization',
]);

/** What a service is answered, '' and ours being the same as /ready. */
export function servingStatusOf(service: string | undefined, readiness: Readiness): ServingStatus {
  if (!SERVICES.has(service)) return ServingStatus.SERVICE_UNKNOWN;
  return readiness.ready ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
}

/** `service` of a HealthCheckRequest; undefined when malformed. */
export function decodeHealthCheckRequest(bytes: Buffer): string | undefined {
  const cursor = new FieldCursor().over(bytes, 0, bytes.length);
  let service = '';
  while (cursor.next()) {
    if (cursor.is(1)) service = bytes.toString('utf8', cursor.start, cursor.stop);
  }
  return cursor.broken ? undefined : service;
}

export function encodeHealthCheckResponse(status: ServingStatus): Uint8Array {
  return Buffer.from(varint(1, status), 'latin1');
}
