import { mkdir, rm, stat, utimes } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const BEAT_MS = 1_000;
const STALE_MS = 10_000;
const RETRY_MS = 100;

/**
 * Waits for a lock between processes: a folder, whose time of change the holder keeps fresh. A
 * holder that died is found by its age and not by its pid, which means nothing in another
 * container. Two who find the same dead holder at the same instant can both get the lock: use it
 * to save work, not to guard what would be corrupted.
 */
export async function lock(path: string, onWait: () => void): Promise<AsyncDisposable> {
  let waited = false;
  while (!(await tryLock(path))) {
    if (!waited) onWait();
    waited = true;
    await sleep(RETRY_MS);
  }
  const beat = setInterval(() => touch(path), BEAT_MS);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(beat);
      await rm(path, { recursive: true, force: true });
    },
  };
}

async function tryLock(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const held = await stat(path).catch(() => undefined);
  if (held !== undefined && Date.now() - held.mtimeMs > STALE_MS) {
    await rm(path, { recursive: true, force: true });
  }
  return false;
}

function touch(path: string): void {
  const now = new Date();
  utimes(path, now, now).catch(() => {});
}
