import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const ROUNDS = 5;

/** How many of the objects are still in memory, once no more of them goes away. */
export async function survivors(refs: readonly WeakRef<object>[]): Promise<number> {
  let alive = refs.length;
  for (let round = 0; round < ROUNDS && alive > 0; round++) {
    await sleep(1); // a WeakRef holds its object until the turn ends
    collect();
    alive = refs.filter((ref) => ref.deref() !== undefined).length;
  }
  return alive;
}
