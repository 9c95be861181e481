import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { probesOf } from '../../../src/revocation/redis/keys.ts';
import { type Answer, type Command, HANG, ScriptedRedis } from '../../support/scripted-redis.ts';
import { missing } from '../../support/tools.ts';
import { until } from '../../support/until.ts';
import { startValkey, type Valkey } from '../../support/valkey.ts';
import { open, PREFIX, stopStores } from './store.ts';

afterEach(stopStores);

describe.skipIf(missing('valkey'))('with a real Valkey', () => {
  it('says which tokens are revoked, alone, among others, and again', async () => {
    await using valkey = await startValkey();
    await valkey.command('SET', `${PREFIX}bad`, 1);
    await valkey.command('HSET', `${PREFIX}hash`, 'any', 'type');
    const { ask, isUp } = open(valkey.port);
    await until(isUp);
    expect(await ask('good')).toEqual(['not-revoked']);
    expect(await ask('bad')).toEqual(['revoked']);
    expect(await ask('a', 'bad', 'b', 'hash')).toEqual([
      'not-revoked',
      'revoked',
      'not-revoked',
      'revoked',
    ]);
    expect(await ask('bad', 'hash')).toEqual(['revoked', 'revoked']);
    await valkey.command('DEL', `${PREFIX}bad`);
    expect(await ask('bad', 'a')).toEqual(['not-revoked', 'not-revoked']);
  });

  it('asks once for a batch without a revoked token, and once with one seen lately', async () => {
    await using valkey = await startValkey();
    await valkey.command('SET', `${PREFIX}bad`, 1);
    const { ask, isUp } = open(valkey.port, { size: 1 });
    await until(isUp);
    const commandsOf = async (...ids: string[]) => {
      const before = await existsCalls(valkey);
      await ask(...ids);
      return (await existsCalls(valkey)) - before;
    };
    expect(await commandsOf('a', 'b', 'c')).toBe(1);
    expect(await commandsOf('a', 'bad', 'c')).toBe(1 + 3);
    expect(await commandsOf('a', 'bad', 'c')).toBe(2);
  });

  it('knows nothing while the server is away, and everything again by itself', async () => {
    await using valkey = await startValkey();
    const { pool, ask, isUp, logger } = open(valkey.port);
    await until(isUp);
    await valkey.stop();
    await until(() => pool.component.state === 'degraded');
    expect(await ask('a', 'b')).toEqual(['not_connected', 'not_connected']);
    await until(() => pool.component.detail === '0 of 2 connections, last error ECONNREFUSED');
    const lines = logger.lines.length;
    await sleep(1_000); // several attempts
    expect(logger.lines.length).toBe(lines);
    await valkey.restart();
    await until(isUp);
    expect(await ask('a')).toEqual(['not-revoked']);
  });

  it('starts without the server and is there when it comes', async () => {
    await using valkey = await startValkey();
    await valkey.stop();
    const { pool, isUp } = open(valkey.port);
    await sleep(100);
    expect(pool.component).toMatchObject({ name: 'redis', state: 'starting' });
    await valkey.restart();
    await until(isUp);
  });

  it('gives up on a server that hangs, within the time-out', async () => {
    await using valkey = await startValkey();
    const { pool, ask, isUp } = open(valkey.port, { readTimeoutMs: 100 });
    await until(isUp);
    valkey.pause();
    expect(await ask('a', 'b')).toEqual(['reply_timeout', 'reply_timeout']);
    await until(() => pool.component.state === 'degraded');
    valkey.resume();
    await until(isUp);
    expect(await ask('a')).toEqual(['not-revoked']);
  });

  it('says of when what is not revoked was asked about, and of when a revoked one was answered', async () => {
    await using valkey = await startValkey();
    await valkey.command('SET', `${PREFIX}bad`, 1);
    const { store, isUp } = open(valkey.port, { readTimeoutMs: 5_000 });
    await until(isUp);
    valkey.pause();
    const verdicts = store.lookup([
      { scope: 'jti', id: 'good' },
      { scope: 'jti', id: 'bad' },
    ]);
    const asked = performance.now();
    await sleep(20);
    valkey.resume();
    const [good, bad] = await verdicts;
    expect([good?.state, bad?.state]).toEqual(['not-revoked', 'revoked']);
    expect(good?.asOf).toBeLessThanOrEqual(asked);
    expect(bad?.asOf).toBeGreaterThan(asked);
  });

  it('takes what was answered while the event loop stood still, however long that was', async () => {
    await using valkey = await startValkey();
    const { pool, ask, isUp } = open(valkey.port, { readTimeoutMs: 500 });
    await until(isUp);
    const answer = ask('a');
    const end = performance.now() + 1_000;
    while (performance.now() < end);
    expect(await answer).toEqual(['not-revoked']);
    expect(pool.component.state).toBe('ok');
  });

  it('opens as many connections as it was told, in one database, under a name', async () => {
    await using valkey = await startValkey();
    const { pool } = open(valkey.port, { size: 4, minIdle: 3 }, { db: 3 });
    await until(() => pool.component.detail?.startsWith('4 of 4') === true);
    const clients = String(await valkey.command('CLIENT', 'LIST'));
    expect(clients.match(/name=sluice .*db=3/g)).toHaveLength(4);
  });

  it('gets by with the right to EXISTS alone', async () => {
    await using valkey = await startValkey({
      config: [`user app on >secret ~${PREFIX}* +exists`],
    });
    const { ask, isUp } = open(valkey.port, {}, { username: 'app', password: 'secret' });
    await until(isUp);
    expect(await ask('a')).toEqual(['not-revoked']);
  });

  it.each([
    ['a wrong password', 'user app on >secret ~* +@all', 'wrong', 'WRONGPASS'],
    ['no right to the keys', 'user app on >secret ~other:* +@all', 'secret', 'NOPERM'],
    ['no right to EXISTS', 'user app on >secret ~* +get', 'secret', 'NOPERM'],
  ])('is not ready with %s, and says so without telling it', async (_, user, password, code) => {
    await using valkey = await startValkey({ config: [user] });
    const { pool, logger, ask } = open(valkey.port, {}, { username: 'app', password });
    await until(() => pool.component.detail?.includes(code) === true);
    expect(pool.component.state).toBe('starting');
    expect(await ask('a')).toEqual(['not_connected']);
    expect(logger.text).toContain(code);
    expect(logger.text).not.toMatch(/secret|wrong|blacklist/);
  });

  it.each([
    [
      'all that it takes',
      '~blacklist:* ~blacklist-* +exists +get +info +wait',
      'ok',
      'connections',
    ],
    [
      'no right to the keys of other scopes',
      '~blacklist:* +exists +get +info',
      'starting',
      'NOPERM',
    ],
    ['no right to GET', '~blacklist:* ~blacklist-* +exists +info', 'starting', 'NOPERM'],
  ])('is asked about sessions and users with %s: %s', async (_, rights, state, detail) => {
    await using valkey = await startValkey({ config: [`user app on >secret ${rights}`] });
    const alsoProbed = () => probesOf(['sid', 'sub'], PREFIX);
    const account = { username: 'app', password: 'secret' };
    const { pool } = open(valkey.port, { size: 1, alsoProbed }, account);
    await until(() => pool.component.detail?.includes(detail) === true);
    await until(() => pool.component.state === state);
  });

  it('is back by itself once the password is right', async () => {
    await using valkey = await startValkey({ config: ['user app on >old ~* +@all'] });
    const { isUp } = open(valkey.port, {}, { username: 'app', password: 'new' });
    await sleep(100);
    await valkey.command('ACL', 'SETUSER', 'app', '>new');
    await until(isUp);
  });
});

