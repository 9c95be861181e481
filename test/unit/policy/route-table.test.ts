import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PathRule } from '../../../src/policy/path-pattern.ts';
import { type RouteRule, RouteTable } from '../../../src/policy/route-table.ts';

type Line = readonly [path: string, options?: Partial<Omit<RouteRule<string>, 'value'>>];

/** `=/a` exact, `/a` prefix, with braces or stars a template; the value is the text. */
function rule([text, options]: Line): RouteRule<string> {
  const isExact = text.startsWith('=');
  const kind = isExact ? 'exact' : /[{*]/.test(text) ? 'template' : 'prefix';
  const path: PathRule = { kind, value: isExact ? text.slice(1) : text };
  return { methods: [], host: undefined, path, value: text, ...options };
}

const table = (...lines: readonly Line[]) => new RouteTable(lines.map(rule));
const at = (path: string, ...lines: readonly Line[]) => table(...lines).find('GET', 'h', path);

describe('a path', () => {
  it.each<[rule: string, is: string[], isNot: string[]]>([
    ['=/', ['/'], ['/a', '*']],
    ['=/admin', ['/admin', '/admin/'], ['/', '/admin/x', '/administrator', '/Admin', '/x/admin']],
    ['=/admin/', ['/admin', '/admin/'], ['/', '/admin/x']],
    ['=/a%20b', ['/a%20b'], ['/a', '/a+b']],
    ['/', ['/', '/a', '/a/b/c/', '*'], []],
    ['/admin', ['/admin', '/admin/', '/admin/x', '/admin/x/'], ['/', '/administrator', '/x/admin']],
    ['/admin/', ['/admin', '/admin/', '/admin/x'], ['/administrator']],
    ['/a/b', ['/a/b', '/a/b/c'], ['/a', '/a/', '/b', '/a/bc']],
    ['/{x}', ['/a', '/a/', '/%20x'], ['/', '/a/b']],
    ['/users/{id}', ['/users/7', '/users/7/'], ['/users', '/users/', '/users/7/a']],
    ['/users/{id}/x', ['/users/7/x', '/users/x/x/'], ['/users/x', '/users/7/8/x', '/users/7']],
    ['/files/**', ['/files', '/files/', '/files/a', '/files/a/b/'], ['/', '/filesystem']],
    ['/a/{b}/**', ['/a/b', '/a/b/', '/a/b/c/d'], ['/a', '/a/', '/b/a/c']],
    ['/**', ['/', '/a', '/a/b', '*'], []],
  ])('%s', (text, is, isNot) => {
    for (const path of is) expect([path, at(path, [text])]).toEqual([path, text]);
    for (const path of isNot) expect([path, at(path, [text])]).toEqual([path, undefined]);
  });
});

describe('the first rule counts', () => {
  it.each<[path: string, lines: string[], found: string | undefined]>([
    ['/a/b', ['/a', '=/a/b'], '/a'],
    ['/a/b', ['=/a/b', '/a'], '=/a/b'],
    ['/a/c', ['=/a/b', '/a'], '/a'],
    ['/a/b', ['/{x}/b', '/a/{x}'], '/{x}/b'],
    ['/a/b', ['/a/{x}', '/{x}/b'], '/a/{x}'],
    ['/a/c', ['/{x}/b', '/{x}/c', '/a/**'], '/{x}/c'],
    ['/a/b/c', ['/a/b/d', '/a/{x}/e', '/{x}/b/c', '/'], '/{x}/b/c'],
    ['/a', ['/a', '/a'], '/a'],
    ['/b', ['/a'], undefined],
    ['/b', [], undefined],
  ])('%s in %j', (path, lines, found) => {
    expect(at(path, ...lines.map((line): Line => [line]))).toBe(found);
  });

  it('also of two that say the same', () => {
    const twice = [1, 2].map((value) => ({ ...rule(['/a']), value }));
    expect(new RouteTable(twice).find('GET', 'h', '/a')).toBe(1);
  });
});

describe('a method', () => {
  const methods = table(
    ['=/a', { methods: ['POST', 'PUT'] }],
    ['/', { methods: ['GET'] }],
    ['/**', { methods: ['HEAD'] }],
  );

  it.each<[string, string, string | undefined]>([
    ['POST', '/a', '=/a'],
    ['PUT', '/a', '=/a'],
    ['GET', '/a', '/'],
    ['HEAD', '/a', '/'],
    ['POST', '/b', undefined],
    ['post', '/a', undefined],
    ['get', '/a', undefined],
    ['OPTIONS', '/a', undefined],
    ['', '/a', undefined],
    ['__proto__', '/a', undefined],
  ])('%s %s', (method, path, found) => {
    expect(methods.find(method, 'h', path)).toBe(found);
  });

  it('HEAD alone is not GET', () => {
    expect(table(['/', { methods: ['HEAD'] }]).find('GET', 'h', '/')).toBeUndefined();
  });
});

describe('a host', () => {
  const hosts = table(
    ['=/a', { host: 'api.example' }],
    ['=/b', { host: '*.api.example' }],
    ['=/b', { host: '*.EXAMPLE' }],
    ['/', { host: 'API.example' }],
    ['/v6', { host: '[2001:db8::1]' }],
    ['/**'],
  );

  it.each<[host: string, path: string, found: string]>([
    ['api.example', '/a', '=/a'],
    ['API.Example', '/a', '=/a'],
    ['api.example.', '/a', '=/a'],
    ['api.example:8080', '/a', '=/a'],
    ['api.example.:80', '/a', '=/a'],
    ['api.example:', '/a', '=/a'],
    ['api.example:x', '/a', '=/a'],
    ['api.example:80:80', '/a', '=/a'],
    ['api.example', '/c', '/'],
    ['api.example', '/b', '=/b'],
    ['x.api.example', '/b', '=/b'],
    ['x.y.api.example', '/b', '=/b'],
    ['x.api.example:443', '/b', '=/b'],
    ['x.api.example', '/a', '/**'],
    ['xapi.example', '/a', '/**'],
    ['.example', '/b', '/**'],
    ['example', '/b', '/**'],
    ['api.example.org', '/a', '/**'],
    ['[2001:db8::1]', '/v6', '/v6'],
    ['[2001:DB8::1]:443', '/v6', '/v6'],
    ['[2001:db8::1', '/v6', '/**'],
    ['', '/a', '/**'],
    ['.', '/a', '/**'],
    ['*.api.example', '/a', '/**'],
  ])('%s %s', (host, path, found) => {
    expect(hosts.find('GET', host, path)).toBe(found);
  });

  it.each([
    '',
    '*',
    '*.',
    'a.*',
    '*a.b',
    'a:80',
    'a/b',
    'a..b',
    '.a',
    'a.',
    'http://a',
    'a b',
    '[a',
  ])('cannot be %j', (host) => {
    expect(() => table(['/a'], ['/b', { host }])).toThrow(
      `rule 2: host ${JSON.stringify(host)}: must be a name`,
    );
  });
});

it('names the rule whose path cannot be', () => {
  expect(() => table(['/a'], ['/b'], ['/c//d'])).toThrow(/^rule 3: path "\/c\/\/d": /);
});

/** What a rule says, read as it is documented, and slowly. */
function isFor(candidate: RouteRule<number>, method: string, host: string, path: string): boolean {
  const { methods, host: wanted, path: rulePath } = candidate;
  const covered = methods.includes('GET') ? [...methods, 'HEAD'] : methods;
  if (methods.length > 0 && !covered.includes(method)) return false;
  if (wanted?.startsWith('*')) {
    if (!host.endsWith(wanted.slice(1))) return false;
  } else if (wanted !== undefined && wanted !== host) return false;
  const bare = (text: string) => text.replace(/\/$/, '');
  const source = bare(rulePath.value)
    .replace(/\{\w+\}/g, '[^/]+')
    .replace(/\/\*\*$/, '(/.*)?');
  const end = rulePath.kind === 'prefix' ? '(/.*)?' : '';
  return new RegExp(`^${source}${end}$`).test(bare(path));
}

describe('a table', () => {
  const names = fc.constantFrom('a', 'b', 'c');
  const pathOf = (name: fc.Arbitrary<string>, min: number) =>
    fc
      .tuple(fc.array(name, { minLength: min, maxLength: 4 }), fc.constantFrom('', '', '/'))
      .map(([parts, end]) => `/${parts.join('/')}${parts.length > 0 ? end : ''}`);
  const literalRule = fc.record({
    kind: fc.constantFrom('exact', 'prefix' as const),
    value: pathOf(names, 0),
  });
  const templateRule = fc
    .tuple(pathOf(fc.oneof(names, fc.constant('{x}')), 1), fc.constantFrom('', '/**'))
    .map(([value, rest]) => ({
      kind: 'template' as const,
      value: `${value.replace(/\/$/, '')}${rest}`,
    }));
  const hosts = fc.constantFrom('a.example', 'b.example', 'x.a.example', 'example');
  const rules = fc.array(
    fc.record({
      methods: fc.subarray(['GET', 'HEAD', 'POST']),
      host: fc.option(fc.oneof(hosts, fc.constantFrom('*.example', '*.a.example')), {
        nil: undefined,
      }),
      path: fc.oneof(literalRule, templateRule) as fc.Arbitrary<PathRule>,
    }),
    { maxLength: 30 },
  );
  const methods = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT');

  it('finds what looking at one rule after another does', () => {
    const seen = { found: 0, none: 0 };
    fc.assert(
      fc.property(
        rules,
        fc.array(fc.tuple(methods, hosts, pathOf(names, 0)), { minLength: 10, maxLength: 10 }),
        (lines, requests) => {
          const numbered = lines.map((line, value) => ({ ...line, value }));
          const routes = new RouteTable(numbered);
          for (const [method, host, path] of requests) {
            const expected = numbered.find((line) => isFor(line, method, host, path))?.value;
            seen[expected === undefined ? 'none' : 'found']++;
            expect(routes.find(method, host, path)).toBe(expected);
          }
        },
      ),
      { numRuns: 1000 },
    );
    expect(Math.min(seen.found, seen.none)).toBeGreaterThan(1000);
  });

  it('bears a path of as many segments as one can have, in rule and request', () => {
    const deep = '/a'.repeat(4096);
    expect(at(deep, [`=${deep}`])).toBe(`=${deep}`);
    expect(at(deep, ['/{x}/b'], ['/a/**'])).toBe('/a/**');
  });
});
