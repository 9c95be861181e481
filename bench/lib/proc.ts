import { readdirSync, readFileSync } from 'node:fs';

/** Of /proc/stat and /proc/PID/stat: USER_HZ, which is 100 on every Linux there is. */
export const TICKS_PER_SECOND = 100;

/** A process and all it has started that still run. */
export function processTree(pid: number): readonly number[] {
  const children = readChildren(pid);
  return [pid, ...children.flatMap(processTree)];
}

function readChildren(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')
        .split(' ')
        .filter(Boolean)
        .map(Number),
    );
  } catch {
    return []; // it has ended
  }
}

/** User and system time since they started, in seconds. */
export function cpuSeconds(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold spaces; utime and stime are fields 14 and 15 of proc(5).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / TICKS_PER_SECOND;
}

export interface Memory {
  readonly rssMiB: number;
  readonly anonMiB: number;
}

/** What they hold now; pages that they share are counted for each. */
export function memory(pids: readonly number[]): Memory {
  let rssKiB = 0;
  let anonKiB = 0;
  for (const pid of pids) {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    rssKiB += Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
    anonKiB += Number(/^RssAnon:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  }
  return { rssMiB: rssKiB / 1024, anonMiB: anonKiB / 1024 };
}
