import { setTimeout as sleep } from 'node:timers/promises';
import { askedOver, type PlanQueryName, planQueries, planQueryNames } from '../lib/plan.ts';
import { processTree } from '../lib/proc.ts';
import { whole } from '../report/numbers.ts';
import { commandText, type Load, startLocust } from './command.ts';
import { CpuSamples } from './cpu-samples.ts';
import type { LocustRun } from './result.ts';
import type { LocustRig } from './rig.ts';
import { voidReason } from './void-reason.ts';

/** A user waits between 1 and 3 s, evenly. */
const MEAN_WAIT_SEC = 2;
/** A scrape later, everything that a run did has been scraped. */
const LAST_SCRAPE_MS = 1_500;
const STEP_SEC = 2;
/** Of the history: short enough to show what happens, long enough to hold scrapes. */
const HISTORY_WINDOW_SEC = 5;
const DECIDED = 'sum(ext_authz_requests_total)';

const envoyP99 = (seconds: number) =>
  `histogram_quantile(0.99, sum(rate(envoy_http_downstream_rq_time_bucket[${seconds}s])) by (le))`;

export interface Played {
  readonly load: Load;
  readonly token: string;
  readonly rig: LocustRig;
  /** Of Redis. */
  readonly redis: number;
}

/** One run of Locust, and the plan's queries for its time. */
export async function play(
  { load, token, rig, redis }: Played,
  signal?: AbortSignal,
): Promise<LocustRun> {
  const { pid, answer } = await startLocust(load, { host: rig.url, token }, signal);
  using cpu = new CpuSamples(() => ({ locust: processTree(pid), ...rig.pids(), redis: [redis] }));
  const { startedAt, ...counted } = await answer;
  const { seconds } = counted;
  await sleep(LAST_SCRAPE_MS, undefined, signal && { signal });
  const endedAt = startedAt + seconds * 1000;
  const allThereAt = allThere(load, startedAt);
  const { cores, busiest, machineBusy } = cpu.between(allThereAt, endedAt);
  const ask = askAt(rig, endedAt / 1000);
  const envoyP99Ms = await ask(envoyP99(Math.round((endedAt - allThereAt) / 1000)));
  const run = {
    name: `${whole(load.users)} users, ${load.place}`,
    users: load.users,
    offered: load.users / MEAN_WAIT_SEC,
    command: commandText(load),
    ...counted,
    ...(envoyP99Ms !== undefined && { envoyP99Ms }),
    decided: (await askAt(rig, Date.now() / 1000)(DECIDED)) ?? 0,
    answers: await answersOf((name) => ask(askedOver(planQueries[name], Math.round(seconds)))),
    history: {
      stepSec: STEP_SEC,
      answers: await answersOf((name) => historyOf(name, rig, startedAt / 1000, endedAt / 1000)),
    },
    ...{ cores, busiestLocust: busiest('locust'), machineBusy },
  };
  const reason = voidReason(run);
  return reason === undefined ? run : { ...run, void: reason };
}

/** When all users are there; the second half at least is looked at in any case. */
function allThere({ users, spawnRate, seconds }: Load, startedAt: number): number {
  return startedAt + Math.min(users / spawnRate, seconds / 2) * 1000;
}

/** The only sample of an answer; undefined where there is none, or no number. */
function askAt({ prometheus }: LocustRig, at: number) {
  return async (expr: string): Promise<number | undefined> => {
    const [sample] = await prometheus.query(expr, at);
    return Number.isFinite(sample?.value) ? sample?.value : undefined;
  };
}

async function answersOf<T>(
  ask: (name: PlanQueryName) => Promise<T | undefined>,
): Promise<Partial<Record<PlanQueryName, T>>> {
  const found = await Promise.all(
    planQueryNames.map(async (name) => [name, await ask(name)] as const),
  );
  return Object.fromEntries(found.filter(([, value]) => value !== undefined));
}

async function historyOf(
  name: PlanQueryName,
  { prometheus }: LocustRig,
  start: number,
  end: number,
): Promise<(number | null)[] | undefined> {
  const expr = askedOver(planQueries[name], HISTORY_WINDOW_SEC);
  const [series] = await prometheus.queryRange(expr, { start, end, step: STEP_SEC });
  if (series === undefined) return undefined;
  const values = new Map(
    series.values.map(([at, value]) => [Math.round((at - start) / STEP_SEC), value]),
  );
  return Array.from({ length: Math.floor((end - start) / STEP_SEC) + 1 }, (_, at) => {
    const value = values.get(at);
    return value !== undefined && Number.isFinite(value) ? value : null;
  });
}
