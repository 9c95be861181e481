import { describeCorpus } from '../corpus/corpus.ts';
import type { Bench } from '../lib/bench.ts';
import { runPlans } from '../lib/experiment.ts';
import { ResultFile, recordExperiments } from '../lib/store.ts';
import { runLookups, secondsForLookups } from './lookups.ts';
import {
  batchPlans,
  concurrencyPlans,
  cpuPlans,
  gainPlans,
  memoryPlans,
  poolPlans,
} from './steps.ts';

const NOT_OF_THE_PLAN =
  "V8's young generation and compilers: not of the plan, and this is a quick run";

/** The tuning plan, step by step. */
export async function runLadder(bench: Bench): Promise<void> {
  const { quick } = bench.options;
  const file = await ResultFile.create('ladder', quick);
  const corpus = describeCorpus((await bench.corpus()).corpus);
  const skipped = quick ? [NOT_OF_THE_PLAN] : [];
  const plans = [
    ...(await gainPlans(bench)),
    ...(await poolPlans(bench)),
    ...(await concurrencyPlans(bench)),
    ...(await cpuPlans(bench, skipped)),
    ...(await batchPlans(bench)),
    ...(quick ? [] : await memoryPlans(bench)),
  ];
  for (const reason of skipped) bench.progress.note(`skipped: ${reason}`);
  const { update, finish } = recordExperiments(file, corpus, skipped);
  await runPlans(plans, bench, secondsForLookups(bench), update);
  await runLookups(bench, update);
  finish();
}