async function existsCalls(valkey: Valkey): Promise<number> {
  const info = String(await valkey.command('INFO', 'commandstats'));
  return Number(/cmdstat_exists:calls=(\d+)/.exec(info)?.[1] ?? 0);
}

describe('with a server that answers badly', () => {
  const servers = new AsyncDisposableStack();
  afterAll(() => servers.disposeAsync());

  /** Answers the probe properly, and everything else as it is told; undefined = by hanging up. */
  async function badServer(answer: (command: Command) => Answer | undefined): Promise<number> {
    const redis = servers.use(await ScriptedRedis.start());
    redis.script = (command, truth) => {
      const isOurs = command[0] === 'exists' && !command.includes(`${PREFIX}probe`);
      return (isOurs ? answer(command) : truth) ?? { last: '' };
    };
    return redis.port;
  }

  it.each([
    ['nil', '$-1\r\n', 'unexpected_reply'],
    ['a string', '$1\r\n0\r\n', 'unexpected_reply'],
    ['a status', '+OK\r\n', 'unexpected_reply'],
    ['an array', '*1\r\n:0\r\n', 'unexpected_reply'],
    ['a negative count', ':-1\r\n', 'unexpected_reply'],
    ['more than was asked', ':3\r\n', 'unexpected_reply'],
    ['a huge count', ':9223372036854775807\r\n', 'unexpected_reply'],
    ['LOADING', '-LOADING Redis is loading the dataset in memory\r\n', 'LOADING'],
    ['MASTERDOWN', '-MASTERDOWN Link with MASTER is down\r\n', 'MASTERDOWN'],
    ['MOVED', '-MOVED 1234 127.0.0.1:1\r\n', 'MOVED'],
    ['an unknown command', "-ERR unknown command 'exists', with args: blacklist:x\r\n", 'ERR'],
    ['an error without a code', '-no idea\r\n', 'connection_lost'],
    ['no protocol', 'HTTP/1.1 400 Bad Request\r\n\r\n', expect.any(String)],
  ])('takes %s for unknown, never for "not revoked"', async (_, reply, detail) => {
    const port = await badServer(() => reply);
    const { ask, isUp } = open(port, { size: 1 });
    await until(isUp);
    expect(await ask('x', 'y')).toEqual([detail, detail]);
    await until(isUp);
    expect(await ask('z')).toEqual([_ === 'more than was asked' ? 'unexpected_reply' : detail]);
  });

  it.each([
    ['that it is a replica', '-ERR WAIT cannot be used with replica instances.\r\n', 'is_replica'],
    ['another error', '-LOADING not yet\r\n', 'LOADING'],
    ['no number', '+OK\r\n', 'unexpected_reply'],
  ])(
    'believes that keys exist, not that they do not, of a server whose WAIT says %s',
    async (_, reply, detail) => {
      const redis = servers.use(await ScriptedRedis.start());
      redis.keys.add(`${PREFIX}bad`);
      const { ask, isUp } = open(redis.port, { size: 1 });
      await until(isUp);
      expect(await ask('bad', 'good')).toEqual(['revoked', 'not-revoked']);
      redis.script = (command, truth) => (command[0] === 'wait' ? reply : truth);
      expect(await ask('bad', 'good')).toEqual(['revoked', detail]);
    },
  );

  it('is asked for no WAIT with lookups when it has answered none, and tells of it', async () => {
    const redis = servers.use(await ScriptedRedis.start());
    let asked = 0;
    redis.script = (command, truth) => {
      if (command[0] !== 'wait') return truth;
      asked++;
      return "-ERR unknown command 'WAIT'\r\n";
    };
    const { ask, isUp, pool } = open(redis.port, { size: 1 });
    await until(isUp);
    expect(await ask('good')).toEqual(['not-revoked']);
    expect(asked).toBe(1);
    expect(pool.component.detail).toBe('1 of 1 connections, role_unconfirmed');
  });

  it('knows only the keys that were answered when the connection is cut half-way', async () => {
    let singles = 0;
    const port = await badServer((command) => {
      if (command.length === 4) return ':1\r\n';
      return ++singles === 1 ? ':1\r\n' : undefined;
    });
    const { ask, isUp } = open(port, { size: 1 });
    await until(isUp);
    const [first, ...rest] = await ask('a', 'b', 'c');
    expect(first).toBe('revoked');
    for (const other of rest) expect(other).not.toMatch(/revoked/);
  });

  it('lets go of a server at a reply that is far too large, long before the time-out', async () => {
    const port = await badServer(() => `$536870912\r\n${'x'.repeat(1024 * 1024)}`);
    const { pool, ask, isUp } = open(port, { size: 1, readTimeoutMs: 10_000 });
    await until(isUp);
    expect(await ask('a')).toEqual(['reply_too_large']);
    await until(() => pool.component.detail?.includes('last error reply_too_large') === true);
  });

  it('asks ever less often a server whose probes are answered and whose lookups are not', async () => {
    let lookups = 0;
    const port = await badServer(() => {
      lookups++;
      return undefined;
    });
    const { ask, isUp } = open(port, { size: 1 });
    await until(isUp);
    const end = performance.now() + 2_000;
    while (performance.now() < end) {
      expect(await ask('a')).not.toContain('not-revoked');
      await sleep(1);
    }
    // Waits of 50 ms and twice that each time, at the shortest half of it.
    expect(lookups).toBeGreaterThan(1);
    expect(lookups).toBeLessThan(10);
  });

  it('has no lookup wait for a server that has kept one waiting, until it answers what it was asked', async () => {
    let hangs = true;
    const port = await badServer(() => (hangs ? HANG : ':0\r\n'));
    const { pool, ask } = open(port, { size: 2, readTimeoutMs: 100 });
    await until(() => pool.component.detail?.startsWith('2 of 2') === true);
    await Promise.all([ask('a', 'b'), ask('c')]);
    const reasons = new Set<unknown>();
    const end = performance.now() + 1_000;
    while (performance.now() < end) {
      reasons.add((await ask('d'))[0]);
      await sleep(1);
    }
    expect(reasons).toEqual(new Set(['not_connected']));
    hangs = false;
    await until(() => pool.component.state === 'ok');
    expect(await ask('d')).toEqual(['not-revoked']);
  });

  it('takes up no connection that was in the making when a lookup hung, and was not asked that', async () => {
    const redis = servers.use(await ScriptedRedis.start());
    const hung = Promise.withResolvers<void>();
    let probed = 0;
    redis.script = (command, truth) => {
      if (command.includes(`${PREFIX}a`)) return HANG;
      if (command.join(' ') !== 'info memory') return truth;
      probed++; // each connection at first, and again after 3 s
      if (probed === 1) return truth;
      return probed === 2 ? { last: '' } : hung.promise.then(() => truth);
    };
    const { ask, isUp } = open(redis.port, { size: 2, readTimeoutMs: 400 });
    await until(() => isUp() && probed === 2);
    expect(await ask('a')).toEqual(['reply_timeout']);
    hung.resolve();
    const end = performance.now() + 500;
    while (performance.now() < end) {
      expect(await ask('a')).toEqual(['not_connected']);
      await sleep(1);
    }
  });

  it('believes the single answers when the count says otherwise', async () => {
    const port = await badServer((command) => (command.length === 3 ? ':2\r\n' : ':0\r\n'));
    const { ask, isUp } = open(port, { size: 1 });
    await until(isUp);
    expect(await ask('a', 'b')).toEqual(['not-revoked', 'not-revoked']);
  });
});

it.each([
  ['a port nobody listens on', { host: '127.0.0.1', port: 1 }, 'ECONNREFUSED'],
  ['a host that does not exist', { host: 'redis.invalid' }, /ENOTFOUND|EAI_AGAIN/],
])('does not crash on %s', async (_, address, code) => {
  const { pool } = open(1, {}, address);
  await until(() => pool.component.detail?.includes('last error') === true);
  expect(pool.component.detail).toMatch(code);
  expect(pool.component.state).toBe('starting');
});
