import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../../support/free-port.ts';
import { ScriptedRedis } from '../../support/scripted-redis.ts';
import { startSentinel } from '../../support/sentinel.ts';
import { missing } from '../../support/tools.ts';
import { until } from '../../support/until.ts';
import { startValkey } from '../../support/valkey.ts';
import { openAt, PREFIX, stopStores } from './store.ts';

const NAME = 'mymaster';
const SWITCH = '+switch-master';
const FAILOVER_MS = 30_000;

afterEach(stopStores);

/** A master, its replica and a sentinel; and a store that asks the sentinel, after one that is dead. */
async function start() {
  const stack = new AsyncDisposableStack();
  const master = stack.use(await startValkey());
  const config = [`replicaof 127.0.0.1 ${master.port}`];
  const replica = stack.use(await startValkey({ config }));
  const sentinel = stack.use(await startSentinel(master.port, NAME));
  await until(() => sentinel.log.includes('+slave'), FAILOVER_MS);
  const sentinels = [await freePort(), sentinel.port].map((port) => ({ host: '127.0.0.1', port }));
  const store = openAt({ sentinels, master: NAME, db: 0, tls: false });
  await until(store.isUp);
  const dispose = () => stack.disposeAsync();
  return { master, replica, ...store, [Symbol.asyncDispose]: dispose };
}

describe.skipIf(missing('valkey'))('with sentinels', () => {
  it('asks the master that they name', async () => {
    await using run = await start();
    await run.master.command('SET', `${PREFIX}bad`, 1);
    expect(await run.ask('bad', 'good')).toEqual(['revoked', 'not-revoked']);
  });

  it('follows to the new master when the old one dies', { timeout: 60_000 }, async () => {
    await using run = await start();
    await run.master.kill();
    await until(() => run.pool.component.state === 'degraded');
    await until(run.isUp, FAILOVER_MS);
    await run.replica.command('SET', `${PREFIX}bad`, 1);
    expect(await run.ask('bad', 'good')).toEqual(['revoked', 'not-revoked']);
  });

  it('lets go of an old master that hangs, and does not return to it', {
    timeout: 60_000,
  }, async () => {
    await using run = await start();
    run.master.pause();
    try {
      await until(() => run.pool.component.state === 'degraded');
      await until(run.isUp, FAILOVER_MS);
      await run.replica.command('SET', `${PREFIX}bad`, 1);
    } finally {
      run.master.resume(); // it still takes itself for the master
    }
    for (let i = 0; i < 50; i++) expect(await run.ask('bad')).toEqual(['revoked']);
  });

  it('does not take up an old master that hung while it was connected to', async () => {
    await using old = await startValkey();
    await using fresh = await startValkey();
    await using sentinel = await ScriptedRedis.start();
    await using publisher = await startValkey(); // what tells of a switch need be no sentinel
    await fresh.command('SET', `${PREFIX}bad`, 1);
    let master = old.port;
    let asked = 0;
    sentinel.script = ([name, what], truth) => {
      if (name !== 'sentinel') return truth;
      if (what !== 'get-master-addr-by-name') return '*0\r\n';
      asked++;
      return `*2\r\n$9\r\n127.0.0.1\r\n$${`${master}`.length}\r\n${master}\r\n`;
    };
    old.pause();
    try {
      const ports = [sentinel.port, publisher.port];
      const sentinels = ports.map((port) => ({ host: '127.0.0.1', port }));
      const store = openAt({ sentinels, master: NAME, db: 0, tls: false }, { size: 1 });
      await until(
        async () => `${await publisher.command('PUBSUB', 'NUMSUB', SWITCH)}` === `${SWITCH},1`,
      );
      const before = asked;
      await until(() => asked > before);
      await sleep(100); // its answer, and a connection that hangs
      master = fresh.port;
      await publisher.command(
        'PUBLISH',
        SWITCH,
        `${NAME} 127.0.0.1 ${old.port} 127.0.0.1 ${master}`,
      );
      await sleep(50);
      old.resume();
      await until(store.isUp);
      expect(await store.ask('bad')).toEqual(['revoked']);
    } finally {
      old.resume();
    }
  });
});
