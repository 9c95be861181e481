import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { claimReader, isHeaderSafe, jtiHashReader } from '../../../src/jwt/claim-reader.ts';

const REFUSE = { encode: 'refuse', separator: ',' } as const;
const PERCENT = { encode: 'percent', separator: ',' } as const;

const read = (value: unknown, options: Parameters<typeof claimReader>[1] = REFUSE) =>
  claimReader(['claim'], options)({ claim: value });

describe('a claim', () => {
  it.each<[unknown, string]>([
    ['alice', 'alice'],
    ['a b', 'a b'],
    [7, '7'],
    [-7, '-7'],
    [0, '0'],
    [true, 'true'],
    [false, 'false'],
    [['a', 'b'], 'a,b'],
    [['a', 1, true], 'a,1,true'],
    [['a b'], 'a b'],
    ['x'.repeat(255), 'x'.repeat(255)],
    [['x'.repeat(4096)], 'x'.repeat(4096)],
  ])('%j is told', (value, told) => {
    expect(read(value)).toBe(told);
    expect(read(value, PERCENT)).toBe(told);
  });

  it.each([
    undefined,
    null,
    '',
    [],
    [''],
    ['a', ''],
    {},
    { a: 1 },
    [{}],
    [['a']],
    [null],
    1.5,
    1e300,
    'x'.repeat(256),
    ['x'.repeat(4097)],
    '\ud800',
  ])('%j is not told', (value) => {
    expect(read(value)).toBeUndefined();
    expect(read(value, PERCENT)).toBeUndefined();
  });

  it.each<[unknown, string]>([
    ['Jörg', 'J%C3%B6rg'],
    ['a\nb', 'a%0Ab'],
    ['100%', '100%25'],
    [' a ', '%20a%20'],
    ['a  b', 'a  b'],
    ['😀', '%F0%9F%98%80'],
    [['a,b', 'c'], 'a%2Cb,c'],
    ['a,b', 'a,b'],
    ['\0', '%00'],
  ])('%j that cannot stand in a header is left out, or encoded', (value, told) => {
    const isPlain = value === '100%' || value === 'a  b' || value === 'a,b';
    expect(read(value)).toBe(isPlain ? value : undefined);
    expect(read(value, PERCENT)).toBe(told);
  });

  it('may stand inside others, but not be inherited', () => {
    const nested = claimReader(['org', 'tenant'], REFUSE);
    expect(nested({ org: { tenant: 'acme' } })).toBe('acme');
    expect(nested({ org: 'acme' })).toBeUndefined();
    expect(nested({ org: null })).toBeUndefined();
    expect(nested({})).toBeUndefined();
    expect(claimReader(['constructor', 'name'], REFUSE)({})).toBeUndefined();
    expect(claimReader(['org', 'length'], REFUSE)({ org: ['a'] })).toBe(undefined);
  });

  it('is safe in a header whatever it is, and encoding loses nothing', () => {
    const item = fc.oneof(fc.string({ unit: 'binary' }), fc.boolean(), fc.maxSafeInteger());
    fc.assert(
      fc.property(fc.oneof(item, fc.array(item)), fc.constantFrom(',', '; ', '|'), (value, sep) => {
        const told = read(value, { encode: 'percent', separator: sep });
        if (told === undefined) return;
        expect(isHeaderSafe(told)).toBe(true);
        const items = Array.isArray(value) ? told.split(sep) : [told];
        expect(items.map(decodeURIComponent)).toEqual([value].flat().map(String));
        const plain = read(value, { encode: 'refuse', separator: sep });
        if (plain !== undefined) expect(isHeaderSafe(plain)).toBe(true);
      }),
    );
  });
});

it('of a jti a hash is told', () => {
  expect(jtiHashReader({ jti: 'a' })).toBe('ypeBEsobvcr6wjGzmiPcTaeG7_gUfE5yuYB3ha_uSLs');
  expect(jtiHashReader({})).toBeUndefined();
  expect(jtiHashReader({ jti: 1 })).toBeUndefined();
});
