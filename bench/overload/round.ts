import type { Bench } from '../lib/bench.ts';
import type { Load, Run } from '../lib/result.ts';
import { figures } from '../report/figures.ts';
import { openLoop } from './caller.ts';
import { afterOf, CALM, capacityOf, factors, pointOf, WORST } from './curve.ts';
import type { Entrant } from './entrant.ts';
import { withOutcome } from './outcome.ts';
import { type Normal, recoveryMs } from './recovery.ts';
import { type OverloadTiming, secondsOf } from './timing.ts';

/** Of the window that follows the worst rate. */
const SLICE_MS = 200;

/** With one server: what it can take, each of the rates, and the calm after the worst of them. */
export async function playRound(
  entrant: Entrant,
  timing: OverloadTiming,
  seed: number,
  bench: Bench,
  update: () => void,
): Promise<void> {
  const { id } = entrant.build;
  const { warmupMs, durationMs, worstMs, afterMs } = timing;
  const keep = (variant: string, run: Run, ms: number) => {
    entrant.keep(variant, run);
    update();
    bench.progress.step(secondsOf(ms), `${variant}: ${describe(run)}`);
  };

  entrant.closedLoop ??= await entrant.bestLoop({ warmupMs: 200, durationMs: 500 });
  const median = await closedLoop(entrant, entrant.closedLoop, timing, seed);
  keep(capacityOf(id), median, timing.capacityRuns * (warmupMs + timing.capacityMs));
  const capacity = median.rps;
  let calm: Run | undefined;
  for (const factor of factors) {
    const load = openLoop(factor * capacity);
    const observed = await entrant.ask(load, { warmupMs, durationMs, seed });
    if (factor === 1) entrant.rssMiB ??= observed.run.processes.server?.rssMiB;
    const run = withOutcome(observed, { capacity, rssMiB: entrant.rssMiB });
    if (factor === CALM) calm = run;
    keep(pointOf(id, factor), run, warmupMs + durationMs);
  }

  const after = await entrant.ask(openLoop(CALM * capacity), {
    ...{ warmupMs: worstMs, durationMs: afterMs, seed },
    caller: { rateBefore: Math.round(WORST * capacity), sliceMs: SLICE_MS },
  });
  const before = { capacity, rssMiB: entrant.rssMiB };
  const recovered = { recoveryMs: recoveryMs(after.result.slices, SLICE_MS, normalOf(calm)) };
  keep(afterOf(id), withOutcome(after, before, recovered), worstMs + afterMs);
}

function normalOf(calm: Run | undefined): Normal {
  const failedShare = (calm && figures.failedShare.of(calm)) ?? 0;
  return { p99Ms: calm?.latencyMs.p99 ?? 0, failedShare };
}

/** The median of a few: one that was lucky would make all that follows look bad. */
async function closedLoop(
  entrant: Entrant,
  load: Load,
  timing: OverloadTiming,
  seed: number,
): Promise<Run> {
  const { capacityRuns, capacityMs: durationMs, warmupMs } = timing;
  const runs: Run[] = [];
  for (let i = 0; i < capacityRuns; i++) {
    runs.push((await entrant.ask(load, { warmupMs, durationMs, seed })).run);
  }
  const counted = runs.filter((run) => run.void === undefined).sort((a, b) => a.rps - b.rps);
  const median = counted[Math.floor(counted.length / 2)];
  if (median === undefined) throw new Error(`${entrant.build.id}: ${runs[0]?.void}`);
  return median;
}

function describe(run: Run): string {
  if (run.void !== undefined) return `void: ${run.void}`;
  const rate = `${Math.round(run.rps).toLocaleString('en')} right/s`;
  const p99 = run.checks === 0 ? '' : `, p99 ${run.latencyMs.p99.toFixed(1)} ms`;
  const { overload, failed } = run;
  if (overload === undefined) return rate + p99;
  const share = (count: number) => `${Math.round((count / overload.due) * 100)} %`;
  const kinds = Object.entries(failed).map(([kind, count]) => `${kind} ${share(count)}`);
  const back = overload.recoveryMs === undefined ? '' : `, normal after ${overload.recoveryMs} ms`;
  return [
    `${rate}, ${Math.round((run.rps / overload.capacity) * 100)} % of capacity${p99}`,
    ...kinds,
  ]
    .join(', ')
    .concat(back);
}
