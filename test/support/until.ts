import { setTimeout as sleep } from 'node:timers/promises';

/** After a pause of the machine that was longer than the time there is, what is awaited may be there. */
const LEAST_TRIES = 50;

/** Waits for something to come true; rejects when it has not after `timeoutMs`. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 20_000,
): Promise<void> {
  const end = performance.now() + timeoutMs;
  for (let tries = 0; !(await condition()); tries++) {
    if (performance.now() > end && tries >= LEAST_TRIES)
      throw new Error(`not within ${timeoutMs} ms: ${condition}`);
    await sleep(5);
  }
}
