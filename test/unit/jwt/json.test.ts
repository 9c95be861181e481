import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJsonObject } from '../../../src/jwt/json.ts';

const parse = (text: string) => parseJsonObject(Buffer.from(text));

describe('what is read', () => {
  it.each<[string, object]>([
    ['{}', {}],
    [' \t\r\n{ "a" : 1 }\n', { a: 1 }],
    ['{"":1}', { '': 1 }],
    ['{"a":[{"b":1},{"b":2}]}', { a: [{ b: 1 }, { b: 2 }] }],
    ['{"a":{"b":1},"b":{"a":1}}', { a: { b: 1 }, b: { a: 1 } }],
    ['{"a":1,"A":2}', { a: 1, A: 2 }],
    ['{"é":1,"e\u0301":2}', { é: 1, 'e\u0301': 2 }],
    ['{"1":1,"01":2}', { 1: 1, '01': 2 }],
    ['{"a":"\u2028\u2029\u007f"}', { a: '\u2028\u2029\u007f' }],
    ['{"a":"\\ud800"}', { a: '\ud800' }],
    ['{"a":"😀"}', { a: '😀' }],
    ['{"constructor":1,"toString":2}', { constructor: 1, toString: 2 }],
  ])('%j', (text, value) => {
    expect(parse(text)).toEqual(value);
  });
});

describe('what is no JSON object', () => {
  it.each([
    ...[
      '',
      ' ',
      'null',
      'true',
      '1',
      '"a"',
      '[]',
      '[{}]',
      '{',
      '}',
      '{}}',
      '{}{}',
      '{} x',
      '{"a"}',
    ],
    ...['{"a":}', '{"a":1,}', '{,"a":1}', "{'a':1}", '{a:1}', '{"a":1 "b":2}', '{"a"::1}'],
    ...['{"a":01}', '{"a":+1}', '{"a":.5}', '{"a":1.}', '{"a":0x1}', '{"a":NaN}', '{"a":Infinity}'],
    ...['{"a":undefined}', '{"a":"\\x61"}', '{"a":"\\u006"}', '{"a":"\t"}', '{"a":"\n"}', '{"a":"'],
    ...['/**/{}', '{}//', '{"a":1}\0', '\0{}', '\u00a0{}', '{}\u00a0', '\u2028{}', '\v{}', '\f{}'],
    ...['\ufeff{}', '{}\ufeff', '{\ufeff}'],
  ])('%j', (text) => {
    expect(parse(text)).toBeUndefined();
  });
});

describe('bytes that are no UTF-8', () => {
  const inString = (...bytes: number[]) =>
    Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')]);

  it.each([
    ['a lone continuation', inString(0x80)],
    ['a sequence cut short', inString(0xe2, 0x82)],
    ['an overlong slash', inString(0xc0, 0xaf)],
    ['an overlong NUL', inString(0xe0, 0x80, 0x80)],
    ['an encoded surrogate', inString(0xed, 0xa0, 0x80)],
    ['a surrogate pair (CESU-8)', inString(0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80)],
    ['beyond U+10FFFF', inString(0xf4, 0x90, 0x80, 0x80)],
    ['0xFF', inString(0xff)],
    ['after the object', Buffer.from([0x7b, 0x7d, 0x80])],
    ['UTF-16', Buffer.from('{}', 'utf16le')],
    ['UTF-16 with a mark', Buffer.from('\ufeff{}', 'utf16le')],
    ['Latin-1', Buffer.from('{"a":"é"}', 'latin1')],
  ])('%s', (_, bytes) => {
    expect(parseJsonObject(bytes)).toBeUndefined();
  });
});

describe('a name that comes twice', () => {
  it.each([
    '{"a":1,"a":1}',
    '{"a":1,"b":2,"a":3}',
    '{"a":1,"\\u0061":2}',
    '{"\\u0061":1,"\\u0061":2}',
    '{"/":1,"\\/":2}',
    '{"\\u00e9":1,"é":2}',
    '{"\\ud83d\\ude00":1,"😀":2}',
    '{"":1,"":2}',
    '{"1":1,"1":2}',
    '{"__proto__":1,"__proto__":2}',
    '{"__proto__":{},"__proto\\u005f_":{}}',
    '{"a":{"b":1,"b":2}}',
    '{"a":[[{"b":1,"b":2}]]}',
    '{"a":{"b":1},"a":{"c":1}}',
    '{"a":{"x":1,"y":2,"z":3},"a":1}',
    '{"a":1,"a":{"x":1,"y":2}}',
    '{"a":{"b":1,"b":1},"b":"\\":"}',
    '{"a" : 1 , "a"\t:\n2}',
  ])('%s', (text) => {
    expect(parse(text)).toBeUndefined();
  });
});

describe('what only looks like a name', () => {
  it.each<[string, object]>([
    ['{"a":"\\"a\\":1"}', { a: '"a":1' }],
    ['{"a":"{\\"a\\":1,\\"a\\":2}"}', { a: '{"a":1,"a":2}' }],
    ['{"a":"\\\\","b":"\\\\\\":"}', { a: '\\', b: '\\":' }],
    ['{"a":":","b":["a:",":","::"]}', { a: ':', b: ['a:', ':', '::'] }],
    ['{"a":":\\"","b":1}', { a: ':"', b: 1 }],
    ['{"a:":1,"a":2}', { 'a:': 1, a: 2 }],
    ['{"a":"\\\\u0062","b":"\\\\\\\\"}', { a: '\\u0062', b: '\\\\' }],
  ])('%s', (text, value) => {
    expect(parse(text)).toEqual(value);
  });
});

