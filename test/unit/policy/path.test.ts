import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_PATH_BYTES, normalisePath } from '../../../src/policy/path.ts';
import { RouteTable } from '../../../src/policy/route-table.ts';
import { readers } from './upstream-readers.ts';

const prefix = (value: string) => ({
  methods: [],
  host: undefined,
  path: { kind: 'prefix', value } as const,
  value,
});
const admin = new RouteTable([prefix('/admin')]);

const judged = (target: string) => {
  const path = normalisePath(target);
  if (path === undefined) return 'ambiguous';
  return admin.find('GET', 'h', path) === undefined ? 'elsewhere' : 'admin';
};

const tricks: Readonly<Record<'admin' | 'ambiguous' | 'elsewhere', readonly string[]>> = {
  admin: [
    ...['/admin', '/admin/', '/admin/x', '/admin/x/', '/admin/x/y.json', '/admin/.x'],
    ...['/%61dmin', '/%61%64%6d%69%6e', '/%61%64%6D%69%6E', '/admi%6e', '/admin/%2ex'],
    ...['/admin?', '/admin?x', '/admin?x=/../', '/admin?/..', '/admin/?x', '/admin??', '/admin?#'],
    ...[
      '/admin?;',
      '/admin?%2e%2e',
      '/admin?\\',
      '/admin?//',
      '/admin?%',
      '/admin?%zz',
      '/admin?é',
    ],
    ...['/admin/a%20b', '/admin/%EA%B0%80', '/admin/a%3Ab', '/admin/%40', '/admin/%7B%7D'],
    ...['/admin/{id}', '/admin/"', '/admin/<>', '/admin/|', '/admin/^`', '/admin/[0]', '/admin/*'],
    ...['/admin/,', '/admin/=', '/admin/a..b', '/admin/..a', '/admin/a.b', '/admin/+', '/admin/~'],
  ],
  ambiguous: [
    // dots
    ...['/.', '/..', '/admin/.', '/admin/..', '/./admin', '/../admin', '/x/../admin', '/x/./admin'],
    ...['/admin/./', '/admin/../', '/admin/x/..', '/admin/../admin', '/x/..', '/x/../../admin'],
    ...['/...', '/admin/...', '/.../admin', '/admin.', '/admin..', '/admin./x', '/x../admin'],
    ...['/%2e', '/%2E%2e/admin', '/x/%2e%2e/admin', '/x/.%2e/admin', '/x/%2E./admin', '/%2e/admin'],
    ...['/admin/%2e', '/admin%2e', '/admin%2E/', '/admin/x/%2e%2e', '/admin.?x', '/admin/..?x'],
    // slashes
    ...[
      '//',
      '//admin',
      '///admin',
      '/admin//',
      '/x//admin',
      '//h/admin',
      '/admin//x',
      '//admin?x',
    ],
    ...['/%2fadmin', '/%2Fadmin', '/x%2fadmin', '/x/..%2fadmin', '/x%2f..%2fadmin', '/admin%2f'],
    ...['/admin%2F..', '/%2f%2fadmin', '/%2e%2e%2fadmin', '/x/%2e%2e%2fadmin'],
    ...[
      '\\admin',
      '/\\admin',
      '/x\\admin',
      '/x\\..\\admin',
      '/admin\\',
      '/admin\\..',
      '\\\\h\\admin',
    ],
    ...['/%5cadmin', '/%5Cadmin', '/x%5cadmin', '/x/..%5cadmin', '/admin%5c', '/admin%5C..'],
    // parameters
    ...['/admin;', '/admin;x', '/admin;x=y/z', '/;/admin', '/x;/admin', '/.;/admin', '/..;/admin'],
    ...['/x/..;/admin', '/x/.;/admin', '/admin;.css', '/admin/;x', '/;x=y/admin', '/;admin'],
    ...['/admin%3b', '/admin%3Bx', '/x/..%3b/admin', '/admin%3bjsessionid=1', '/%3b/admin'],
    // ends
    ...['/admin#', '/admin#x', '/admin#/../x', '/#/admin', '/x#/admin', '/x/#?/admin', '/admin#?'],
    ...['/admin%23', '/admin%23x', '/%23/admin', '/admin%3f', '/admin%3Fx', '/x%3f/../admin'],
    // twice
    ...['/%2561dmin', '/%252e%252e/admin', '/x/%252e%252e/admin', '/%252fadmin', '/x%255cadmin'],
    ...['/admin%25', '/admin%252f', '/admin%2520', '/%25%36%31dmin', '/%2500', '/admin%253b'],
    // escapes that are none
    ...['/%', '/%4', '/admin%', '/admin%2', '/%zz', '/admin%zz', '/%6', '/%6/admin', '/% 61dmin'],
    ...['/%u0061dmin', '/%u002e%u002e/admin', '/%u2215admin', '/admin%u0020', '/%0x61dmin'],
    // UTF-8 that is none
    ...['/%c0%af', '/%c0%afadmin', '/x/%c0%ae%c0%ae/admin', '/%c0%ae/admin', '/%e0%80%afadmin'],
    ...['/%f0%80%80%afadmin', '/%c1%a1dmin', '/%ff', '/admin%ff', '/%80', '/%c3', '/%ed%a0%80'],
    ...['/%f4%90%80%80', '/%c3%28', '/admin%c0%80', '/%c0%20', '/%fe%ff', '/%e2%82'],
    // no ASCII
    ...['/é', '/adm\u0131n', '/\uff41dmin', '/\uff0fadmin', '/\uff0e\uff0e/admin', '/\ud83d\ude00'],
    ...['/admin\u00a0', '/\u2025/admin', '/x\uff3cadmin', '/\ufffd', '/\u0161', '/\ud800', '/\xff'],
    // look-alikes
    ...['/%ef%bc%8fadmin', '/x%EF%BC%8Fadmin', '/x/%ef%bc%8e%ef%bc%8e/admin', '/%e2%80%a5/admin'],
    ...['/%ef%bc%8e/admin', '/.%ef%bc%8e/admin', '/%e2%80%a4%e2%80%a4/admin', '/admin/%e2%80%a6'],
    ...['/x%ef%bc%bcadmin', '/x%e2%88%95admin', '/x%e2%81%84admin', '/x%e2%88%96admin'],
    ...['/x%ef%b9%a8admin', '/%ef%b9%92%ef%b9%92/admin', '/x%e2%a7%b8admin'],
    // white space and controls
    ...[
      '/admin ',
      '/ admin',
      '/admin x',
      '/admin\t',
      '/ad\tmin',
      '/admin\n',
      '/\radmin',
      '/admin\0',
    ],
    ...['/\x01admin', '/admin\x7f', '/admin\x0b', '/admin\0.css', '/admin\r\n', '/x\r\n/admin'],
    ...['/admin%20', '/%20admin', '/admin%20/', '/x/%20admin', '/%20/admin', '/admin/%20', '/%20'],
    ...['/admin%09', '/ad%09min', '/admin%0a', '/admin%0d%0a', '/admin%00', '/admin%00.css'],
    ...['/%00admin', '/%01admin', '/admin%7f', '/admin%c2%85', '/admin%c2%a0', '/%e3%80%80admin'],
    ...['/admin%ef%bb%bf', '/admin%e2%80%a8', '/admin.%20', '/admin%20.', '/%1fadmin', '/admin%1b'],
    // other forms
    ...['', '?', '?/admin', 'admin', './admin', '../admin', 'http://h/admin', 'HTTP://h/admin'],
    ...['http:/admin', 'h:80', 'h/admin', '*/admin', '**', '*/', ' /admin', '\t/admin', '%2fadmin'],
    ...['#/admin', ';/admin', '\ufeff/admin', '*?', 'file:///admin', '.', '..'],
  ],
  elsewhere: [
    ...['/', '/?', '/?/../admin', '/?/admin', '/x?/../admin', '/x?../admin', '/x?#/admin'],
    ...['/Admin', '/ADMIN', '/%41dmin', '/administrator', '/admin.json', '/admin-x', '/admin~'],
    ...[
      '/adminx/',
      '/x/admin',
      '/admin%20x',
      '/admin,',
      '/admin:x',
      '/admin=',
      '/admin+',
      '/+admin',
    ],
    ...['/admin%2b', '/admin&x', '/@admin', '/:admin', '/$admin', '/.admin', '/..admin', '/*', '*'],
    ...['/admin%22', '/admins', '/%ef%bd%81dmin', '/adm%c4%b1n'],
    ...['/admin%e2%80%8b', '/admin%c2%ad', '/a.dmin', '/a/dmin', '/(admin)', "/'admin'", '/admin!'],
  ],
};

