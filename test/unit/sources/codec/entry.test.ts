import { describe, expect, it } from 'vitest';
import { Entry } from '../../../../src/sources/codec/entry.ts';
import { bytes, field, fixed32, groups, number, tag } from '../../../support/wire.ts';

const KINDS = ['map-entry', 'header-value'] as const;
type Kind = (typeof KINDS)[number];

const key = (text: string) => field(1, text);
const value = (text: string) => field(2, text);
const raw = (text: string) => field(3, text);

function read(kind: Kind, ...fields: readonly Uint8Array[]): string {
  const entry = new Entry(kind, 0);
  const around = bytes('<<', ...fields, '>>');
  if (!entry.read(around, 2, around.length - 2)) return 'broken';
  const keyText = around.toString('utf8', entry.keyStart, entry.keyStop);
  return `${keyText}=${around.toString('utf8', entry.valueStart, entry.valueStop)}`;
}

describe.each(KINDS)('Entry as %s', (kind) => {
  it.each<[name: string, expected: string, fields: Uint8Array[]]>([
    ['key and value', 'k=v', [key('k'), value('v')]],
    ['value and key', 'k=v', [value('v'), key('k')]],
    ['no value', 'k=', [key('k')]],
    ['no key', '=v', [value('v')]],
    ['neither', '=', []],
    ['empty ones', '=', [key(''), value('')]],
    // Whose last byte, and what follows, look like a value behind a key of one byte of length.
    [
      'a key of 133 bytes',
      `${'a'.repeat(132)}\x12=${'v'.repeat(17)}`,
      [key(`${'a'.repeat(132)}\x12`), value('v'.repeat(17))],
    ],
    ...[127, 128, 129, 255, 256, 16_383, 16_384, 16_385].map(
      (length): [string, string, Uint8Array[]] => {
        const text = 'v'.repeat(length);
        return [`a value of ${length} bytes`, `k=${text}`, [key('k'), value(text)]];
      },
    ),
    ['the last key', 'b=v', [key('a'), key('b'), value('v')]],
    ['the last value', 'k=b', [key('k'), value('a'), value('b')]],
    ['the last value, which is empty', 'k=', [key('k'), value('a'), value('')]],
    ['unknown fields', 'k=v', [field(9, 'x'), key('k'), fixed32(2), number(1, 1), value('v')]],
    ['groups', 'k=v', [key('k'), groups(3, key('x')), value('v')]],
  ])('reads %s', (_, expected, fields) => {
    expect(read(kind, ...fields)).toBe(expected);
  });

  it.each<[name: string, fields: Uint8Array[]]>([
    ['a field that is cut off', [key('k'), value('v').subarray(0, -1)]],
    ['field number 0', [key('k'), tag(0, 2)]],
    ['the end of a group', [key('k'), tag(1, 4)]],
    ['a value that reaches past the end', [key('k'), tag(2, 2), Buffer.from([3])]],
  ])('refuses %s', (_, fields) => {
    expect(read(kind, ...fields)).toBe('broken');
  });

  it('starts anew each time', () => {
    const entry = new Entry(kind, 0);
    const full = bytes(key('key'), value('value'), raw('raw'));
    expect(entry.read(full, 0, full.length)).toBe(true);
    expect(entry.read(full, 0, 0)).toBe(true);
    expect([entry.keyStop - entry.keyStart, entry.valueStop - entry.valueStart]).toEqual([0, 0]);
  });

  it('knows its level', () => {
    const entry = new Entry(kind, 4);
    for (const [depth, expected] of [
      [96, true],
      [97, false],
    ] as const) {
      const message = groups(depth);
      expect(entry.read(message, 0, message.length)).toBe(expected);
    }
  });

  it('compares the whole key', () => {
    const entry = new Entry(kind, 0);
    const is = (present: string, asked: string) => {
      const message = bytes(key(present), value('v'));
      entry.read(message, 0, message.length);
      return entry.keyIs(message, asked);
    };
    expect(is('authorization', 'authorization')).toBe(true);
    expect(is('', '')).toBe(true);
    for (const other of [
      '',
      'a',
      'authorizatio',
      'authorization2',
      'authorizatiom',
      'Authorization',
      'buthorization',
    ]) {
      expect(is(other, 'authorization')).toBe(false);
      expect(is('authorization', other)).toBe(false);
    }
    expect(is('é', 'é')).toBe(false); // names are ASCII; bytes are not guessed at
  });
});

describe('raw_value', () => {
  it.each<[expected: string, fields: Uint8Array[]]>([
    ['k=r', [key('k'), raw('r')]],
    ['k=r', [key('k'), value('v'), raw('r')]],
    ['k=r', [raw('r'), value('v'), key('k')]],
    ['k=s', [key('k'), raw('r'), raw('s')]],
    ['k=v', [key('k'), value('v'), raw('')]],
    ['k=v', [key('k'), value('v'), raw('r'), raw('')]],
  ])('is what a header value has it for: %s', (expected, fields) => {
    expect(read('header-value', ...fields)).toBe(expected);
  });

  it('is an unknown field of a map entry', () => {
    expect(read('map-entry', key('k'), value('v'), raw('r'))).toBe('k=v');
    expect(read('map-entry', key('k'), raw('r'))).toBe('k=');
  });
});
