import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CheckRequest } from '../../src/sources/codec/check-request.ts';
import { extensionOf } from '../support/check-parts.ts';
import { disagreement } from './agreement.ts';
import { agreement } from './hostile.ts';
import { seeds } from './seeds.ts';

/** FUZZ_RUNS=1000000 for a long one; FUZZ_SEED repeats one that failed, whose seed it printed. */
const { FUZZ_RUNS = '150000', FUZZ_SEED } = process.env;
const RUNS = Number(FUZZ_RUNS);
const MS_PER_RUN = 1;

const decode = (bytes: Buffer) => new CheckRequest(bytes, { rpcHeader: () => undefined });

describe('CheckRequest', () => {
  it('agrees with protobufjs about hostile bytes', { timeout: 60_000 + RUNS * MS_PER_RUN }, () => {
    const seed = FUZZ_SEED === undefined ? {} : { seed: Number(FUZZ_SEED) };
    fc.assert(agreement(decode), { numRuns: RUNS, ...seed });
  });

  it.each([...seeds])('agrees with it about %s of a real Envoy, whole and cut off', (_, bytes) => {
    expect(decode(bytes).fault).toBeUndefined();
    for (let length = 0; length <= bytes.length; length++) {
      expect(disagreement(decode, bytes.subarray(0, length))).toBeUndefined();
    }
  });

  const inBothWays = [...seeds.keys()].flatMap((name) => /^(.*)-utf8$/.exec(name)?.[1] ?? []);

  it.each(inBothWays)('reads %s the same with raw headers and without', (name) => {
    const [utf8, raw] = ['utf8', 'raw'].map((way) => decode(seeds.get(`${name}-${way}`) as Buffer));
    for (const part of ['method', 'path', 'host'] as const) {
      expect(raw?.[part]).toBe(utf8?.[part]);
      expect(raw?.[part]).not.toBe('');
    }
    for (const header of [
      'authorization',
      ':method',
      'origin',
      'x-twice',
      'x-empty',
      'x-header-59',
    ]) {
      expect(raw?.header(header), header).toBe(utf8?.header(header));
    }
    expect(raw?.header('user-agent')).toBeUndefined();
    expect(extensionOf(raw, 'scopes')).toBe(extensionOf(utf8, 'scopes'));
  });

  it('reads what the real Envoy was sent', () => {
    const seed = (name: string) => decode(seeds.get(name) as Buffer);
    const get = seed('get-raw');
    expect([get.method, get.path, get.host]).toEqual(['GET', '/orders?id=1&x=%20', 'shop.example']);
    expect(get.header('authorization')).toBe('Bearer dummy.token.signature');
    expect(extensionOf(seed('extensions-raw'), 'scopes')).toBe('read write');
    expect(seed('repeated-raw').header('x-twice')).toBe('one,two');
    expect(seed('repeated-raw').header('authorization')).toMatch(/^Bearer dummy.*,Bearer second$/);
    expect(seed('latin1-utf8').header('x-latin1')).toBe('caf!');
    expect(seed('latin1-raw').header('x-latin1')).toBe('caf\ufffd');
    expect(seed('tcp').method).toBe('');
  });
});
