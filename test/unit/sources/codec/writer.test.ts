import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FieldCursor } from '../../../../src/sources/codec/fields.ts';
import { message, string, varint } from '../../../../src/sources/codec/writer.ts';
import * as wire from '../../../support/wire.ts';

const bytesOf = (written: string) => Buffer.from(written, 'latin1');
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('the writer', () => {
  it.each<[name: string, written: string, expected: string]>([
    ['a number', varint(1, 1), '0801'],
    ['a number of one byte', varint(1, 127), '087f'],
    ['a number of two bytes', varint(1, 128), '088001'],
    ['an HTTP status', varint(1, 503), '08f703'],
    ['the highest int32', varint(1, 2 ** 31 - 1), '08ffffffff07'],
    ['a field number of two bytes', varint(16, 1), '800101'],
    ['the highest field number', varint(2 ** 29 - 1, 1), 'f8ffffff0f01'],
    ['no number that is the default', varint(1, 0), ''],
    ['a string', string(2, 'abc'), '1203616263'],
    ['a string in UTF-8', string(2, 'é€😀'), '1209c3a9e282acf09f9880'],
    ['half a surrogate pair as U+FFFD', string(2, '\ud800'), '1203efbfbd'],
    ['no string that is the default', string(2, ''), ''],
    ['a string of 127 bytes', string(1, 'x'.repeat(127)), `0a7f${'78'.repeat(127)}`],
    ['a string of 128 bytes', string(1, 'x'.repeat(128)), `0a8001${'78'.repeat(128)}`],
    ['an empty message', message(3), '1a00'],
    ['a message of fields that are left out', message(3, varint(1, 0) + string(2, '')), '1a00'],
    ['a message of two fields', message(3, varint(1, 1) + string(2, 'x')), '1a050801120178'],
    ['a message in a message', message(1, message(1, message(1))), '0a040a020a00'],
    ['the highest field number of a message', message(2 ** 29 - 1), 'faffffff0f00'],
  ])('writes %s', (_, written, expected) => {
    expect(hex(bytesOf(written))).toBe(expected);
  });

  it('writes what the cursor reads', () => {
    const number = fc.integer({ min: 1, max: 2 ** 29 - 1 });
    fc.assert(
      fc.property(number, fc.uint8Array({ maxLength: 300 }), (at, content) => {
        const bytes = bytesOf(message(at, Buffer.from(content).toString('latin1')));
        const cursor = new FieldCursor().over(bytes, 0, bytes.length);
        expect(cursor.next() && cursor.is(at)).toBe(true);
        expect(hex(bytes.subarray(cursor.start, cursor.stop))).toBe(hex(content));
        expect([cursor.next(), cursor.broken]).toEqual([false, false]);
      }),
    );
  });

  it('writes what the tests write', () => {
    const number = fc.integer({ min: 1, max: 2 ** 29 - 1 });
    fc.assert(
      fc.property(number, fc.nat(), fc.string(), (at, value, text) => {
        if (value > 0) expect(hex(bytesOf(varint(at, value)))).toBe(hex(wire.number(at, value)));
        if (text !== '') expect(hex(bytesOf(string(at, text)))).toBe(hex(wire.field(at, text)));
      }),
    );
  });
});
