import { setTimeout as sleep } from 'node:timers/promises';
import type { Scene } from './drill.ts';
import { makeKey, type SigningKey } from './keys.ts';

export interface RotationTiming {
  /** From the first use of a key to that of the next. */
  readonly everyMs: number;
  /** How long before its first use a key is published. */
  readonly aheadMs: number;
  /** How long a key is kept after its last use. */
  readonly keptMs: number;
  readonly lastsMs: number;
}

/** Before its key goes, clients have others. */
const DROPPED_BEFORE_MS = 500;

interface Step {
  readonly atMs: number;
  run(): void | Promise<void>;
}

/** Exchanges keys again and again; how many were. */
export async function exchange(
  { rig, tokens, signal }: Scene,
  timing: RotationTiming,
): Promise<number> {
  const { everyMs, aheadMs, keptMs, lastsMs } = timing;
  const { provider } = rig;
  const steps: Step[] = [];
  let old = provider.current;
  let exchanged = 0;
  for (let useMs = everyMs; useMs < lastsMs - DROPPED_BEFORE_MS; useMs += everyMs) {
    const key = await makeKey(`key-${steps.length + 1}`);
    const before: SigningKey = old;
    if (aheadMs > 0) steps.push({ atMs: useMs - aheadMs, run: () => provider.publish(key) });
    steps.push(
      {
        atMs: useMs,
        run: async () => {
          await tokens.use(key);
          exchanged++;
        },
      },
      { atMs: useMs + keptMs - DROPPED_BEFORE_MS, run: () => tokens.drop(before) },
      { atMs: useMs + keptMs, run: () => provider.withdraw(before) },
    );
    old = key;
  }
  const startedAt = performance.now();
  for (const { atMs, run } of steps.toSorted((a, b) => a.atMs - b.atMs)) {
    if (atMs > lastsMs) break;
    await sleep(Math.max(0, startedAt + atMs - performance.now()), undefined, { signal });
    await run();
  }
  await sleep(Math.max(0, startedAt + lastsMs - performance.now()), undefined, { signal });
  return exchanged;
}
