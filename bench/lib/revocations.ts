import { systemClock } from '../../src/domain/clock.ts';
import { Pool, type PoolOptions } from '../../src/revocation/redis/pool.ts';
import { RedisRevocations } from '../../src/revocation/redis/store.ts';
import { silentLogger } from '../../src/sinks/log/silent.ts';

/** The product's denylist in Redis, by itself; resolves once it is connected. */
export async function openRevocations(
  options: PoolOptions,
  prefix: string,
): Promise<RedisRevocations> {
  const pool = new Pool(options, systemClock, silentLogger);
  pool.start();
  while (pool.component.state !== 'ok') await new Promise((resolve) => setTimeout(resolve, 10));
  return new RedisRevocations(pool, prefix, systemClock);
}
