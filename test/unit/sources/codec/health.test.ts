import { describe, expect, it } from 'vitest';
import {
  decodeHealthCheckRequest,
  encodeHealthCheckResponse,
  ServingStatus,
} from '../../../../src/sources/codec/health.ts';
import { definitions, encode } from '../../../support/protobuf.ts';
import { bytes, field, group, number, tag } from '../../../support/wire.ts';

const requestType = definitions.lookupType('grpc.health.v1.HealthCheckRequest');
const responseType = definitions.lookupType('grpc.health.v1.HealthCheckResponse');

describe('decodeHealthCheckRequest', () => {
  it.each(['', 'a', 'envoy.service.auth.v3.Authorization', 'é', 'x'.repeat(10_000)])(
    'reads the service: %s',
    (service) => {
      expect(decodeHealthCheckRequest(encode(requestType, { service }))).toBe(service);
    },
  );

  it.each<[name: string, expected: string, message: Buffer]>([
    ['takes the last one', 'b', bytes(field(1, 'a'), field(1, 'b'))],
    ['takes a last one that is empty', '', bytes(field(1, 'a'), field(1))],
    ['leaves out what it does not know', 'a', bytes(group(2), field(1, 'a'), number(1, 7))],
    ['never takes bad bytes for a name', '\ufffd', field(1, Buffer.from([0xff]))],
  ])('%s', (_, expected, message) => {
    expect(decodeHealthCheckRequest(message)).toBe(expected);
  });

  it.each<[name: string, message: Buffer]>([
    ['a field that is cut off', field(1, 'abc').subarray(0, -1)],
    ['field number 0', tag(0, 2)],
    ['a broken field after a good one', bytes(field(1, 'a'), tag(1, 7))],
  ])('refuses %s', (_, message) => {
    expect(decodeHealthCheckRequest(message)).toBeUndefined();
  });
});

describe('encodeHealthCheckResponse', () => {
  it.each(Object.entries(ServingStatus))('writes %s', (name, status) => {
    const message = responseType.decode(encodeHealthCheckResponse(status));
    expect(responseType.toObject(message, { enums: String })).toEqual({ status: name });
  });
});