describe.each(Object.entries(tricks))('%s', (expected, targets) => {
  it.each(targets)('%j', (target) => {
    expect(judged(target)).toBe(expected);
  });
});

describe.each([...tricks.admin, ...tricks.elsewhere].filter((target) => target.startsWith('/')))(
  '%j is read as we do',
  (target) => {
    it.each(Object.entries(readers))('by one that %s', (_, read) => {
      const segments = read(target);
      expect(segments?.[0] === 'admin').toBe(judged(target) === 'admin');
    });
  },
);

describe('what clients send every day is not refused', () => {
  it.each<[string, string]>([
    ['/', '/'],
    ['/v1.2/users/7?fields=a,b', '/v1.2/users/7'],
    ['/users/6f9619ff-8b86-d011-b42d-00c04fc964ff', '/users/6f9619ff-8b86-d011-b42d-00c04fc964ff'],
    ['/.well-known/openid-configuration', '/.well-known/openid-configuration'],
    ['/assets/app.3f2a.min.js', '/assets/app.3f2a.min.js'],
    ['/~user/a_b-c', '/~user/a_b-c'],
    ['/users/a@b.example', '/users/a@b.example'],
    ['/users/a%40b.example', '/users/a@b.example'],
    ['/urn%3aisbn%3A1', '/urn:isbn:1'],
    ['/v1/things:batchGet', '/v1/things:batchGet'],
    ['/a+b%2Bc', '/a+b+c'],
    ["/Books(1)/Title('x')", "/Books(1)/Title('x')"],
    ['/a%28b%29', '/a(b)'],
    ['/a%20b/c%5f%7E', '/a%20b/c_~'],
    ['/%ed%95%9c%EA%B8%80', '/%ED%95%9C%EA%B8%80'],
    ['/caf%C3%a9/cafe%cc%81', '/caf%C3%A9/cafe%CC%81'],
    ['/%f0%9f%98%80', '/%F0%9F%98%80'],
    ['/To_be_continued%E2%80%A6', '/To_be_continued%E2%80%A6'],
    ['/%EF%BC%88%EF%BC%89', '/%EF%BC%88%EF%BC%89'],
    ['/[0]{x}|y^z"<>`', '/%5B0%5D%7Bx%7D%7Cy%5Ez%22%3C%3E%60'],
    ['/%5b0%5d%7bx%7d%7cy%5ez%22%3c%3e%60', '/%5B0%5D%7Bx%7D%7Cy%5Ez%22%3C%3E%60'],
    ['*', '*'],
  ])('%s is %s', (target, path) => {
    expect(normalisePath(target)).toBe(path);
  });
});

