import { describe, expect, it } from 'vitest';
import { FailoverWatch } from '../../../src/revocation/redis/failover-watch.ts';
import { freePort } from '../../support/free-port.ts';
import { missing } from '../../support/tools.ts';
import { until } from '../../support/until.ts';
import { startValkey, type Valkey } from '../../support/valkey.ts';

/** Anything that can publish will do for a sentinel here. */
async function start(sentinel: Valkey) {
  const switches: string[] = [];
  const ports = [await freePort(), sentinel.port];
  const sentinels = ports.map((port) => ({ host: '127.0.0.1', port }));
  const watch = new FailoverWatch({ sentinels, master: 'mine', db: 0, tls: false }, (to) => {
    switches.push(to);
  });
  const tell = async (name: string) =>
    Number(await sentinel.command('PUBLISH', '+switch-master', `${name} 10.0.0.1 1 10.0.0.2 1`));
  const dispose = () => watch.stop();
  return { switches: () => switches, tell, [Symbol.dispose]: dispose };
}

describe.skipIf(missing('valkey'))('FailoverWatch', () => {
  it('tells of another master of that name, and of no other', async () => {
    await using sentinel = await startValkey();
    using watch = await start(sentinel);
    await until(async () => (await watch.tell('other')) === 1);
    expect(watch.switches()).toEqual([]);
    await watch.tell('mine');
    await until(() => watch.switches().length === 1);
    expect(watch.switches()).toEqual(['10.0.0.2:1']);
  });

  it('listens again to a sentinel that comes back', async () => {
    await using sentinel = await startValkey();
    using watch = await start(sentinel);
    await until(async () => (await watch.tell('other')) === 1);
    await sentinel.restart();
    await until(async () => (await watch.tell('mine')) === 1);
    await until(() => watch.switches().length >= 1);
  });
});
