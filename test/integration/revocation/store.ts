import type { RevocationQuery } from '../../../src/domain/claims.ts';
import { systemClock } from '../../../src/domain/clock.ts';
import type { RedisAddress } from '../../../src/revocation/redis/client.ts';
import { Pool, type PoolOptions } from '../../../src/revocation/redis/pool.ts';
import { RedisRevocations } from '../../../src/revocation/redis/store.ts';
import { RecordingLogger } from '../../support/logger.ts';

export const PREFIX = 'blacklist:';
const started: Pool[] = [];

/** For afterEach. */
export async function stopStores(): Promise<void> {
  for (const pool of started.splice(0)) await pool.stop();
}

export type OpenOptions = Partial<PoolOptions>;

/** A store over the Redis at a port of this machine, as `override` and `address` have it. */
export function open(port: number, override: OpenOptions = {}, address: object = {}) {
  return openAt({ host: '127.0.0.1', port, db: 0, tls: false, ...address }, override);
}

export function openAt(address: RedisAddress, override: OpenOptions = {}) {
  const logger = new RecordingLogger();
  const options: PoolOptions = {
    ...{ address, size: 2, minIdle: 1, readTimeoutMs: 5_000, writeTimeoutMs: 5_000 },
    probeKey: `${PREFIX}probe`,
    refused: new Set(['is_replica', 'evicts_keys'] as const),
    ...override,
  };
  const pool = new Pool(options, systemClock, logger);
  pool.start();
  started.push(pool);
  const store = new RedisRevocations(pool, PREFIX, systemClock);
  /** What is said of each, or why it is not known. */
  const lookup = async (...queries: RevocationQuery[]) => {
    const verdicts = await store.lookup(queries);
    return verdicts.map(({ state, detail }) => (state === 'unknown' ? detail : state));
  };
  const ask = (...ids: string[]) => lookup(...ids.map((id) => ({ scope: 'jti', id }) as const));
  const isUp = () => pool.component.state === 'ok';
  return { pool, store, lookup, ask, logger, isUp };
}
