import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { overridesKey, ownExtensions, readOverrides } from '../../../src/policy/extensions.ts';

const own = (extensions: Readonly<Record<string, string>>) =>
  ownExtensions(Object.entries(extensions));
const read = (name: string, value: string) => readOverrides(new Map([[name, value]]));

const fault = (detail: string) => ({ kind: 'route_fault', reason: 'misconfigured', detail });

describe('whose extensions they are', () => {
  it.each([
    'outage_policy',
    'policy',
    'Sluice.policy',
    'sluice',
    'sluice_policy',
    'x.sluice.policy',
    '',
  ])('%j belongs to others', (name) => {
    expect(own({ [name]: 'x' })).toBeUndefined();
  });

  it.each(['policy', 'required_scopes', 'audience', 'anonymous', 'outage_policy'])(
    'sluice.%s is ours',
    (name) => {
      expect(own({ a: 'b', [`sluice.${name}`]: 'x', c: 'd' })).toEqual(new Map([[name, 'x']]));
    },
  );

  it.each([
    '',
    'Policy',
    'policy ',
    'scopes',
    'audiences',
    '__proto__',
    'constructor',
    'sluice.policy',
  ])('sluice.%s is nothing that we know', (name) => {
    expect(own({ 'sluice.policy': 'x', [`sluice.${name}`]: 'x' })).toEqual(
      fault('unknown_extension'),
    );
  });

  it('takes the last of two of a name', () => {
    const twice = ['a', 'b'].map((value): [string, string] => ['sluice.policy', value]);
    expect(ownExtensions(twice)).toEqual(new Map([['policy', 'b']]));
  });
});

describe('what they say', () => {
  it.each<[string, string, object]>([
    ['required_scopes', 'a', { scopes: ['a'] }],
    ['required_scopes', ' a  b:c ', { scopes: ['a', 'b:c'] }],
    ['audience', 'a', { audiences: ['a'] }],
    ['audience', 'a b, https://c.example/', { audiences: ['a b', 'https://c.example/'] }],
    ['anonymous', 'allow', { anonymous: true }],
    ['anonymous', 'deny', { anonymous: false }],
    ['outage_policy', 'deny', { outage: 'deny' }],
    ['outage_policy', 'stale', { outage: 'stale' }],
    ['outage_policy', 'allow', { outage: 'allow' }],
    ['policy', 'anything', {}],
  ])('%s: %j', (name, value, overrides) => {
    expect(read(name, value)).toEqual(overrides);
  });

  it.each([
    ['required_scopes', ''],
    ['required_scopes', ' '],
    ['required_scopes', 'a\tb'],
    ['required_scopes', 'a "b"'],
    ['required_scopes', 'a\\b'],
    ['required_scopes', 'é'],
    ['required_scopes', 'a\0'],
    ['audience', ''],
    ['audience', ' '],
    ['audience', 'a,'],
    ['audience', ',a'],
    ['audience', 'a,,b'],
    ['anonymous', ''],
    ['anonymous', 'true'],
    ['anonymous', 'Allow'],
    ['anonymous', 'allow '],
    ['outage_policy', ''],
    ['outage_policy', 'DENY'],
    ['outage_policy', 'pass'],
  ])('not %s: %j', (name, value) => {
    expect(read(name, value)).toEqual(fault('bad_extension_value'));
  });

  it('is read of all of them', () => {
    const all = new Map([
      ['policy', 'x'],
      ['outage_policy', 'stale'],
      ['anonymous', 'allow'],
      ['audience', 'a'],
      ['required_scopes', 'b'],
    ]);
    const overrides = { scopes: ['b'], audiences: ['a'], anonymous: true, outage: 'stale' };
    expect(readOverrides(all)).toEqual(overrides);
    expect(readOverrides(new Map([...all, ['audience', '']]))).toEqual(
      fault('bad_extension_value'),
    );
  });
});

it('has the same key for the same values in any order, and for no others', () => {
  const names = ['required_scopes', 'audience', 'anonymous', 'outage_policy'];
  const value = fc.oneof(
    fc.constantFrom('', 'a', ' ', 'a audience 1 a', '1 a ', '\0'),
    fc.string({ maxLength: 4 }),
  );
  const values = fc.dictionary(fc.constantFrom(...names), value);
  fc.assert(
    fc.property(values, values, (some, others) => {
      const entries = Object.entries(some);
      const key = overridesKey(new Map(entries));
      expect(overridesKey(new Map([['policy', 'x'], ...entries.toReversed()]))).toBe(key);
      const isSame = names.every((name) => some[name] === others[name]);
      expect(overridesKey(new Map(Object.entries(others))) === key).toBe(isSame);
      expect(key === '').toBe(entries.length === 0);
    }),
    { numRuns: 1000 },
  );
});

it('has another key for a value that reads like two', () => {
  const key = (extensions: Readonly<Record<string, string>>) =>
    overridesKey(new Map(Object.entries(extensions)));
  expect(key({ required_scopes: 'a audience b' })).not.toBe(
    key({ required_scopes: 'a', audience: 'b' }),
  );
  expect(key({ required_scopes: 'a audience 1 b' })).not.toBe(
    key({ required_scopes: 'a', audience: 'b' }),
  );
});
