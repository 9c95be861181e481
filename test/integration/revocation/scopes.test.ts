import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type RevocationQuery,
  type RevocationScope,
  revocationScopes,
} from '../../../src/domain/claims.ts';
import { keyOf } from '../../../src/revocation/redis/keys.ts';
import { type Command, ScriptedRedis } from '../../support/scripted-redis.ts';
import { missing } from '../../support/tools.ts';
import { until } from '../../support/until.ts';
import { startValkey, type Valkey } from '../../support/valkey.ts';
import { open, PREFIX, stopStores } from './store.ts';

afterEach(stopStores);

const jti = (id: string): RevocationQuery => ({ scope: 'jti', id });
const user = (issuedAt?: number, id = 'i alice'): RevocationQuery => ({
  ...{ scope: 'sub', id, issuedAt },
});

describe.skipIf(missing('valkey'))('with a real Valkey', () => {
  let valkey: Valkey;
  beforeAll(async () => {
    valkey = await startValkey();
  });
  afterAll(() => valkey.stop());
  beforeEach(() => valkey.command('FLUSHALL'));

  const set = (query: RevocationQuery, value: string | number = 1) =>
    valkey.command('SET', keyOf(query, PREFIX), value);
  const delete_ = (query: RevocationQuery) => valkey.command('DEL', keyOf(query, PREFIX));

  const start = async () => {
    const store = open(valkey.port, { size: 1, readTimeoutMs: 5_000 });
    await until(store.isUp);
    return store;
  };

  it.each(['jti', 'sid', 'kid', 'iss'] as const)(
    'knows a revoked %s from all else',
    async (scope) => {
      const { lookup } = await start();
      const all = revocationScopes.map((each): RevocationQuery => ({ scope: each, id: 'x' }));
      const expected = all.map((query) => (query.scope === scope ? 'revoked' : 'not-revoked'));
      await set({ scope, id: 'x' });
      for (let time = 0; time < 3; time++) expect(await lookup(...all)).toEqual(expected);
      for (const query of all) expect(await lookup(query)).toEqual([expected[all.indexOf(query)]]);
      await delete_({ scope, id: 'x' });
      for (let time = 0; time < 2; time++) {
        expect(await lookup(...all)).toEqual(all.map(() => 'not-revoked'));
      }
    },
  );

  it('revokes of a user what was issued up to the cut-off, or nobody knows when', async () => {
    const { lookup } = await start();
    const tokens = [user(99), user(100), user(101), user(), user(101, 'i bob')];
    const verdicts = ['revoked', 'revoked', 'not-revoked', 'revoked', 'not-revoked'];
    await set(user(), 100);
    for (let time = 0; time < 3; time++) expect(await lookup(...tokens)).toEqual(verdicts);
    expect(await lookup(user(100))).toEqual(['revoked']);
    expect(await lookup(jti('a'), user(101), jti('b'))).toEqual(Array(3).fill('not-revoked'));
    await set(user(), 101);
    expect(await lookup(user(101))).toEqual(['revoked']);
    await delete_(user());
    expect(await lookup(...tokens)).toEqual(tokens.map(() => 'not-revoked'));
  });

  it.each<[string, string, string, readonly (string | number)[]]>([
    ['a hash', 'WRONGTYPE', 'HSET', ['field', 1]],
    ['a list', 'WRONGTYPE', 'RPUSH', [1]],
    ['text', 'bad_cutoff', 'SET', ['yesterday']],
    ['nothing at all', 'bad_cutoff', 'SET', ['']],
    ['a time in ms, with a fraction', 'bad_cutoff', 'SET', ['1700000000.5']],
    ['a negative time', 'bad_cutoff', 'SET', ['-1']],
    ['more than there are seconds', 'bad_cutoff', 'SET', ['9007199254740992']],
  ])('says of a user whose key holds %s that it does not know: %s', async (_, code, name, args) => {
    const { lookup } = await start();
    await valkey.command(name, keyOf(user(), PREFIX), ...args);
    for (let time = 0; time < 2; time++) {
      expect(await lookup(user(1), jti('a'), user())).toEqual([code, 'not-revoked', code]);
      expect(await lookup(user(1))).toEqual([code]);
    }
  });

  it('comes back after it hung on a user whose key holds no cut-off', async () => {
    await set(user(), 'yesterday');
    const { lookup, isUp } = open(valkey.port, { size: 1, readTimeoutMs: 500 });
    await until(isUp);
    valkey.pause();
    expect(await lookup(user(1))).toEqual(['reply_timeout']);
    valkey.resume();
    await until(isUp);
    expect(await lookup(user(1), jti('a'))).toEqual(['bad_cutoff', 'not-revoked']);
  });

  it('takes any value of any other key for a revocation', async () => {
    const { lookup } = await start();
    await valkey.command('HSET', keyOf({ scope: 'sid', id: 's' }, PREFIX), 'any', 'type');
    await set({ scope: 'iss', id: 'i' }, '');
    expect(await lookup({ scope: 'sid', id: 's' }, { scope: 'iss', id: 'i' })).toEqual([
      ...['revoked', 'revoked'],
    ]);
  });

  it('says revoked from the moment it was written, whatever is asked meanwhile', async () => {
    const { lookup } = await start();
    const noise = new AbortController();
    const made = (async () => {
      for (let n = 0; !noise.signal.aborted; n++) {
        await lookup(jti(`n${n}`), user(n % 200), jti('noise'));
      }
    })();
    try {
      for (let round = 0; round < 150; round++) {
        const scope = revocationScopes[round % revocationScopes.length] as RevocationScope;
        const query: RevocationQuery = { scope, id: `r${round}`, issuedAt: 100 };
        await Promise.all([lookup(query), lookup(jti('x'), query), set(query, 100)]);
        const batches = Array.from({ length: 6 }, (_, i) => (i % 2 ? [query] : [jti('x'), query]));
        for (const verdicts of await Promise.all(batches.map((batch) => lookup(...batch)))) {
          expect(verdicts.at(-1)).toBe('revoked');
        }
      }
    } finally {
      noise.abort();
      await made;
    }
  });

  const ids = fc.constantFrom('a', 'b', 'c', ':', '-sid:a', 'i alice', 'é', '\u0000');
  const scope = fc.constantFrom(...revocationScopes);
  const times = fc.option(fc.constantFrom(0, 1, 5, 9, 10, 11, 1_700_000_000), { nil: undefined });
  const query = fc.record({ scope, id: ids, issuedAt: times });
  const value = fc.constantFrom('1', '5', '10', '0', 'x', '', '01', '1700000000', undefined);

  it('agrees with who asks for one key after the other, over 512 queries of all scopes', async () => {
    const { lookup } = await start();
    const keys = fc.uniqueArray(fc.record({ scope, id: ids, value }), {
      selector: ({ scope, id }) => `${scope} ${id}`,
      maxLength: 12,
    });
    const queries = fc.array(query, { minLength: 1, maxLength: 512, size: 'max' });
    const seen = new Set<string | undefined>();
    await fc.assert(
      fc.asyncProperty(
        keys,
        fc.array(queries, { minLength: 1, maxLength: 3 }),
        async (there, all) => {
          await valkey.command('FLUSHALL');
          const held = new Map<string, string | undefined>();
          for (const { scope, id, value } of there) {
            const key = keyOf({ scope, id }, PREFIX);
            held.set(key, value);
            if (value === undefined) await valkey.command('HSET', key, 'a', 'b');
            else await valkey.command('SET', key, value);
          }
          for (const batch of all) {
            const verdicts = await lookup(...batch);
            const expected = batch.map((each) => oracle(held, each));
            expect(verdicts).toEqual(expected);
            for (const verdict of verdicts) seen.add(verdict);
          }
        },
      ),
      // Each run is a conversation with a server: to look for the smallest that fails takes minutes.
      { numRuns: 60, endOnFailure: true },
    );
    expect([...seen].sort()).toEqual(['WRONGTYPE', 'bad_cutoff', 'not-revoked', 'revoked']);
  });
});

