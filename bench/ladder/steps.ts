import { algorithmCorpus, type Bench } from '../lib/bench.ts';
import type { Load } from '../lib/result.ts';
import {
  BASELINE,
  PATIENT,
  PLAN_LOAD,
  type Plans,
  SATURATED,
  sluiceVariant,
  sweep,
  UNBATCHED,
  WIDE,
} from './plans.ts';
import { quotas } from './quota.ts';

/** Flags of Node.js, by what compiles. */
const compilers: Readonly<Record<string, readonly string[]>> = {
  alone: [],
  sparkplug: ['--sparkplug'],
  maglev: ['--maglev'],
};

/** Not of the plan: what of V8's memory can be chosen. */
export async function memoryPlans(bench: Bench): Promise<Plans> {
  const corpus = await bench.corpus();
  const sizes = [2, 4, 8, 16];
  const over = (id: string, about: string, load: Load): Plans[number] => ({
    ...{ id, title: 'Young generation', about, expectations: [] },
    sweep: { knob: '--max-semi-space-size', scale: 'log' },
    variants: sizes.map((size) =>
      sluiceVariant(bench, corpus, {
        ...{ id: `${size}`, label: `--max-semi-space-size=${size}`, x: size, load },
        run: { nodeFlags: [`--max-semi-space-size=${size}`] },
      }),
    ),
  });
  return [
    over('semi-space', 'MiB of each half; 16 is what Node.js does by itself.', SATURATED),
    over('semi-space-at-rate', 'The same at the load of the plan.', PLAN_LOAD),
    {
      ...{ id: 'compilers', title: 'Compilers', expectations: [] },
      about:
        "At the load of the plan: V8's best compiler alone, and with each of the two that Node.js has besides.",
      variants: Object.entries(compilers).map(([id, nodeFlags]) =>
        sluiceVariant(bench, corpus, {
          ...{ id, label: nodeFlags[0] ?? 'TurboFan alone', load: PLAN_LOAD },
          run: { nodeFlags },
        }),
      ),
    },
  ];
}

/** Step 0, and how far batching gets from it: against the baseline, and against the best without. */
export async function gainPlans(bench: Bench): Promise<Plans> {
  const corpus = await bench.corpus();
  const variant = (id: string, label: string, settings = {}) =>
    sluiceVariant(bench, corpus, { id, label, settings });
  return [
    {
      id: 'baseline',
      step: 0,
      title: 'Step 0: baseline',
      about: 'One connection to Redis, a lookup for each check, no limit on streams, one process.',
      expectations: [],
      variants: [variant('baseline', 'baseline', BASELINE)],
    },
    {
      id: 'at-rate-0',
      step: 0,
      title: 'Step 0 at the load of the plan',
      about: 'The baseline at 1,000 checks/s, whatever the answers do.',
      expectations: [],
      variants: [
        sluiceVariant(bench, corpus, { id: 'baseline', settings: BASELINE, load: PLAN_LOAD }),
      ],
    },
  ];
}

export async function poolPlans(bench: Bench): Promise<Plans> {
  const corpus = await bench.corpus();
  const sizes = bench.options.quick ? [1, 4, 20] : [1, 4, 20, 50];
  return [
    {
      id: 'pool',
      step: 1,
      title: 'Step 1: Redis pool',
      about: 'A lookup for each check, on as many connections at once as the pool has.',
      sweep: { knob: 'REDIS_POOL_SIZE', scale: 'log' },
      expectations: [
        {
          text: 'The plan: more connections at once, less waiting for Redis',
          ...{ figure: 'rps', of: '20', over: '1', atLeast: 1.1 },
        },
      ],
      variants: sizes.map((size) =>
        sluiceVariant(bench, corpus, {
          ...{ id: `${size}`, label: `REDIS_POOL_SIZE=${size}`, x: size },
          settings: {
            ...BASELINE,
            REDIS_POOL_SIZE: `${size}`,
            BATCH_MAX_IN_FLIGHT: `${size}`,
          },
        }),
      ),
    },
  ];
}

export async function concurrencyPlans(bench: Bench): Promise<Plans> {
  const corpus = await bench.corpus();
  const { quick } = bench.options;
  const cold = await bench.corpus(algorithmCorpus('ES256', 2_000));
  return [
    {
      id: 'streams',
      step: 2,
      title: 'Step 2: streams per connection',
      about: 'Four connections that would have 250 checks in flight each.',
      sweep: { knob: 'GRPC_MAX_CONCURRENT_STREAMS', scale: 'log' },
      expectations: [
        {
          text: 'The plan: a limit of 100 handles more at once',
          ...{ figure: 'rps', of: '100', over: '1000', atLeast: 1.05 },
        },
        {
          text: 'What a limit is good for: what waits, waits at the caller',
          ...{ figure: 'p99Ms', of: '100', over: '1000', atMost: 0.8 },
        },
      ],
      variants: sweep(
        ...([bench, corpus, 'GRPC_MAX_CONCURRENT_STREAMS'] as const),
        ...([quick ? [100, 1000] : [50, 100, 1000], {}, WIDE] as const),
      ),
    },
    {
      id: 'stream-workers',
      title: 'Step 2: verifications in a turn',
      about: 'ES256 tokens, none of them cached, so that each is verified.',
      sweep: { knob: 'GRPC_NUM_STREAM_WORKERS', scale: 'log' },
      expectations: [
        {
          text: 'The plan: four workers make better use of the CPU than one',
          ...{ figure: 'rps', of: '4', over: '1', atLeast: 1.05 },
        },
      ],
      variants: sweep(
        ...([bench, cold, 'GRPC_NUM_STREAM_WORKERS', quick ? [1, 4] : [1, 4, 16, 256]] as const),
        ...([{ TOKEN_CACHE_MAX_ENTRIES: '0' }, { ...SATURATED, streams: 8 }] as const),
      ),
    },
    {
      id: 'in-flight',
      title: 'Step 2: checks in the pipeline',
      about: 'A thousand in flight; what is past the limit is refused as overload.',
      sweep: { knob: 'MAX_IN_FLIGHT', scale: 'log' },
      expectations: [],
      variants: sweep(
        ...([bench, corpus, 'MAX_IN_FLIGHT', quick ? [200, 10_000] : [200, 1000, 10_000]] as const),
        ...([{}, WIDE] as const),
      ),
    },
  ];
}

