import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { revocationScopes } from '../../../../src/domain/claims.ts';
import { keyOf, probesOf, takesScopes } from '../../../../src/revocation/redis/keys.ts';

describe('keyOf', () => {
  it.each([
    ['jti', 'blacklist:abc'],
    ['sid', 'blacklist-sid:abc'],
    ['sub', 'blacklist-sub:abc'],
    ['kid', 'blacklist-kid:abc'],
    ['iss', 'blacklist-iss:abc'],
  ] as const)('has for each %s the key %s', (scope, key) => {
    expect(keyOf({ scope, id: 'abc' }, 'blacklist:')).toBe(key);
  });

  it('has a key of its own for each scope and id', () => {
    const hostile = fc.oneof(
      fc.string({ minLength: 1 }),
      fc.constantFrom('-sid:a', 'sid:a', ':a', 'a', 'blacklist-sid:a', '-iss:', 'iss:a'),
    );
    const question = fc.record({ scope: fc.constantFrom(...revocationScopes), id: hostile });
    fc.assert(
      fc.property(
        question,
        question,
        fc.constantFrom(':', 'blacklist:', 'a-sid:'),
        (a, b, prefix) => {
          const isSame = a.scope === b.scope && a.id === b.id;
          expect(keyOf(a, prefix) === keyOf(b, prefix)).toBe(isSame);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it.each(['blacklist', 'a:b', 'x'])('has with the prefix %j those of tokens alone', (prefix) => {
    expect(keyOf({ scope: 'jti', id: 'abc' }, prefix)).toBe(`${prefix}abc`);
    expect(() => keyOf({ scope: 'sid', id: 'abc' }, prefix)).toThrow(
      `REVOCATION_KEY_PREFIX cannot be "${prefix}" where more is revoked than single tokens; it must end in ":"`,
    );
    expect([takesScopes(prefix), takesScopes(`${prefix}:`)]).toEqual([false, true]);
  });
});

it('probes each scope as it is asked about', () => {
  expect(probesOf(['jti', 'sub', 'iss'], 'blacklist:')).toEqual([
    ...[{ exists: ['blacklist:sluice-probe'] }, { get: 'blacklist-sub:sluice-probe' }],
    ...[{ exists: ['blacklist-iss:sluice-probe'] }],
  ]);
});