/** `held`: by key; undefined: something that is no text. */
function oracle(
  held: ReadonlyMap<string, string | undefined>,
  { scope, id, issuedAt }: RevocationQuery,
): string {
  const key = scope === 'jti' ? `blacklist:${id}` : `blacklist-${scope}:${id}`;
  if (!held.has(key)) return 'not-revoked';
  if (scope !== 'sub') return 'revoked';
  const text = held.get(key);
  if (text === undefined) return 'WRONGTYPE';
  if (String(Number(text)) !== text) return 'bad_cutoff';
  if (issuedAt === undefined) return 'revoked';
  return issuedAt > Number(text) ? 'not-revoked' : 'revoked';
}

describe('what goes over the wire', () => {
  it('is one command for a batch, each key once, and one more for what is there', async () => {
    await using redis = await ScriptedRedis.start();
    const sent: string[][] = [];
    redis.script = (command, truth) => {
      const isOurs = /^(exists|get)$/.test(command[0] ?? '') && !command.includes(`${PREFIX}probe`);
      if (isOurs) sent.push([...command]);
      if (command[0] !== 'get') return truth;
      return redis.keys.has(command[1] ?? '') ? '$1\r\n2\r\n' : '$-1\r\n';
    };
    const { lookup, isUp } = open(redis.port, { size: 1 });
    await until(isUp);
    const during = async (...queries: RevocationQuery[]) => {
      await lookup(...queries);
      return sent.splice(0);
    };
    const batch = [jti('a'), user(1), user(2), { scope: 'iss', id: 'i' }, user(3)] as const;
    const [a, alice, i] = ['blacklist:a', 'blacklist-sub:i alice', 'blacklist-iss:i'];
    expect(await during(...batch)).toEqual([['exists', a, alice, i]]);
    redis.keys.add(alice);
    expect(await during(...batch)).toEqual([
      ...[['exists', a, alice, i]],
      ...[
        ['exists', a],
        ['get', alice],
        ['exists', i],
      ],
    ]);
    expect(await during(...batch)).toEqual([
      ['exists', a, i],
      ['get', alice],
    ]);
    redis.keys.delete(alice);
    expect(await during(...batch)).toEqual([
      ['exists', a, i],
      ['get', alice],
    ]);
    expect(await during(...batch)).toEqual([['exists', a, alice, i]]);
    expect(await during(user(1), user(2))).toEqual([['get', alice]]);
  });
});

