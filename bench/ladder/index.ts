import { describeCorpus } from '../corpus/corpus.ts';
import type { Bench } from '../lib/bench.ts';
import { runExperiment, secondsFor } from '../lib/experiment.ts';
import type { Experiment } from '../lib/result.ts';
import { ResultFile } from '../lib/store.ts';
import { runLookups, secondsForLookups } from './lookups.ts';
import {
  batchPlans,
  concurrencyPlans,
  cpuPlans,
  gainPlans,
  memoryPlans,
  poolPlans,
} from './steps.ts';

/** The tuning plan, step by step. */
export async function runLadder(bench: Bench): Promise<void> {
  const file = await ResultFile.create('ladder', bench.options.quick);
  const corpus = describeCorpus((await bench.corpus()).corpus);
  const skipped: string[] = [];
  const plans = [
    ...(await gainPlans(bench)),
    ...(await poolPlans(bench)),
    ...(await concurrencyPlans(bench)),
    ...(await cpuPlans(bench, skipped)),
    ...(await batchPlans(bench)),
    ...(await memoryPlans(bench)),
  ];
  for (const reason of skipped) bench.progress.note(`skipped: ${reason}`);
  const seconds = plans.reduce((sum, plan) => sum + secondsFor(plan, bench), 0);
  bench.progress.expect(seconds + secondsForLookups(bench));

  const experiments = new Map<string, Experiment>();
  const write = (complete: boolean) =>
    file.write({ corpus, experiments: [...experiments.values()], skipped }, complete);
  const update = (experiment: Experiment): void => {
    experiments.set(experiment.id, experiment);
    write(false);
  };
  for (const plan of plans) await runExperiment(plan, bench, update);
  await runLookups(bench, update);
  write(true);
}
