import { setTimeout as sleep } from 'node:timers/promises';
import type { Fleet } from '../../test/support/fleet.ts';
import type { Load } from '../../test/support/load.ts';
import type { Sluice } from '../../test/support/sluice.ts';
import { countBy } from '../chaos/figures.ts';
import { startStarvation } from '../chaos/starvation.ts';
import { latencyOf } from '../lib/process-figures.ts';
import { scrape } from '../lib/server-figures.ts';
import type { Ask } from './asks.ts';
import { Census } from './census.ts';
import type { ScalingStep } from './result.ts';
import type { Step } from './steps.ts';

export interface Scene {
  readonly fleet: Fleet;
  readonly load: Load;
  /** In the order of the load. */
  readonly asks: readonly Ask[];
  /** Connections to Redis that each instance may have. */
  readonly pool: number;
  /** For how long it is looked at how even the load is. */
  readonly lookMs: number;
  readonly signal: AbortSignal;
}

const RENEWED = 'cluster.sluice.upstream_cx_close_notify';

/** One step, and what became of every request that was due from its beginning to its end. */
export async function perform(step: Step, scene: Scene): Promise<ScalingStep> {
  const { fleet, load, asks, pool, lookMs, signal } = scene;
  const from = load.sent;
  const startedAt = performance.now();
  const starved = startStarvation([process.pid, ...fleet.running.map(({ pid }) => pid)]);
  const renewedBefore = await renewed(fleet);
  using census = new Census(fleet, pool);
  await step.change(fleet);
  await sleep(step.settleMs, undefined, { signal });
  const shares = await sharesWithin(lookMs, fleet.members, signal);
  await census.count();
  const answers = await load.answers(from);
  const wrong = answers.filter(({ turn, outcome }) => outcome !== asks[turn]?.expected);
  const renewedAfter = await renewed(fleet);
  return {
    ...{ name: step.name, about: step.about, instances: fleet.members.length },
    seconds: (performance.now() - startedAt) / 1000,
    requests: answers.length,
    failed: countBy(wrong, ({ outcome }) => outcome),
    share: { min: Math.min(...shares), max: Math.max(...shares) },
    redisConnections: census.redisConnections,
    // A restarted Envoy counts anew.
    renewed: renewedAfter < renewedBefore ? renewedAfter : renewedAfter - renewedBefore,
    p99Ms: latencyOf(answers.map(({ tookMs }) => tookMs)).p99,
    starvedMs: starved(),
  };
}

/** Of the checks of that time, what each had; they add up to 1. */
async function sharesWithin(
  ms: number,
  members: readonly Sluice[],
  signal: AbortSignal,
): Promise<readonly number[]> {
  const before = await Promise.all(members.map(checksOf));
  await sleep(ms, undefined, { signal });
  const after = await Promise.all(members.map(checksOf));
  const grown = after.map((count, i) => count - (before[i] as number));
  const all = grown.reduce((sum, count) => sum + count, 0);
  return grown.map((count) => count / all);
}

async function checksOf({ adminUrl }: Sluice): Promise<number> {
  let checks = 0;
  for (const [series, value] of await scrape(adminUrl)) {
    if (series.startsWith('ext_authz_requests_total{')) checks += value;
  }
  return checks;
}

async function renewed({ envoy }: Fleet): Promise<number> {
  return (await envoy.stats(RENEWED))[RENEWED] ?? 0;
}
