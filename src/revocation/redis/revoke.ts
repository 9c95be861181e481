import type { Redis } from 'ioredis';
import type { RevocationQuery } from '../../domain/claims.ts';
import type { Revocation } from '../revocation.ts';
import { createClient, cut, type RedisAddress } from './client.ts';
import { codeOf, RedisFault } from './errors.ts';
import { keyOf } from './keys.ts';
import { parseCutOff } from './replies.ts';

/** Attempts: each one that fails does so because somebody else's did not. */
const MAX_TRIES = 100;

/**
 * Puts something on the denylist for `ttlSec` seconds, at least 1. Nothing is taken back by it: what
 * the key says already stays, a cut-off that is later or a time to live that is longer. Resolves with
 * the cut-off now in force, if there is one; rejects with an error that tells a code and no id.
 */
export async function revokeInRedis(
  address: RedisAddress,
  prefix: string,
  revocation: Revocation,
  ttlSec: number,
): Promise<number | undefined> {
  const key = keyOf(revocation, prefix);
  const cutOff = revocation.scope === 'sub' ? revocation.cutOff : undefined;
  const inForce = await withRedis(address, async (client) => {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const outcome = await tryToSet(client, key, cutOff, ttlSec);
      if (outcome !== 'overtaken') return outcome;
    }
    throw new RedisFault('overtaken');
  });
  if (inForce !== 'no_cut_off') return inForce.cutOff;
  throw new Error('the key of this user holds something that is no cut-off; remove it with --undo');
}

/** Takes something off the denylist. Resolves with whether it was there; rejects as revokeInRedis. */
export async function restoreInRedis(
  address: RedisAddress,
  prefix: string,
  revoked: Pick<RevocationQuery, 'scope' | 'id'>,
): Promise<boolean> {
  const key = keyOf(revoked, prefix);
  return (await withRedis(address, (client) => client.del(key))) > 0;
}

/** By WATCH, and so without a script: whoever changes the key after it was read undoes the attempt. */
async function tryToSet(client: Redis, key: string, cutOff: number | undefined, ttlSec: number) {
  await client.watch(key);
  const ttlMs = await client.pttl(key);
  let highest = cutOff;
  if (cutOff !== undefined) {
    const held = await client.get(key);
    const before = held === null ? 0 : parseCutOff(held);
    if (before === undefined) return 'no_cut_off';
    highest = Math.max(cutOff, before);
  }
  const value = String(highest ?? 1);
  const seconds = Math.max(Math.ceil(ttlSec), Math.ceil(ttlMs / 1000), 1);
  const set = client.multi();
  if (ttlMs === NO_END) set.set(key, value);
  else set.set(key, value, 'EX', seconds);
  const replies = await set.exec();
  if (replies === null) return 'overtaken';
  const [error] = replies[0] ?? [new RedisFault('unexpected_reply')];
  if (error !== null) throw error;
  return { cutOff: highest };
}

/** Reply to PTTL for a key that never ends. */
const NO_END = -1;

async function withRedis<T>(address: RedisAddress, task: (client: Redis) => Promise<T>) {
  const client = createClient(address);
  let failure: unknown;
  client.on('error', (error) => {
    failure ??= error;
  });
  try {
    await client.connect();
    return await task(client);
  } catch (error) {
    // That EXEC was not carried out says less than why.
    const [cause = error] = (error as { previousErrors?: readonly unknown[] }).previousErrors ?? [];
    throw new Error(`Redis did not take it: ${codeOf(failure ?? cause)}`);
  } finally {
    cut(client);
  }
}