describe('escapes in names', () => {
  it.each<[string, object]>([
    ['{"https:\\/\\/a.example\\/roles":"\\/"}', { 'https://a.example/roles': '/' }],
    ['{"\\u0061":"\\u0062\\n"}', { a: 'b\n' }],
    ['{"\\u00e9":1,"\\ud83d\\ude00" : 2}', { é: 1, '😀': 2 }],
    ['{"a":{"\\u0061\\u0062":[{"\\u0061":1}]}}', { a: { ab: [{ a: 1 }] } }],
  ])('reads %s', (text, value) => {
    expect(parse(text)).toEqual(value);
  });

  it.each(['"', '\\', '\n', '\0', 'a\\', '\\u0061', '\ud800'])('refuses the name %j', (name) => {
    expect(parse(JSON.stringify({ [name]: 1 }))).toBeUndefined();
    expect(parse(JSON.stringify({ a: [{ [name]: 1 }] }))).toBeUndefined();
  });

  // What was parsed before must not matter: in V8 it does.
  it.each([
    ['{"p":0,"\\\\":1}', '{"p":0,"\\u0061":1}', { p: 0, a: 1 }],
    ['{"q":0,"\\\\u0":1}', '{"q":0,"\\u0073ub":1}', { q: 0, sub: 1 }],
    ['{"r":0,"a\\\\/":1}', '{"r":0,"a\\/b":1}', { r: 0, 'a/b': 1 }],
    ['{"s":0,"sub":1,"\\\\u0":2}', '{"s":0,"sub":1,"\\u0073ub":2}', undefined],
    ['{"t":0,"\\\\u00":1}', '{"t":0,"\\u0063rit":1,"crit":1}', undefined],
  ])('after %s, reads %s', (before, text, value) => {
    for (let i = 0; i < 3; i++) {
      JSON.parse(before);
      parse(before);
      expect(parse(text)).toEqual(value);
    }
  });
});

it('takes __proto__ for a name like any other', () => {
  const value = parse('{"__proto__":{"sub":"admin"},"a":{"__proto__":null}}') ?? {};

  expect(Object.keys(value)).toEqual(['__proto__', 'a']);
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  expect(value.sub).toBeUndefined();
});

it.each(['[', '{"a":'])('does not throw on %s as deep as a token can go', (open) => {
  const depth = Math.floor(6000 / (open.length + 1));
  const close = open === '[' ? ']' : '}';
  const text = `{"a":${open.repeat(depth)}${open === '[' ? '' : '1'}${close.repeat(depth)}}`;

  expect(() => parse(text)).not.toThrow();
  expect(() => parse(`${text}}`)).not.toThrow();
});

/** An object as a list of members, so that it can name one twice. */
type Node = { members: [string, Node][] } | { items: Node[] } | { leaf: unknown };

const leaves = fc.oneof(fc.string(), fc.integer(), fc.constantFrom(null, true, '":', '\\', '\\u0'));
const names = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom('a', 'b', ':', '__proto__', '', 'é', '😀', '/') },
  { weight: 1, arbitrary: fc.string() },
);
const membersOf = (value: fc.Arbitrary<Node>) => fc.array(fc.tuple(names, value), { maxLength: 4 });

const { node } = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.record({ leaf: leaves }),
    fc.record({ items: fc.array(tie('node'), { maxLength: 3 }) }),
    fc.record({ members: membersOf(tie('node')) }),
  ),
}));

/** `hex`: for each character of a name in turn, whether it is written as \uXXXX. */
function write(value: Node, hex: () => boolean): string {
  if ('leaf' in value) return JSON.stringify(value.leaf);
  if ('items' in value) return `[${value.items.map((item) => write(item, hex)).join(' , ')}]`;
  const spell = (char: string) => (hex() ? escaped(char) : JSON.stringify(char).slice(1, -1));
  const members = value.members.map(
    ([name, child]) => `"${Array.from(name, spell).join('')}" : ${write(child, hex)}`,
  );
  return `{${members.join('\n,')}}`;
}

function escaped(char: string): string {
  const units = char.split('').map((unit) => unit.charCodeAt(0).toString(16).padStart(4, '0'));
  return `\\u${units.join('\\u')}`;
}

function everyObject(value: Node, holds: (names: readonly string[]) => boolean): boolean {
  if ('leaf' in value) return true;
  if ('items' in value) return value.items.every((item) => everyObject(item, holds));
  const { members } = value;
  const all = holds(members.map(([name]) => name));
  return all && members.every(([, child]) => everyObject(child, holds));
}

function read(value: Node): unknown {
  if ('leaf' in value) return value.leaf;
  if ('items' in value) return value.items.map(read);
  return Object.fromEntries(value.members.map(([name, child]) => [name, read(child)]));
}

it('refuses exactly what names a member twice, or with a name that needs an escape', () => {
  const seen = { plain: 0, refused: 0 };
  const isPlain = (name: string) => !JSON.stringify(name).includes('\\');
  fc.assert(
    fc.property(membersOf(node), fc.infiniteStream(fc.boolean()), (members, coin) => {
      const root = { members };
      const value = parse(write(root, () => coin.next().value as boolean));
      const unique = everyObject(root, (names) => new Set(names).size === names.length);
      if (unique && everyObject(root, (names) => names.every(isPlain))) {
        seen.plain++;
        expect(value).toEqual(read(root));
      } else {
        seen.refused++;
        expect(value).toBeUndefined();
      }
    }),
    { numRuns: 1000 },
  );
  expect(Math.min(seen.plain, seen.refused)).toBeGreaterThan(50);
});

it('never throws, whatever the bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      parseJsonObject(bytes);
    }),
  );
});
