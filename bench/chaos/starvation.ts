import { readFileSync } from 'node:fs';

/** Tells, when it is called, how long that process has waited for a CPU that waited most, in ms. */
export function startStarvation(pids: readonly number[]): () => number {
  const before = pids.map(waitedMs);
  return () => Math.max(...pids.map((pid, i) => waitedMs(pid) - (before[i] as number)));
}

/** Time that the first thread, which has the event loop, could have run and had no CPU. */
function waitedMs(pid: number): number {
  try {
    const [, waitNs] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ');
    return Number(waitNs) / 1e6;
  } catch {
    return 0; // it has ended
  }
}

/** Above this the machine was busy with something else, and a bar that was missed says nothing. */
export const STARVED_MS = 300;
