import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseGrpcTimeout } from '../../../../src/sources/http2/grpc-timeout.ts';

describe('parseGrpcTimeout', () => {
  it.each([
    ['1H', 3_600_000],
    ['2M', 120_000],
    ['3S', 3_000],
    ['4m', 4],
    ['5u', 0.005],
    ['6n', 0.000_006],
    ['0S', 0],
    ['0n', 0],
    ['007S', 7_000],
    ['99999999H', 359_999_996_400_000],
    ['99999999n', 99.999_999],
  ])('reads %s as %d ms', (text, ms) => {
    expect(parseGrpcTimeout(text)).toBeCloseTo(ms, 9);
  });

  it.each([
    ['nothing', ''],
    ['no digits', 'S'],
    ['no unit', '1'],
    ['a unit that is none', '1s'],
    ['the name of a unit', '1ms'],
    ['two units', '1SS'],
    ['the unit in front', 'S1'],
    ['nine digits', '123456789S'],
    ['nine digits of little worth', '000000001S'],
    ['a minus', '-1S'],
    ['a plus', '+1S'],
    ['a fraction', '1.5S'],
    ['an exponent', '1e3S'],
    ['hexadecimal', '0x1S'],
    ['a space between', '1 S'],
    ['a space in front', ' 1S'],
    ['a space behind', '1S '],
    ['a line break', '1S\n'],
    ['a line break in front', '\n1S'],
    ['digits that are not ASCII', '\u0661S'],
    ['words', 'infinity'],
  ])('takes %s for none', (_, text) => {
    expect(parseGrpcTimeout(text)).toBeNaN();
  });

  it('reads what the grammar allows and nothing else', () => {
    const near = fc.string({ unit: fc.constantFrom(...'0123456789HMSmun .-'), maxLength: 11 });
    fc.assert(
      fc.property(near, (text) => {
        expect(Number.isNaN(parseGrpcTimeout(text))).toBe(!/^[0-9]{1,8}[HMSmun]$/.test(text));
      }),
      { numRuns: 1_000 },
    );
  });
});
