import fc from 'fast-check';
import { AUDIENCE, ISSUER } from '../support/tokens.ts';
import { NOW } from '../unit/jwt/verifier-setup.ts';

export const replace = (text: string, at: number, length: number, by: string) =>
  text.slice(0, at) + by + text.slice(at + length);

/** JSON text of an object given by its members, which may repeat, with some names in escapes. */
const objectText = (members: readonly (readonly [name: string, value: string])[]) =>
  members.map(([name, value]) => `${name}:${value}`).join(',');

const spelledName = (names: readonly string[]) =>
  fc.tuple(fc.constantFrom(...names), fc.nat(29)).map(([name, choice]) => {
    if (choice > 3) return JSON.stringify(name);
    const at = choice % Math.max(name.length, 1);
    const char = `\\u${(name.charCodeAt(at) || 0x20).toString(16).padStart(4, '0')}`;
    return `"${replace(name, at, 1, char)}"`;
  });

const STRANGE_NAMES = [
  '__proto__',
  'constructor',
  'crit',
  'b64',
  'jwk',
  'zip',
  '\\',
  '\\u0',
  '\\u0073',
  'a',
  '',
];
const STRANGE_VALUES = [
  ...['null', 'true', '""', '"a"', '" "', '"\\u0000"', '"\\ud800"', '"é"', '[]', '{}', '[[]]'],
  ...['0', '-0', '-1', '0.5', '1e999', '9007199254740992', '1700000060.0', '17e8', `"${NOW}"`],
  ...['{"a":1,"a":1}', '[{"b":1,"\\u0062":2}]', '"\\":"', '{"sub":"x"}', '"JWT"', '["exp"]'],
];

/** Mostly an object that would pass; `sound`: its members, of which the first are `required`. */
const nearlySound = (sound: Readonly<Record<string, fc.Arbitrary<string>>>, required: number) => {
  const names = Object.keys(sound);
  const base = fc.record(sound, { requiredKeys: names.slice(0, required) });
  const value = fc.oneof(
    fc.constantFrom(...STRANGE_VALUES),
    fc.json({ maxDepth: 2 }),
    fc.string({ unit: 'binary', maxLength: 300 }).map((text) => JSON.stringify(text)),
    fc.integer({ min: -10, max: 10 }).map((offset) => `${NOW + offset}`),
  );
  const oddity = fc.tuple(spelledName([...names, ...STRANGE_NAMES]), value);
  const oddities = fc.oneof(
    fc.constant<[string, string][]>([]),
    fc.array(oddity, { maxLength: 2 }),
  );
  return fc
    .record({ base, oddities, replacing: fc.boolean(), first: fc.boolean() })
    .map(({ base: members, oddities: more, replacing, first }) => {
      const odd = new Set(more.map(([name]) => name));
      const sane = Object.entries(members as Record<string, string>)
        .map(([name, text]) => [JSON.stringify(name), text] as const)
        .filter(([name]) => !(replacing && odd.has(name)));
      return `{${objectText(first ? [...more, ...sane] : [...sane, ...more])}}`;
    });
};

/** One of `good`, and now and then one that is just over the line. */
const json = (good: readonly unknown[], bad: readonly unknown[] = []) => {
  const texts = (values: readonly unknown[]) =>
    fc.constantFrom(...values.map((value) => JSON.stringify(value)));
  if (bad.length === 0) return texts(good);
  return fc.oneof({ weight: 40, arbitrary: texts(good) }, { weight: 1, arbitrary: texts(bad) });
};

const payloadText = nearlySound(
  {
    iss: json([ISSUER], [`${ISSUER}/`, ISSUER.toUpperCase(), [ISSUER]]),
    aud: json(
      [AUDIENCE, [AUDIENCE], ['x', AUDIENCE]],
      [`${AUDIENCE}2`, [], [[AUDIENCE]], [AUDIENCE, 1]],
    ),
    sub: json(['user', 'a b', 'x'.repeat(255)], ['x'.repeat(256), 'a\x7fb', 'a\n', '\tb']),
    jti: json(['id', 'é', 'x'.repeat(255)], ['é'.repeat(128), 'x'.repeat(256), 'a\ud800']),
    exp: json([NOW + 1, NOW + 3600, Number.MAX_SAFE_INTEGER], [NOW, NOW + 1.5]),
    nbf: json([0, NOW, NOW + 5], [NOW + 6, -1, 0.5]),
    iat: json([0, NOW, NOW + 5], [NOW + 6, -1, 0.5]),
    scope: json(['', 'read', 'read  write', ['read']]),
    provider: json(['idp', ' ', 'é', 1, 'a\n']),
  },
  5,
);

const headerText = nearlySound(
  {
    alg: json(['HS256'], ['hs256', 'none', 'HS512']),
    typ: json(['JWT', 'at+jwt', 'application/at+JWT'], ['JWS']),
    kid: json(['', 'k1'], [1]),
    x5t: json(['x']),
    cty: json(['JWT']),
  },
  1,
);

/** Something done to a text: characters changed, white space around, a mark in front, cut short. */
const disturbed = (text: fc.Arbitrary<string>) =>
  fc.oneof(
    { weight: 40, arbitrary: text },
    {
      weight: 2,
      arbitrary: fc
        .record({
          text,
          at: fc.nat(200),
          length: fc.nat(2),
          by: fc.string({ unit: 'binary', maxLength: 2 }),
        })
        .map(({ text: whole, at, length, by }) => replace(whole, at % whole.length, length, by)),
    },
    { weight: 1, arbitrary: text.map((whole) => ` \n${whole}\t\r`) },
    { weight: 1, arbitrary: text.map((whole) => `\ufeff${whole}`) },
    { weight: 1, arbitrary: text.map((whole) => `${whole}\0`) },
    { weight: 1, arbitrary: fc.oneof(fc.json(), fc.string({ unit: 'binary' }), fc.string()) },
  );

const asBytes = (text: fc.Arbitrary<string>): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    { weight: 40, arbitrary: disturbed(text).map((whole) => Buffer.from(whole)) },
    { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 80 }) },
    {
      weight: 3,
      arbitrary: fc
        .tuple(text, fc.nat(300), fc.integer({ min: 0x80, max: 0xff }))
        .map(([whole, at, byte]) => {
          const bytes = Buffer.from(whole);
          bytes[at % bytes.length] = byte;
          return bytes;
        }),
    },
  );

/** What stands in the segments of a token, as bytes: JSON that would pass, or nearly. */
export const headers = asBytes(headerText);
export const payloads = asBytes(payloadText);