describe('with a server that answers badly', () => {
  const servers = new AsyncDisposableStack();
  afterAll(() => servers.disposeAsync());

  /** Has seen a key of the user in the crowd, and answers GET as it is told. */
  async function badServer(answer: (command: Command) => string | undefined): Promise<number> {
    const redis = servers.use(await ScriptedRedis.start());
    redis.script = (command, truth) => {
      if (command[0] === 'get') return answer(command) ?? { last: '' };
      return command.length > 2 ? ':1\r\n' : truth;
    };
    return redis.port;
  }

  it.each([
    ['an integer', ':0\r\n', 'unexpected_reply'],
    ['an array', '*1\r\n$1\r\n0\r\n', 'unexpected_reply'],
    ['an empty array', '*0\r\n', 'unexpected_reply'],
    ['a status', '+OK\r\n', 'bad_cutoff'],
    ['LOADING', '-LOADING Redis is loading the dataset in memory\r\n', 'LOADING'],
    ['no permission', '-NOPERM no permissions to run the get command\r\n', 'NOPERM'],
    ['the end of the connection', undefined, 'connection_lost'],
  ])('takes %s for unknown, of a user alone and among others', async (_, reply, detail) => {
    const port = await badServer(() => reply);
    const { lookup, isUp } = open(port, { size: 1 });
    await until(isUp);
    expect(await lookup(user(5))).toEqual([detail]);
    await until(isUp);
    expect((await lookup(jti('a'), user(5)))[1]).toBe(detail);
  });

  it('is not fooled by a value without an end', async () => {
    const port = await badServer(() => `$536870912\r\n${'1'.repeat(1024 * 1024)}`);
    const { lookup, isUp } = open(port, { size: 1, readTimeoutMs: 10_000 });
    await until(isUp);
    expect(await lookup(user(5))).toEqual(['reply_too_large']);
  });
});
