import { createClient, cut, type RedisAddress } from './client.ts';
import { codeOf } from './errors.ts';

/** Puts a key on the denylist for `ttlSec` seconds, at least 1. Rejects with an error that tells a code. */
export async function revokeInRedis(
  address: RedisAddress,
  key: string,
  ttlSec: number,
): Promise<void> {
  const client = createClient(address);
  let failure: unknown;
  client.on('error', (error) => {
    failure ??= error;
  });
  try {
    await client.connect();
    await client.set(key, '1', 'EX', Math.max(Math.ceil(ttlSec), 1));
  } catch (error) {
    throw new Error(`Redis did not take it: ${codeOf(failure ?? error)}`);
  } finally {
    cut(client);
  }
}
