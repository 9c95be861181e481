import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { systemClock } from '../../../src/domain/clock.ts';
import { Connection } from '../../../src/revocation/redis/connection.ts';

/*
 * Prints how many bytes a lookup of two commands leaves in the old generation of V8's heap,
 * given the flags of Node.js that it is served with:
 *
 *     node promoted.ts 6379
 */

const LOOKUPS = 2_000;
const KEYS = 30;
/** Lookups between two minor collections. */
const BETWEEN = 20;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options: { readonly type: 'minor' | 'major' }) => void;

const connection = await Connection.open(
  {
    address: { host: '127.0.0.1', port: Number(process.argv[2]), db: 0, tls: false },
    ...{ readTimeoutMs: 5_000, writeTimeoutMs: 5_000, probeKey: 'probe', refused: new Set() },
  },
  systemClock,
);

async function ask(lookups: number): Promise<void> {
  for (let i = 1; i <= lookups; i++) {
    const exists = Array.from({ length: KEYS }, (_, key) => `blacklist:${i}:${key}`);
    await connection.ask([{ exists }, { exists: ['blacklist:alone'] }]);
    if (i % BETWEEN === 0) collect({ type: 'minor' });
  }
}

function oldBytes(): number {
  const old = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'old_space');
  return old?.space_used_size ?? Number.NaN;
}

await ask(LOOKUPS); // until V8 has compiled what it will
collect({ type: 'major' });
const before = oldBytes();
await ask(LOOKUPS);
process.stdout.write(`${(oldBytes() - before) / LOOKUPS}\n`);
connection.close('done');
