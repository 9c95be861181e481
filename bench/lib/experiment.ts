import { failedChecks, figureOf, noise } from '../report/figures.ts';
import type { Bench } from './bench.ts';
import type { GeneratorOptions } from './generator.ts';
import { measure } from './measure.ts';
import type { Experiment, Load, Run, Variant } from './result.ts';
import type { Subject } from './subject.ts';
import { secondsOf } from './timing.ts';

export interface VariantPlan extends Omit<Variant, 'runs'> {
  /** What is measured, up and running. */
  start(): Promise<Subject>;
  /** File with what is asked, and how many questions there are in it. */
  readonly corpus: string;
  readonly questions: number;
  readonly perConnection?: number;
}

export interface ExperimentPlan extends Omit<Experiment, 'variants'> {
  readonly variants: readonly VariantPlan[];
}

const NOISY = 0.3;
/** A server starts, and is warm, within this, beyond the load it is warmed with. */
const START_SEC = 1.2;
/** Few enough that nothing is refused while every token is new. */
const COLD: Load = { loop: 'closed', connections: 2, streams: 8 };
/** Checks per second of new tokens that are no burst. */
const CALM_RATE = 5_000;
/** Arrivals are random: without it half of the runs would be a few questions short. */
const MARGIN = 1.05;

/**
 * What a server is asked about every token with before it is measured. Of a calm load that is the load
 * itself: what a burst has V8 take, it gives back in a calm alone.
 */
function coldLoad({ load, questions }: VariantPlan, { timing }: Bench) {
  const { rate = Number.POSITIVE_INFINITY } = load;
  const isCalm = load.loop !== 'closed' && rate <= CALM_RATE;
  if (!isCalm) return { load: COLD, seconds: timing.coldMs / 2_000 };
  return { load, seconds: Math.max((MARGIN * questions) / rate, timing.coldMs / 2_000) };
}

/** About how long it takes, in seconds. */
export function secondsFor(plan: ExperimentPlan, bench: Bench): number {
  const rounds = bench.timing.rounds * secondsOf(bench.timing);
  return plan.variants.reduce((sum, variant) => sum + secondsToStart(variant, bench) + rounds, 0);
}

function secondsToStart(variant: VariantPlan, bench: Bench): number {
  return START_SEC + coldLoad(variant, bench).seconds + bench.timing.coldMs / 2_000;
}

/**
 * All variants up at once and measured in turn, A B A B. `update` is given what there is by then,
 * after every run.
 */
export async function runExperiment(
  plan: ExperimentPlan,
  bench: Bench,
  update: (experiment: Experiment) => void,
): Promise<void> {
  const { rounds, warmupMs, durationMs } = bench.timing;
  const runs = plan.variants.map((): Run[] => []);
  bench.progress.note(`\n${plan.title}\n${plan.about}`);
  await using started = new AsyncDisposableStack();
  const subjects: Subject[] = [];
  for (const variant of plan.variants) {
    bench.options.signal.throwIfAborted();
    const subject = started.use(await variant.start());
    subjects.push(subject);
    await warm(bench, variant, subject);
    bench.progress.step(secondsToStart(variant, bench), `${variant.label}: warm`);
  }
  for (let round = 0; round < rounds; round++) {
    for (const [i, variant] of plan.variants.entries()) {
      const timing = { ...variant.load, warmupMs, durationMs, seed: round + 1 };
      const run = await ask(bench, variant, subjects[i] as Subject, timing);
      runs[i]?.push(run);
      update({ ...withoutPlans(plan), variants: plan.variants.map(toVariant(runs)) });
      bench.progress.step(secondsOf(bench.timing), `${variant.label}: ${describe(run)}`);
    }
  }
  warnOfNoise(plan, runs, bench);
}

/** Until every token was asked about, and then for a while under the load that will be measured. */
async function warm(bench: Bench, variant: VariantPlan, subject: Subject): Promise<void> {
  const { coldMs } = bench.timing;
  const { load, seconds } = coldLoad(variant, bench);
  for (let asked = 0; asked < variant.questions; ) {
    const cold = { ...load, warmupMs: 0, durationMs: seconds * 1_000, skip: asked };
    const run = await ask(bench, variant, subject, cold);
    if (run.checks === 0) throw new Error(`${variant.label}: ${run.void}`);
    asked += run.checks;
  }
  await ask(bench, variant, subject, { ...variant.load, warmupMs: 0, durationMs: coldMs / 2 });
}

function ask(
  bench: Bench,
  variant: VariantPlan,
  server: Subject,
  timing: Load & Pick<GeneratorOptions, 'warmupMs' | 'durationMs' | 'seed' | 'skip'>,
): Promise<Run> {
  const { corpus, perConnection } = variant;
  const beside = { redis: [bench.redis.pid] };
  const options = {
    ...timing,
    corpus,
    command: bench.generator,
    address: server.address,
    ...(perConnection !== undefined && { perConnection }),
  };
  return measure({ server, beside }, options, bench.options.signal);
}

function withoutPlans({ variants: _, ...experiment }: ExperimentPlan) {
  return experiment;
}

function toVariant(runs: readonly (readonly Run[])[]) {
  return ({ id, label, x, settings, load }: VariantPlan, i: number): Variant => ({
    id,
    label,
    ...(x !== undefined && { x }),
    settings,
    load,
    runs: runs[i] ?? [],
  });
}

function describe(run: Run): string {
  if (run.void !== undefined) return `void: ${run.void}`;
  const failed = failedChecks(run);
  const cpu = run.processes.server?.cpuUsPerCheck ?? 0;
  return (
    `${Math.round(run.rps).toLocaleString('en')} checks/s, ${cpu.toFixed(1)} us of CPU each, ` +
    `p99 ${run.latencyMs.p99.toFixed(1)} ms${failed > 0 ? `, ${failed} failed` : ''}`
  );
}

function warnOfNoise(plan: ExperimentPlan, runs: readonly (readonly Run[])[], bench: Bench): void {
  for (const variant of plan.variants.map(toVariant(runs))) {
    const spread = figureOf(variant, 'serverCpuUs');
    if (spread === undefined || noise(spread) <= NOISY) continue;
    const percent = Math.round(noise(spread) * 100);
    bench.progress.note(
      `${variant.label}: runs differ by ${percent} %, the machine is too noisy to judge it`,
    );
  }
}

/** About how long all of them take one after the other, in seconds. */
export function secondsForAll(plans: readonly ExperimentPlan[], bench: Bench): number {
  return plans.reduce((sum, plan) => sum + secondsFor(plan, bench), 0);
}

/** One after the other; says before how long it will take, `seconds` of other work included. */
export async function runPlans(
  plans: readonly ExperimentPlan[],
  bench: Bench,
  seconds: number,
  update: (experiment: Experiment) => void,
): Promise<void> {
  bench.progress.expect(secondsForAll(plans, bench) + seconds);
  for (const plan of plans) await runExperiment(plan, bench, update);
}
