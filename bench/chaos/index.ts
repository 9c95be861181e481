import type { Bench } from '../lib/bench.ts';
import { ResultFile } from '../lib/store.ts';
import { OTHER_CORE, pin, SERVER_CORE } from '../lib/subject.ts';
import { BARS, isHarmful, judge } from './bars.ts';
import type { Fault, Rig } from './fault.ts';
import { groups } from './faults/index.ts';
import { describe } from './line.ts';
import type { Chaos, ChaosOutcome } from './result.ts';
import { observe, type Timing } from './run.ts';
import { STARVED_MS } from './starvation.ts';

const FULL: Timing = {
  rate: 1_000,
  connections: 8,
  lostAfterMs: 1_000,
  tokens: 600,
  revocationsPerSec: 10,
  wellWindows: 10,
  wellMs: 1_000,
  faultMs: 2_000,
  detectMs: 5_000,
  recoverMs: 10_000,
  readyMs: 2_000,
  fastMs: 20,
};
const QUICK: Timing = { ...FULL, rate: 500, tokens: 300, wellMs: 500, faultMs: 1_000 };

const TRIES = 3;
const START_SEC = 2;

const secondsOf = ({ wellWindows, wellMs, faultMs }: Timing) =>
  (2 * (wellWindows * 110 + wellMs) + faultMs) / 1000;

/** What each fault does to checks under way, to revocations, and to the service after it. */
export async function runChaos(bench: Bench): Promise<void> {
  const { quick, signal } = bench.options;
  const file = await ResultFile.create('chaos', quick);
  const timing = quick ? QUICK : FULL;
  const outcomes: ChaosOutcome[] = [];
  const write = (complete: boolean) => {
    const { rate, revocationsPerSec } = timing;
    const chaos: Chaos = { rate, revocationsPerSec, outcomes };
    file.write({ corpus: corpusOf(timing), experiments: [], skipped: [], chaos }, complete);
  };
  pin(process.pid, OTHER_CORE); // and all that it starts
  const faults = groups.reduce((sum, group) => sum + group.faults.length, 0);
  bench.progress.expect(groups.length * START_SEC + faults * secondsOf(timing));
  for (const group of groups) {
    signal.throwIfAborted();
    const rig = await group.start();
    try {
      for (const pid of rig.pids()) pin(pid, SERVER_CORE);
      bench.progress.step(START_SEC, `${group.name}: started`);
      for (const fault of group.faults) {
        outcomes.push(await outcomeOf(group.name, rig, fault, timing, bench));
        write(false);
      }
    } finally {
      await Promise.resolve(rig[Symbol.asyncDispose]()).catch((error: Error) => {
        const [what = ''] = error.message.split('\n', 1);
        bench.progress.note(`${group.name}: ${what}`);
        const last = outcomes.pop();
        if (last !== undefined) outcomes.push({ ...last, missed: [...last.missed, what] });
      });
    }
  }
  write(true);
  const failed = outcomes.filter(({ missed }) => missed.length > 0);
  if (failed.length === 0) return;
  bench.progress.note(`\n${failed.length} of ${outcomes.length} faults missed a bar:`);
  for (const { name, missed } of failed) bench.progress.note(`  ${name}: ${missed.join(', ')}`);
  process.exitCode = 1;
}

/** A run on a machine that was busy with something else counts only if it passed. */
async function outcomeOf(
  group: string,
  rig: Rig,
  fault: Fault,
  timing: Timing,
  { options, progress }: Bench,
): Promise<ChaosOutcome> {
  for (let left = TRIES; ; left--) {
    options.signal.throwIfAborted();
    const outcome = judge(group, fault, await observe(rig, fault, timing), BARS, timing);
    const isStarved = outcome.starvedMs > STARVED_MS;
    const isVoid = outcome.missed.length > 0 && isStarved && !isHarmful(outcome);
    if (!isVoid || left === 1) {
      progress.step(secondsOf(timing), describe(outcome));
      return outcome;
    }
    progress.note(`void, ${Math.round(outcome.starvedMs)} ms without a CPU: ${describe(outcome)}`);
  }
}

function corpusOf({ rate, connections, tokens, revocationsPerSec }: Timing): string {
  return (
    `${rate} checks/s over ${connections} connections, whatever becomes of those before, about ` +
    `${tokens} good tokens and ${Math.ceil(tokens / 10)} revoked ones, which are 10 % of the checks; ` +
    `${revocationsPerSec} more are revoked a second, all the time, and are 5 %.`
  );
}
