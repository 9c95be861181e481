import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What one worker needs at its full load, in bytes; measured at saturation, rounded up. */
const WORKER_BYTES = 140 * 1024 * 1024;
/** Memory of cgroup v1 is "unlimited" as a number near 2^63. */
const UNLIMITED_BYTES = 2 ** 60;

export interface CgroupLimits {
  /** In cores; undefined = no limit. */
  readonly cpus: number | undefined;
  /** Undefined = no limit. */
  readonly memoryBytes: number | undefined;
}

/**
 * The limits that the control group of this process sets, v2 (kernel documentation, cgroup-v2:
 * cpu.max, memory.max) or v1 (cpu.cfs_quota_us, memory.limit_in_bytes).
 *
 * `root`: where the cgroup file system is mounted, seen from inside a container.
 */
export function readCgroupLimits(root = '/sys/fs/cgroup'): CgroupLimits {
  const [quota, period] = words(root, 'cpu.max') ?? [
    ...(words(root, 'cpu/cpu.cfs_quota_us') ?? []),
    ...(words(root, 'cpu/cpu.cfs_period_us') ?? []),
  ];
  const [memory] = words(root, 'memory.max') ?? words(root, 'memory/memory.limit_in_bytes') ?? [];
  const cpus = Number(quota) / Number(period);
  const memoryBytes = Number(memory);
  return {
    cpus: cpus > 0 && Number.isFinite(cpus) ? cpus : undefined,
    memoryBytes: memoryBytes > 0 && memoryBytes < UNLIMITED_BYTES ? memoryBytes : undefined,
  };
}

/**
 * Processes to run: as many as the CPU limit has whole cores, at least one, and no more than the
 * memory limit bears. Without a CPU limit one, however many cores the machine has: they are shared.
 */
export function workersFor({ cpus, memoryBytes }: CgroupLimits): number {
  const byCpu = cpus === undefined ? 1 : Math.floor(cpus);
  // The primary process needs memory too, if less.
  const byMemory = memoryBytes === undefined ? byCpu : Math.floor(memoryBytes / WORKER_BYTES) - 1;
  return Math.max(Math.min(byCpu, byMemory), 1);
}

function words(root: string, file: string): string[] | undefined {
  try {
    return readFileSync(join(root, file), 'utf8').trim().split(/\s+/);
  } catch {
    return undefined;
  }
}
