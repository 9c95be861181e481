import { describe, expect, it } from 'vitest';
import { FieldCursor } from '../../../../src/sources/codec/fields.ts';
import {
  bytes,
  field,
  fixed32,
  fixed64,
  group,
  groups,
  number,
  tag,
  varint,
} from '../../../support/wire.ts';

const GUARD = Buffer.from([0xff, 0x0a, 0x01, 0x41, 0xff]);

/** The fields as 'number:wire type:content in hex', or 'broken'; within bytes that are not ours. */
function walk(message: Uint8Array, cursor = new FieldCursor()): string[] | 'broken' {
  const around = bytes(GUARD, message, GUARD);
  const [start, end] = [GUARD.length, GUARD.length + message.length];
  cursor.over(around, start, end);
  const found: string[] = [];
  while (cursor.next()) {
    if (cursor.start < start || cursor.stop > end) throw new Error('left the message');
    const content = around.toString('hex', cursor.start, cursor.stop);
    found.push(`${cursor.number}:${cursor.wireType}:${content}`);
  }
  return cursor.broken ? 'broken' : found;
}

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const high = (count: number) => Buffer.alloc(count, 0x80);

describe('FieldCursor', () => {
  it.each<[name: string, message: Uint8Array, expected: string[]]>([
    ['nothing', bytes(), []],
    ['a varint', number(1, 300), ['1:0:ac02']],
    ['64 bits', fixed64(2), ['2:1:ffffffffffffffff']],
    ['a string', field(3, 'abc'), ['3:2:616263']],
    ['an empty string', field(3), ['3:2:']],
    ['an empty group', group(4), ['4:3:24']],
    ['32 bits', fixed32(5), ['5:5:ffffffff']],
    ['several', bytes(number(1, 1), field(1, 'x'), number(1, 2)), ['1:0:01', '1:2:78', '1:0:02']],
    ['the highest number', field(2 ** 29 - 1, 'x'), ['536870911:2:78']],
    ['a number of more bytes than it needs', hex('8a 80 80 80 00 01 78'), ['1:2:78']],
    ['a length of more bytes than it needs', hex('0a 81 80 80 80 00 78'), ['1:2:78']],
    ['a varint of ten bytes', hex('08 ffffffffffffffffff 01'), ['1:0:ffffffffffffffffff01']],
    [
      'a tenth byte with more than 64 bits, as official parsers do',
      hex('08 808080808080808080 7f'),
      ['1:0:8080808080808080807f'],
    ],
    [
      'a group with all types',
      group(1, number(1, 1), fixed64(1), field(1), fixed32(1)),
      ['1:3:080109ffffffffffffffff0a000dffffffff0c'],
    ],
    ['groups in a group', group(1, group(2, group(1))), ['1:3:130b0c140c']],
    ['groups side by side', group(1, group(2), group(2)), ['1:3:131413140c']],
    [
      'a string in a group that looks like its end',
      group(1, field(2, tag(1, 4))),
      ['1:3:12010c0c'],
    ],
  ])('reads %s', (_, message, expected) => {
    expect(walk(message)).toEqual(expected);
  });

  it.each<[name: string, message: Uint8Array]>([
    ['field number 0', hex('02 00')],
    ['field number 0 as a varint', hex('00 00')],
    ['field number 0 in a group', group(1, hex('00 00'))],
    ['wire type 6', hex('0e 00')],
    ['wire type 7', hex('0f 00')],
    ['wire type 7 in a group', group(1, hex('0f'))],
    ['a tag that is cut off', hex('8a')],
    ['a tag of six bytes', hex('8a 80 80 80 80 00 00')],
    ['a tag of more than 32 bits', hex('fa ff ff ff 1f 00')],
    ['a varint without content', tag(1, 0)],
    ['a varint that is cut off', bytes(tag(1, 0), high(3))],
    ['a varint of eleven bytes', bytes(tag(1, 0), high(10), hex('01'))],
    ['a varint of 1,000 bytes', bytes(tag(1, 0), high(999), hex('01'))],
    ['seven of eight bytes', fixed64(1).subarray(0, -1)],
    ['three of four bytes', fixed32(1).subarray(0, -1)],
    ['no length', tag(1, 2)],
    ['a length that is cut off', bytes(tag(1, 2), hex('80'))],
    ['a length of six bytes', bytes(tag(1, 2), high(5), hex('00'))],
    ['a length of more than 32 bits', bytes(tag(1, 2), hex('80 80 80 80 10'))],
    ['a length of 2^31', bytes(tag(1, 2), varint(2 ** 31))],
    ['a length of 2^32 - 1', bytes(tag(1, 2), varint(2 ** 32 - 1))],
    ['one byte less than the length', bytes(tag(1, 2), varint(3), 'ab')],
    ['a length past the end in a group', group(1, tag(1, 2), varint(2))],
    ['the end of no group', tag(1, 4)],
    ['the end of another group', bytes(tag(1, 3), tag(2, 4))],
    ['the end of the outer group first', bytes(tag(1, 3), tag(2, 3), tag(1, 4), tag(2, 4))],
    ['one end too many', bytes(group(1), tag(1, 4))],
    ['a group without an end', tag(1, 3)],
    ['a group within one, without its end', bytes(tag(1, 3), group(2))],
    ['a group cut off in a varint', bytes(tag(1, 3), tag(1, 0), high(2))],
    ['10,000 groups without an end', Buffer.alloc(10_000, tag(1, 3))],
  ])('refuses %s', (_, message) => {
    expect(walk(message)).toBe('broken');
    expect(walk(bytes(field(1, 'fine'), message))).toBe('broken');
  });

  it.each([0, 1, 5])('follows 100 levels in all, %i of them messages', (level) => {
    const cursor = new FieldCursor(level);
    expect(walk(groups(100 - level), cursor)).toHaveLength(1);
    expect(walk(bytes(groups(100 - level), groups(100 - level)), cursor)).toHaveLength(2);
    expect(walk(groups(101 - level), cursor)).toBe('broken');
    expect(walk(groups(100_000), cursor)).toBe('broken');
  });

  it('is used again after it broke', () => {
    const cursor = new FieldCursor();
    expect(walk(hex('00'), cursor)).toBe('broken');
    expect(cursor.next()).toBe(false);
    expect(walk(field(1, 'x'), cursor)).toEqual(['1:2:78']);
  });

  it('stays broken however often it is asked', () => {
    const message = bytes(tag(1, 4), field(1, 'x'));
    const cursor = new FieldCursor().over(message, 0, message.length);
    expect([cursor.next(), cursor.next(), cursor.broken]).toEqual([false, false, true]);
  });

  it('takes a field for what it is asked for only with the wire type of content', () => {
    const is = (message: Uint8Array, asked: number) => {
      const cursor = new FieldCursor().over(message, 0, message.length);
      return cursor.next() && cursor.is(asked);
    };
    expect(is(field(3, 'x'), 3)).toBe(true);
    expect(is(field(3, 'x'), 2)).toBe(false);
    for (const other of [number(3, 1), fixed64(3), fixed32(3), group(3)]) {
      expect(is(other, 3)).toBe(false);
    }
  });
});
