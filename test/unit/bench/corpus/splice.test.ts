import { describe, expect, it } from 'vitest';
import { readEnvoyCapture, TOKEN } from '../../../../bench/corpus/envoy.ts';
import { spliceHeader } from '../../../../bench/corpus/splice.ts';
import { CheckRequest } from '../../../../src/sources/codec/check-request.ts';

const captured = Buffer.from(readEnvoyCapture().message, 'hex');
const read = (message: Buffer) => new CheckRequest(message, { rpcHeader: () => undefined });

describe('spliceHeader', () => {
  it.each([1, 7, 100, 800, 3_000, 20_000])('puts in a token of %i bytes', (length) => {
    const token = 'x'.repeat(length);
    const check = read(spliceHeader(captured, TOKEN, token));
    expect(check.fault).toBeUndefined();
    expect(check.header('authorization')).toBe(`Bearer ${token}`);
    expect(check.header('dnt')).toBe('1');
    expect(check.path).toBe('/api/v1/orders/4711?expand=items');
    expect(check.host).toBe('api.example.com');
  });

  it('gives the same bytes for the same text', () => {
    expect(spliceHeader(captured, TOKEN, TOKEN)).toEqual(captured);
  });

  it('refuses what is in no header', () => {
    expect(() => spliceHeader(captured, 'nowhere', 'x')).toThrow('no header holds nowhere');
  });
});