/** Of all that may stand in a segment, and of what readers differ on. */
const pieces = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('/', 'a', 'b', 'é', ':', '!', ' ', '{', '한', '+', '~') },
  { weight: 4, arbitrary: fc.constantFrom('/a', '/b', 'a!', '/a:', '/한') },
  { weight: 1, arbitrary: fc.constantFrom('.', '..', ';', '\\', '%', '?', '#', '\0', '\t', '／') },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
);

function escaped(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}

/** Each piece as it is, escaped, or escaped twice. */
const targets = fc
  .array(fc.tuple(pieces, fc.constantFrom(0, 0, 0, 0, 1, 1, 1, 2)), { maxLength: 6 })
  .map((parts) => {
    const spelled = parts.map(([text, times]) => {
      if (times === 0) return text;
      return times === 1 ? escaped(text) : escaped(text).replaceAll('%', '%25');
    });
    return `/${spelled.join('')}`;
  });

it('finds the rule that holds for what an upstream serves, however that reads', () => {
  const rules = ['a/b', 'a/a:', 'a!', 'a b', 'é', '한/a', 'b', 'a', '{', '+', '~'];
  const table = new RouteTable(rules.map((rule) => prefix(`/${encodeURI(rule)}`)));
  const ruleOf = (segments: readonly string[]) => {
    const at = `${segments.join('/')}/`;
    const found = rules.find((rule) => at.startsWith(`${rule}/`));
    return found === undefined ? undefined : `/${encodeURI(found)}`;
  };
  const seen = { taken: 0, ruled: 0, refused: 0 };
  fc.assert(
    fc.property(targets, (target) => {
      const path = normalisePath(target);
      if (path === undefined) {
        seen.refused++;
        return;
      }
      seen.taken++;
      const rule = table.find('GET', 'h', path);
      if (rule !== undefined) seen.ruled++;
      for (const [name, read] of Object.entries(readers)) {
        const segments = read(target);
        if (segments !== undefined) expect([name, ruleOf(segments)]).toEqual([name, rule]);
      }
    }),
    { numRuns: 10_000 },
  );
  expect(Math.min(seen.taken, seen.ruled, seen.refused)).toBeGreaterThan(200);
});

