import type { Bench } from './bench.ts';
import type { GeneratorOptions } from './generator.ts';
import { measure, type Roles } from './measure.ts';
import type { Experiment, Load, Run, Variant } from './result.ts';
import type { Subject } from './subject.ts';

export interface VariantPlan extends Omit<Variant, 'runs'> {
  /** What is measured, up and running. */
  start(): Promise<Subject>;
  /** File with what is asked, and how many questions there are in it. */
  readonly corpus: string;
  readonly questions: number;
  readonly perConnection?: number;
  /** Other processes whose CPU counts. */
  readonly beside?: Roles['beside'];
}

export interface ExperimentPlan extends Omit<Experiment, 'variants'> {
  readonly variants: readonly VariantPlan[];
}

const NOISY = 0.3;
/** `coldMs`: for about how long a server is asked before its first round. */
export const TIMING = {
  full: { rounds: 5, warmupMs: 500, durationMs: 2_000, coldMs: 4_000 },
  quick: { rounds: 1, warmupMs: 300, durationMs: 1_200, coldMs: 1_800 },
};
/** A server starts, and is warm, within this, beyond the load it is warmed with. */
const START_SEC = 1.2;
/** Few enough that nothing is refused while every token is new. */
const COLD: Load = { loop: 'closed', connections: 2, streams: 8 };

/** About how long it takes, in seconds. */
export function secondsFor(plan: ExperimentPlan, { options }: Bench): number {
  const { rounds, warmupMs, durationMs, coldMs } = options.quick ? TIMING.quick : TIMING.full;
  const each = START_SEC + coldMs / 1000 + (rounds * (warmupMs + durationMs)) / 1000;
  return plan.variants.length * each;
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
  const { quick, signal } = bench.options;
  const { rounds, warmupMs, durationMs, coldMs } = quick ? TIMING.quick : TIMING.full;
  const runs = plan.variants.map((): Run[] => []);
  bench.progress.note(`\n${plan.title}\n${plan.about}`);
  await using started = new AsyncDisposableStack();
  const subjects: Subject[] = [];
  for (const variant of plan.variants) {
    signal.throwIfAborted();
    const subject = started.use(await variant.start());
    subjects.push(subject);
    await warm(bench, variant, subject);
    bench.progress.step(START_SEC + coldMs / 1000, `${variant.label}: warm`);
  }
  for (let round = 0; round < rounds; round++) {
    for (const [i, variant] of plan.variants.entries()) {
      const timing = { ...variant.load, warmupMs, durationMs, seed: round + 1 };
      const run = await ask(bench, variant, subjects[i] as Subject, timing);
      runs[i]?.push(run);
      update({ ...withoutPlans(plan), variants: plan.variants.map(toVariant(runs)) });
      const seconds = (warmupMs + durationMs) / 1000;
      bench.progress.step(seconds, `${variant.label}: ${describe(run)}`);
    }
  }
  warnOfNoise(plan, runs, bench);
}

/**
 * Until every token was asked about, a few at a time so that none is refused, and then for as long
 * again under the load that will be measured.
 */
async function warm(bench: Bench, variant: VariantPlan, subject: Subject): Promise<void> {
  const { coldMs } = bench.options.quick ? TIMING.quick : TIMING.full;
  for (let asked = 0; asked < variant.questions; ) {
    const cold = { ...COLD, warmupMs: 0, durationMs: coldMs / 2, skip: asked };
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
  const beside = { redis: [bench.redis.pid], ...variant.beside };
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
  const failed = Object.values(run.failed).reduce((sum, count) => sum + count, 0);
  const cpu = run.processes.server?.cpuUsPerCheck ?? 0;
  return (
    `${Math.round(run.rps).toLocaleString('en')} checks/s, ${cpu.toFixed(1)} us of CPU each, ` +
    `p99 ${run.latencyMs.p99.toFixed(1)} ms${failed > 0 ? `, ${failed} failed` : ''}`
  );
}

function warnOfNoise(plan: ExperimentPlan, runs: readonly (readonly Run[])[], bench: Bench): void {
  plan.variants.forEach(({ label }, i) => {
    const cpu = (runs[i] ?? [])
      .filter((run) => run.void === undefined)
      .map((run) => run.processes.server?.cpuUsPerCheck ?? 0)
      .sort((a, b) => a - b);
    const median = cpu[Math.floor(cpu.length / 2)];
    if (median === undefined || cpu.length < 2) return;
    const spread = ((cpu.at(-1) as number) - (cpu[0] as number)) / median;
    if (spread <= NOISY) return;
    const percent = Math.round(spread * 100);
    bench.progress.note(
      `${label}: runs differ by ${percent} %, the machine is too noisy to judge it`,
    );
  });
}
