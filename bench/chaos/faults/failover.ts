import { freePort } from '../../../test/support/free-port.ts';
import { until } from '../../../test/support/until.ts';
import { startValkey, type Valkey } from '../../../test/support/valkey.ts';
import type { Fault, Group } from '../fault.ts';
import { type RedisRig, redisRig, type Settings } from '../rigs.ts';

export interface FailoverRig extends RedisRig {
  /** A replica of the Valkey that Sluice asks. */
  readonly replica: Valkey;
}

export async function failoverRig(settings: Settings = {}): Promise<FailoverRig> {
  await using stack = new AsyncDisposableStack();
  const rig = stack.use(await redisRig(settings));
  await rig.valkey.command('CONFIG', 'SET', 'repl-diskless-sync-delay', 0);
  const config = [`replicaof 127.0.0.1 ${rig.valkey.port}`, 'repl-diskless-sync-delay 0'];
  const replica = stack.use(await startValkey({ config }));
  await untilSame(rig.valkey, replica);
  const all = stack.move();
  return { ...rig, replica, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/**
 * Its replica takes over, and revocations are written there from that instant on, while the old one
 * hears nothing of them and answers all the same.
 */
export function demoted(lastsMs: number): Fault<FailoverRig> {
  return {
    name: 'demoted to a replica that lags behind',
    expect: { redis: 'gone', lastsMs },
    async inject({ valkey, replica, denylist }) {
      await takeOver(valkey, replica, denylist);
      await valkey.command('REPLICAOF', '127.0.0.1', await freePort());
    },
    async heal({ valkey, replica, denylist }) {
      await valkey.command('REPLICAOF', '127.0.0.1', replica.port);
      await takeOver(replica, valkey, denylist);
    },
  };
}

/** As it is done by hand: nothing is written until the new master has all there is. */
async function takeOver(
  from: Valkey,
  to: Valkey,
  denylist: FailoverRig['denylist'],
): Promise<void> {
  await from.command('CLIENT', 'PAUSE', 60_000, 'WRITE');
  await untilSame(from, to);
  await to.command('REPLICAOF', 'NO', 'ONE');
  await from.command('REPLICAOF', '127.0.0.1', to.port);
  denylist.moveTo(to.port);
  await from.command('CLIENT', 'UNPAUSE');
}

async function untilSame(master: Valkey, replica: Valkey): Promise<void> {
  await until(async () => {
    const link = await field(replica, 'master_link_status');
    const written = await field(master, 'master_repl_offset');
    return link === 'up' && (await field(replica, 'slave_repl_offset')) === written;
  });
}

async function field(valkey: Valkey, name: string): Promise<string | undefined> {
  const info = String(await valkey.command('INFO', 'replication'));
  return new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1];
}

export const failovers: Group<FailoverRig> = {
  name: 'failover',
  start: failoverRig,
  faults: [demoted(2_000)],
};