describe('the normal form', () => {
  /** Segments that mean the same to everybody. */
  const segments = fc
    .array(fc.string({ unit: fc.constantFrom(...'aZ09-_~!$&\'()*+,=:@.é한😀 "<>[]^`{|}') }), {
      minLength: 1,
      maxLength: 4,
    })
    .filter((names) => names.every((name) => /^[^ ].*$/u.test(name) && /[^. ]$/u.test(name)));
  const spell = (names: readonly string[], coin: () => boolean) =>
    names.map((name) => `/${[...name].map((char) => one(char, coin)).join('')}`).join('');
  const one = (char: string, coin: () => boolean) => {
    const isRaw = /[!-~]/.test(char) && coin();
    const hex = escaped(char);
    return isRaw ? char : coin() ? hex : hex.toUpperCase();
  };

  it('is the same for all spellings of a path, and no other', () => {
    fc.assert(
      fc.property(segments, segments, fc.infiniteStream(fc.boolean()), (names, others, coins) => {
        const coin = () => coins.next().value as boolean;
        const path = normalisePath(spell(names, coin));
        expect(path).toBe(encodeURI(`/${names.join('/')}`));
        expect(normalisePath(spell(names, coin))).toBe(path);
        expect(normalisePath(path as string)).toBe(path);
        const isSame = names.join('/') === others.join('/');
        expect(normalisePath(spell(others, coin)) === path).toBe(isSame);
      }),
      { numRuns: 500 },
    );
  });

  it('is what a browser makes of it, decoded', () => {
    fc.assert(
      fc.property(segments, fc.infiniteStream(fc.boolean()), (names, coins) => {
        const target = spell(names, () => coins.next().value as boolean);
        const { pathname } = new URL(`http://h${target}`);
        const path = normalisePath(pathname) as string;
        expect(decodeURIComponent(path)).toBe(decodeURIComponent(pathname));
      }),
    );
  });
});

describe('length', () => {
  const long = `/${'a'.repeat(MAX_PATH_BYTES - 1)}`;

  it('is bounded, without the query', () => {
    expect(normalisePath(long)).toBe(long);
    expect(normalisePath(`${long}?${'x'.repeat(MAX_PATH_BYTES)}`)).toBe(long);
    expect(normalisePath(`${long}a`)).toBeUndefined();
    expect(normalisePath(`${long}a?`)).toBeUndefined();
  });

  /** Each many times as slow to look at as the rest, if work grew faster than length. */
  it.each([
    '/',
    '.',
    '/.',
    '/a',
    'a.',
    '..a/',
    '%20',
    '%20a',
    '%e2%80%a6',
    '/%e2%80%a6a',
    'a%2e/',
    '{',
  ])('costs no more than in proportion, filled with %j', (piece) => {
    const target = `/${piece.repeat(MAX_PATH_BYTES)}`.slice(0, MAX_PATH_BYTES - 1);
    for (let i = 0; i < 100; i++) {
      normalisePath(target);
      normalisePath(`${target}a`);
      normalisePath(`${target};`);
    }
  });
});
