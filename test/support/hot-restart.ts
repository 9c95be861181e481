import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Which of the Envoys it is that take over from one another, and what they know each other by. */
export interface Generation {
  /** 0 is the first. */
  readonly epoch: number;
  /** Decimal; chosen by the first. */
  readonly baseId: string;
}

/** When an Envoy that another has taken over from ends, and its connections before it. */
const SHUTDOWN_SEC = 4;
const DRAIN_SEC = 2;
const BASE_ID = 'base-id';

/** Of the command line. `before`: what it takes over from; absent = nobody. */
export function hotRestartArgs(folder: string, before: Generation | undefined): readonly string[] {
  return [
    ...(before === undefined
      ? ['--use-dynamic-base-id', '--base-id-path', join(folder, BASE_ID)]
      : ['--base-id', before.baseId, '--restart-epoch', String(before.epoch + 1)]),
    ...['--parent-shutdown-time-s', String(SHUTDOWN_SEC), '--drain-time-s', String(DRAIN_SEC)],
    // Every connection hears of its end with its next answer.
    ...['--drain-strategy', 'immediate'],
  ];
}

export async function readGeneration(
  folder: string,
  before: Generation | undefined,
): Promise<Generation> {
  if (before !== undefined) return { ...before, epoch: before.epoch + 1 };
  return { epoch: 0, baseId: (await readFile(join(folder, BASE_ID), 'utf8')).trim() };
}

/** Once the last has ended: the memory that they share stays there otherwise. */
export async function removeShared({ baseId }: Generation): Promise<void> {
  // Envoy numbers it by ten times the base id (source/server/options_impl.cc).
  await rm(`/dev/shm/envoy_shared_memory_${baseId}0`, { force: true });
}