export async function cpuPlans(bench: Bench, skipped: string[]): Promise<Plans> {
  const corpus = await bench.corpus();
  const workers = (count: string) =>
    sluiceVariant(bench, corpus, {
      ...{ id: count, label: `WORKERS=${count}`, settings: { WORKERS: count } },
    });
  return [
    {
      id: 'workers',
      step: 3,
      title: 'Step 3: processes',
      about: 'On one core; `auto` takes the CPU limit of the cgroup, and 1 where there is none.',
      expectations: [
        {
          text: 'The plan: more processes than cores only switch',
          ...{ figure: 'rps', of: '2', over: '1', atMost: 1.05 },
        },
      ],
      variants: ['1', '2', 'auto'].map(workers),
    },
    ...(await quotas(bench, skipped)),
  ];
}

export async function batchPlans(bench: Bench): Promise<Plans> {
  const corpus = await bench.corpus();
  const { quick } = bench.options;
  const wide = { ...SATURATED, streams: 100 };
  const sizes = quick ? [1, 16, 256] : [1, 4, 16, 64, 256, 1024];
  return [
    {
      id: 'gain',
      step: 4,
      title: 'Step 4: pipelining',
      about: 'One thing differs: whether checks share lookups.',
      expectations: [
        {
          text: 'The plan hoped for half as much again as the baseline',
          ...{ figure: 'rps', of: 'batched', over: 'baseline', atLeast: 1.5 },
        },
        {
          text: 'The same against the best that can be had without batching',
          ...{ figure: 'rps', of: 'batched', over: 'unbatched', atLeast: 1.5 },
        },
      ],
      variants: [
        sluiceVariant(bench, corpus, { id: 'batched', label: 'defaults' }),
        sluiceVariant(bench, corpus, {
          ...{ id: 'unbatched', label: 'a lookup each, pool of 20', settings: UNBATCHED },
        }),
        sluiceVariant(bench, corpus, { id: 'baseline', label: 'step 0', settings: BASELINE }),
      ],
    },
    {
      id: 'at-rate-4',
      step: 4,
      title: 'Step 4 at the load of the plan',
      about: 'The defaults at 1,000 checks/s and 10,000 cached tokens, whatever the answers do.',
      expectations: [
        { text: 'p99 of at most 5 ms', figure: 'p99Ms', of: 'defaults', atMost: 5 },
        { text: 'at most 110 MiB resident', figure: 'rssMiB', of: 'defaults', atMost: 110 },
      ],
      variants: [sluiceVariant(bench, corpus, { id: 'defaults', load: PLAN_LOAD })],
    },
    {
      id: 'batch-size',
      title: 'Step 4: checks per lookup',
      about: 'Four hundred in flight, so that batches of any size can fill.',
      sweep: { knob: 'BATCH_MAX_SIZE', scale: 'log' },
      expectations: [
        {
          text: 'The plan doubted it: one check has one id to look up',
          ...{ figure: 'rps', of: '256', over: '1', atMost: 1.05 },
        },
      ],
      variants: sweep(bench, corpus, 'BATCH_MAX_SIZE', sizes, PATIENT, wide),
    },
    {
      id: 'batch-in-flight',
      title: 'Step 4: lookups at once before checks gather',
      about: 'The more there are, the smaller they get.',
      sweep: { knob: 'BATCH_MAX_IN_FLIGHT', scale: 'linear' },
      expectations: [],
      variants: sweep(bench, corpus, 'BATCH_MAX_IN_FLIGHT', quick ? [1, 4] : [1, 2, 3, 4]),
    },
    {
      id: 'batch-age',
      title: 'Step 4: age at which a batch goes out all the same',
      about: 'At 3,000 checks/s.',
      sweep: { knob: 'BATCH_MAX_AGE_MS', scale: 'linear' },
      expectations: [],
      variants: sweep(
        ...([bench, corpus, 'BATCH_MAX_AGE_MS', quick ? [0, 5] : [0, 5, 20]] as const),
        ...([{}, { ...PLAN_LOAD, rate: 3_000 }] as const),
      ),
    },
  ];
}
