import { describe, expect, it } from 'vitest';
import type { Requirement } from '../../../src/domain/claims.ts';
import type { PathRule } from '../../../src/policy/path-pattern.ts';
import { createResolver, type ResolverOptions } from '../../../src/policy/resolver.ts';
import { RouteTable } from '../../../src/policy/route-table.ts';
import { type FakeCallOptions, fakeCheck } from '../../support/calls.ts';
import { fakeRequirement } from '../../support/requirements.ts';

const fallback = fakeRequirement({ scopes: ['usual'], audiences: ['here'] });
const open = fakeRequirement({ anonymous: true });
const admin = fakeRequirement({ scopes: ['admin'] });
const partner = fakeRequirement({ audiences: ['partner'], outage: 'stale' });

const prefix = (value: string): PathRule => ({ kind: 'prefix', value });
const rule = (path: string, value: Requirement, methods: readonly string[] = []) => ({
  methods,
  host: undefined,
  path: prefix(path),
  value,
});

const routes = new RouteTable([
  rule('/admin', admin, ['POST']),
  rule('/admin', open, ['OPTIONS']),
  rule('/public', open),
]);
const named = new Map([
  ['partner', partner],
  ['open', open],
]);

const resolver = (options: Partial<ResolverOptions> = {}) => {
  const policy = createResolver({ routes, fallback, named, ...options });
  return (check: FakeCallOptions) => policy.resolve(fakeCheck(check));
};
const resolve = resolver();

const say = (extensions: Readonly<Record<string, string>>, check: FakeCallOptions = {}) =>
  resolve({
    ...check,
    extensions: Object.fromEntries(
      Object.entries(extensions).map(([name, value]) => [`sluice.${name}`, value]),
    ),
  });

const misconfigured = (detail: string) => ({
  kind: 'route_fault',
  reason: 'misconfigured',
  detail,
});
const AMBIGUOUS = { kind: 'route_fault', reason: 'ambiguous_path', detail: 'ambiguous_path' };

describe('the rule of a request', () => {
  it.each<[FakeCallOptions, Requirement]>([
    [{ path: '/public/x?y' }, open],
    [{ path: '/%70ublic' }, open],
    [{ method: 'POST', path: '/admin' }, admin],
    [{ method: 'OPTIONS', path: '/admin' }, open],
    [{ method: 'GET', path: '/admin' }, fallback],
    [{ path: '/other' }, fallback],
    [{ method: 'OPTIONS', path: '*' }, fallback],
  ])('%j', (check, found) => {
    expect(resolve(check)).toBe(found);
  });

  it.each(['/public/../admin', '/public//', '', 'http://h/public'])(
    'cannot be said of the path %j',
    (path) => {
      expect(resolve({ path })).toEqual(AMBIGUOUS);
      expect(say({ policy: 'open' }, { path })).toEqual(AMBIGUOUS);
    },
  );

  it('does not matter where there are no rules', () => {
    const withoutRules = resolver({ routes: undefined });
    expect(withoutRules({ path: '/public/../admin' })).toBe(fallback);
    expect(withoutRules({ method: '', path: '' })).toBe(fallback);
  });

  it('looks at the host', () => {
    const byHost = resolver({
      routes: new RouteTable([{ ...rule('/', admin), host: 'admin.example' }]),
    });
    expect(byHost({ host: 'admin.example:8080' })).toBe(admin);
    expect(byHost({ host: 'api.example' })).toBe(fallback);
  });
});

it.each(['malformed_request', 'request_too_large'] as const)('leaves a %s to others', (fault) => {
  const extensions = { 'sluice.unknown': 'x' };
  expect(resolve({ fault, path: '', method: '', host: '', extensions })).toBe(fallback);
});

describe('extensions', () => {
  it('of others change nothing', () => {
    expect(resolve({ extensions: { outage_policy: 'allow', policy: 'open' } })).toBe(fallback);
  });

  it('choose a policy, in place of the rule', () => {
    expect(say({ policy: 'partner' })).toBe(partner);
    expect(say({ policy: 'partner' }, { path: '/public' })).toBe(partner);
  });

  it('change single fields of what holds otherwise', () => {
    expect(say({ required_scopes: 'a b' })).toEqual({ ...fallback, scopes: ['a', 'b'] });
    expect(say({ audience: 'c' }, { path: '/public' })).toEqual({ ...open, audiences: ['c'] });
    expect(say({ policy: 'partner', anonymous: 'allow', outage_policy: 'deny' })).toEqual({
      ...partner,
      anonymous: true,
      outage: 'deny',
    });
  });

  it.each([
    [{ required_scope: 'a' }, 'unknown_extension'],
    [{ policy: 'nobody' }, 'unknown_policy'],
    [{ policy: '' }, 'unknown_policy'],
    [{ policy: 'nobody', anonymous: 'yes' }, 'unknown_policy'],
    [{ policy: 'partner', anonymous: 'yes' }, 'bad_extension_value'],
    [{ anonymous: 'allow', outage_policy: 'never' }, 'bad_extension_value'],
  ])('%j are not understood: %s', (extensions, detail) => {
    expect(say(extensions)).toEqual(misconfigured(detail));
    expect(say(extensions)).toEqual(misconfigured(detail));
  });
});

describe('one object for each requirement', () => {
  it('whatever the order of the extensions', () => {
    const first = say({ audience: 'a', anonymous: 'allow' });
    expect(say({ anonymous: 'allow', audience: 'a' })).toBe(first);
    expect(say({ anonymous: 'deny', audience: 'a' })).not.toBe(first);
    expect(say({ audience: 'a' })).not.toBe(first);
  });

  it('and for each that it is made of', () => {
    const changed = say({ audience: 'a' });
    expect(say({ audience: 'a' }, { path: '/public' })).not.toBe(changed);
    expect(say({ audience: 'a' }, { path: '/public' })).toBe(
      say({ audience: 'a', policy: 'open' }),
    );
  });

  it('of the thousand that were used last', () => {
    const first = say({ audience: 'first' });
    const others = (count: number) => {
      for (let i = 0; i < count; i++) say({ audience: `a${i}` });
    };
    others(999);
    expect(say({ audience: 'first' })).toBe(first);
    others(1000);
    expect(say({ audience: 'first' })).not.toBe(first);
    expect(say({ audience: 'first' })).toEqual(first);
  });
});
