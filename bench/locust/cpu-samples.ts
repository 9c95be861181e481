import { readFileSync } from 'node:fs';
import { cpuSeconds, TICKS_PER_SECOND } from '../lib/proc.ts';

const EVERY_MS = 500;

type Pids = Readonly<Record<string, readonly number[]>>;

interface Sample {
  /** ms since 1970. */
  readonly at: number;
  /** CPU in seconds since each started, by role and pid. */
  readonly byRole: Readonly<Record<string, ReadonlyMap<number, number>>>;
  readonly machine: Ticks;
}

interface Ticks {
  readonly used: number;
  readonly all: number;
}

/** CPU that processes had, between two instants that are known only afterwards. */
export interface CpuUse {
  /** In cores, by role; `other`: all that none of them had, the kernel's own work included. */
  readonly cores: Readonly<Record<string, number>>;
  /** In cores, the process of that role that had the most. */
  busiest(role: string): number;
  /** Share of the time of all cores that somebody had. */
  readonly machineBusy: number;
}

/** Reads the CPU of processes over and over; those of a role may come and go. */
export class CpuSamples implements Disposable {
  readonly #samples: Sample[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(pids: () => Pids) {
    const take = () => this.#samples.push(sample(pids()));
    take();
    this.#timer = setInterval(take, EVERY_MS);
  }

  /** From the first sample at or after `from` to the last one up to `to`, in ms since 1970. */
  between(from: number, to: number): CpuUse {
    const within = this.#samples.filter(({ at }) => at >= from && at <= to);
    const [first, last] = [within[0], within.at(-1)];
    if (first === undefined || last === undefined || first === last) {
      throw new Error('too short a run to tell what CPU it took');
    }
    return use(within, first, last);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

function use(within: readonly Sample[], first: Sample, last: Sample): CpuUse {
  const seconds = (last.at - first.at) / 1000;
  /** One that ended meanwhile had what it was last seen with. */
  const lastSeen = (role: string) =>
    new Map(within.flatMap(({ byRole }) => [...(byRole[role] ?? [])]));
  const each = (role: string) =>
    [...lastSeen(role)].map(
      ([pid, used]) => (used - (first.byRole[role]?.get(pid) ?? 0)) / seconds,
    );
  const sum = (values: readonly number[]) => values.reduce((total, one) => total + one, 0);
  const roles = Object.keys(last.byRole).map((role) => [role, sum(each(role))] as const);
  const used = last.machine.used - first.machine.used;
  const other = used / TICKS_PER_SECOND / seconds - sum(roles.map(([, cores]) => cores));
  return {
    cores: { ...Object.fromEntries(roles), other: Math.max(0, other) },
    busiest: (role) => Math.max(0, ...each(role)),
    machineBusy: used / (last.machine.all - first.machine.all),
  };
}

function sample(pids: Pids): Sample {
  const roles = Object.entries(pids).map(
    ([role, list]) => [role, new Map(list.flatMap((pid) => entryOf(pid)))] as const,
  );
  return { at: Date.now(), byRole: Object.fromEntries(roles), machine: machineTicks() };
}

function entryOf(pid: number): readonly (readonly [pid: number, seconds: number])[] {
  try {
    return [[pid, cpuSeconds([pid])]];
  } catch {
    return []; // it has ended
  }
}

/** The first line of proc(5) stat: user nice system idle iowait irq softirq steal. */
function machineTicks(): Ticks {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number);
  const all = ticks.reduce((sum, one) => sum + one, 0);
  return { used: all - (ticks[3] ?? 0) - (ticks[4] ?? 0), all };
}
