import type { Bench, ReadyCorpus } from '../lib/bench.ts';
import type { ExperimentPlan, VariantPlan } from '../lib/experiment.ts';
import type { Load } from '../lib/result.ts';
import { type Environment, type SluiceOptions, startSluice } from '../lib/subject.ts';

/** Saturation: as many checks in flight as keep the server busy, and its queues short of refusing. */
export const SATURATED: Load = { loop: 'closed', connections: 4, streams: 50 };
export const WIDE: Load = { loop: 'closed', connections: 4, streams: 250 };
/** What the plan hopes that one replica bears. */
export const PLAN_LOAD: Load = { loop: 'poisson', rate: 1_000, connections: 4, streams: 50 };

/** The service of the plan kept checks waiting for as long as it took; ours would refuse them. */
export const PATIENT: Environment = {
  CHECK_BUDGET_MS: '2000',
  MAX_QUEUE_MS: '1000',
  REDIS_POOL_TIMEOUT_MS: '1000',
  LATENCY_TARGET_MS: '0',
};
/** Step 0: no stream limit, one connection to Redis, a lookup for each check. */
export const BASELINE: Environment = {
  ...PATIENT,
  REDIS_POOL_SIZE: '1',
  BATCH_MAX_SIZE: '1',
  BATCH_MAX_IN_FLIGHT: '1',
  GRPC_MAX_CONCURRENT_STREAMS: '100000',
};
/** The best that can be had without batching: a lookup on each of so many connections at once. */
export const UNBATCHED: Environment = {
  ...PATIENT,
  REDIS_POOL_SIZE: '20',
  BATCH_MAX_SIZE: '1',
  BATCH_MAX_IN_FLIGHT: '20',
};

interface SluiceVariant {
  readonly id: string;
  readonly label?: string;
  readonly x?: number;
  readonly settings?: Environment;
  readonly load?: Load;
  readonly run?: Partial<SluiceOptions>;
}

export function sluiceVariant(
  bench: Bench,
  corpus: ReadyCorpus,
  { id, label = id, x, settings = {}, load = SATURATED, run = {} }: SluiceVariant,
): VariantPlan {
  return {
    id,
    label,
    ...(x !== undefined && { x }),
    settings,
    load,
    corpus: corpus.file,
    questions: corpus.corpus.questions.length,
    start: () => startSluice({ ...run, settings: { ...bench.settings(corpus), ...settings } }),
  };
}

/** One setting over some values, all else as it is by default or `on` top of these. */
export function sweep(
  bench: Bench,
  corpus: ReadyCorpus,
  knob: string,
  values: readonly number[],
  on: Environment = {},
  load: Load = SATURATED,
): readonly VariantPlan[] {
  return values.map((value) =>
    sluiceVariant(bench, corpus, {
      id: `${value}`,
      label: `${knob}=${value}`,
      x: value,
      settings: { ...on, [knob]: `${value}` },
      load,
    }),
  );
}

export type Plans = readonly ExperimentPlan[];
