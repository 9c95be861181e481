import { afterEach, describe, expect, it } from 'vitest';
import { missing } from '../../support/tools.ts';
import { until } from '../../support/until.ts';
import { startValkey } from '../../support/valkey.ts';
import { type OpenOptions, open, PREFIX, stopStores } from './store.ts';

const NOTHING_REFUSED: OpenOptions = { refused: new Set() };
const INSPECTED_BY_NOBODY = '2 of 2 connections, not_inspected, role_unconfirmed';
const EVICTS = ['maxmemory 100mb', 'maxmemory-policy volatile-lru'];

afterEach(stopStores);

describe.skipIf(missing('valkey'))('a server that may be wrong', () => {
  it('is not asked if it is a replica, until it is promoted', async () => {
    await using master = await startValkey();
    await using replica = await startValkey({ config: [`replicaof 127.0.0.1 ${master.port}`] });
    const { pool, ask, isUp } = open(replica.port);
    await until(() => pool.component.detail === '0 of 2 connections, last error is_replica');
    expect(await ask('a')).toEqual(['not_connected']);
    await replica.command('REPLICAOF', 'NO', 'ONE');
    await until(isUp);
    expect(await ask('a')).toEqual(['not-revoked']);
  });

  it('is let go of once it is demoted, though nobody asks it anything', async () => {
    await using master = await startValkey();
    await using other = await startValkey();
    const { pool, ask, isUp } = open(other.port);
    await until(isUp);
    await other.command('REPLICAOF', '127.0.0.1', master.port);
    await until(() => pool.component.state === 'degraded');
    await until(() => pool.component.detail === '0 of 2 connections, last error is_replica');
    expect(await ask('a')).toEqual(['not_connected']);
  });

  it('says of no token that it is not revoked from the instant it is demoted', async () => {
    await using master = await startValkey();
    await using other = await startValkey();
    await other.command('SET', `${PREFIX}bad`, 1);
    const { ask, isUp } = open(other.port, { size: 1 });
    await until(isUp);
    expect(await ask('bad', 'good')).toEqual(['revoked', 'not-revoked']);
    await other.command('REPLICAOF', '127.0.0.1', master.port);
    expect(await ask('bad', 'good')).toEqual(['revoked', 'is_replica']);
    expect(await ask('good')).not.toEqual(['not-revoked']);
  });

  it('is asked as a replica where the operator says so', async () => {
    await using master = await startValkey();
    await using replica = await startValkey({ config: [`replicaof 127.0.0.1 ${master.port}`] });
    const { ask, pool } = open(replica.port, NOTHING_REFUSED);
    await until(() => pool.component.detail === '2 of 2 connections, is_replica');
    expect(await ask('good')).toEqual(['not-revoked']);
  });

  it('is not asked if it evicts, until it does so no more', async () => {
    await using valkey = await startValkey({ config: EVICTS });
    const { pool, isUp } = open(valkey.port);
    await until(() => pool.component.detail === '0 of 2 connections, last error evicts_keys');
    await valkey.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    await until(isUp);
  });

  it('is asked all the same where the operator says so, and told of', async () => {
    await using valkey = await startValkey({ config: EVICTS });
    await valkey.command('SET', `${PREFIX}bad`, 1);
    const { pool, ask, logger } = open(valkey.port, NOTHING_REFUSED);
    await until(() => pool.component.detail === '2 of 2 connections, evicts_keys');
    expect(pool.component.state).toBe('degraded');
    expect(await ask('bad', 'good')).toEqual(['revoked', 'not-revoked']);
    const warnings = logger.lines.filter(({ level }) => level === 'warn');
    expect(warnings.map(({ fields }) => fields)).toEqual([{ code: 'evicts_keys' }]);
  });

  it('is told of when INFO and WAIT are forbidden', async () => {
    const config = [`user app on >secret ~${PREFIX}* +exists`];
    await using valkey = await startValkey({ config });
    const { pool, isUp, logger } = open(valkey.port, {}, { username: 'app', password: 'secret' });
    await until(() => pool.component.detail === INSPECTED_BY_NOBODY);
    expect(isUp()).toBe(true);
    expect(logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(2);
  });
});
