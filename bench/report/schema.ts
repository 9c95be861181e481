import { z } from 'zod';
import { planQueryNames } from '../lib/plan.ts';
import { type BenchResult, benchNames, figureNames } from '../lib/result.ts';

const counts = z.record(z.string(), z.number());
const instant = z.iso.datetime();

const latency = z.object({
  p50: z.number(),
  p90: z.number(),
  p99: z.number(),
  p999: z.number(),
  max: z.number(),
});

const processFigures = z.object({
  cpuUsPerCheck: z.number(),
  cpuShare: z.number(),
  rssMiB: z.number(),
  anonMiB: z.number(),
});

const serverFigures = z.object({
  batchSize: z.number(),
  lookupMs: z.number(),
  poolUse: z.number(),
  loopLagMaxMs: z.number(),
  gcShare: z.number(),
  /** JSON has no infinity: a pause above all bounds of its histogram was written as null. */
  gcMaxPauseMs: z
    .number()
    .nullable()
    .transform((ms) => ms ?? Number.POSITIVE_INFINITY),
});

const overloadFigures = z.object({
  capacity: z.number(),
  due: z.number(),
  refusalMs: latency.exactOptional(),
  pendingMs: latency,
  connections: z.number(),
  reasons: counts,
  memoryGrowth: z.number().exactOptional(),
  recoveryMs: z.number().exactOptional(),
});

const run = z.object({
  void: z.string().exactOptional(),
  seconds: z.number(),
  checks: z.number(),
  rps: z.number(),
  failed: counts,
  answers: counts,
  latencyMs: latency,
  generator: z.object({ cpuUsPerCheck: z.number(), cpuShare: z.number() }),
  overload: overloadFigures.exactOptional(),
  processes: z.record(z.string(), processFigures),
  server: serverFigures.exactOptional(),
});

const variant = z.object({
  id: z.string(),
  label: z.string(),
  x: z.number().exactOptional(),
  series: z.string().exactOptional(),
  settings: z.record(z.string(), z.string()),
  load: z.object({
    loop: z.enum(['closed', 'constant', 'poisson']),
    rate: z.number().exactOptional(),
    connections: z.number(),
    streams: z.number(),
  }),
  runs: z.array(run),
});

const expectation = z.object({
  text: z.string(),
  figure: z.enum(figureNames),
  of: z.string(),
  over: z.string().exactOptional(),
  atLeast: z.number().exactOptional(),
  atMost: z.number().exactOptional(),
});

const experiment = z.object({
  id: z.string(),
  step: z.number().exactOptional(),
  title: z.string(),
  about: z.string(),
  sweep: z.object({ knob: z.string(), scale: z.enum(['linear', 'log']) }).exactOptional(),
  expectations: z.array(expectation),
  variants: z.array(variant),
});

const stage = z.object({
  id: z.string(),
  title: z.string(),
  about: z.string(),
  kind: z.enum(['part', 'beside', 'whole']),
  rounds: z.array(z.number()),
});

const soakSample = z.object({
  minute: z.number(),
  checks: z.number(),
  distinctTokens: z.number(),
  connections: z.number(),
  failed: z.number(),
  rssMiB: z.number(),
  anonMiB: z.number(),
  heapMiB: z.number(),
});

const chaosOutcome = z.object({
  group: z.string(),
  name: z.string(),
  redis: z.enum(['gone', 'usable', 'poor']),
  checks: z.number(),
  grades: counts,
  errors: counts,
  goodput: z.object({
    before: z.number().exactOptional(),
    during: z.number(),
    after: z.number(),
  }),
  detectionMs: z.number().exactOptional(),
  recoveryMs: z.number().exactOptional(),
  p99Ms: z.number(),
  memoryMiB: z.object({ before: z.number(), since: z.number() }),
  states: z.array(z.string()),
  starvedMs: z.number(),
  missed: z.array(z.string()),
});

const measure = z.object({
  text: z.string(),
  unit: z.enum(['ms', '/s', 'x']).exactOptional(),
  found: z.number().exactOptional(),
  atLeast: z.number().exactOptional(),
  atMost: z.number().exactOptional(),
});

const rotationOutcome = z.object({
  name: z.string(),
  about: z.string(),
  seconds: z.number(),
  checks: z.number(),
  grades: counts,
  errors: counts,
  fetches: z.object({ success: z.number(), failure: z.number() }),
  p99Ms: z.number(),
  measures: z.array(measure),
  starvedMs: z.number(),
});

const scalingStep = z.object({
  name: z.string(),
  about: z.string(),
  seconds: z.number(),
  instances: z.number(),
  requests: z.number(),
  failed: counts,
  share: z.object({ min: z.number(), max: z.number() }),
  redisConnections: z.object({ most: z.number(), bound: z.number() }),
  renewed: z.number(),
  p99Ms: z.number(),
  starvedMs: z.number(),
});

const locustRun = z.object({
  name: z.string(),
  users: z.number(),
  offered: z.number(),
  command: z.string(),
  void: z.string().exactOptional(),
  seconds: z.number(),
  requests: z.number(),
  failures: z.number(),
  errors: counts,
  latencyMs: latency,
  envoyP99Ms: z.number().exactOptional(),
  decided: z.number(),
  answers: z.partialRecord(z.enum(planQueryNames), z.number()),
  history: z.object({
    stepSec: z.number(),
    answers: z.partialRecord(z.enum(planQueryNames), z.array(z.number().nullable())),
  }),
  cores: counts,
  busiestLocust: z.number(),
  machineBusy: z.number(),
});

/** Of a file in bench/results. */
export const benchResult: z.ZodType<BenchResult> = z.object({
  schema: z.literal(1),
  bench: z.enum(benchNames),
  startedAt: instant,
  endedAt: instant,
  complete: z.boolean(),
  quick: z.boolean(),
  commit: z.string(),
  machine: z.object({
    cpu: z.string(),
    cores: z.number(),
    memoryGiB: z.number(),
    kernel: z.string(),
  }),
  versions: z.record(z.string(), z.string()),
  corpus: z.string(),
  experiments: z.array(experiment),
  stages: z.array(stage).exactOptional(),
  soak: z.object({ samples: z.array(soakSample) }).exactOptional(),
  chaos: z
    .object({
      rate: z.number(),
      revocationsPerSec: z.number(),
      outcomes: z.array(chaosOutcome),
    })
    .exactOptional(),
  rotation: z.object({ rate: z.number(), outcomes: z.array(rotationOutcome) }).exactOptional(),
  scaling: z.object({ rate: z.number(), steps: z.array(scalingStep) }).exactOptional(),
  locust: z.object({ runs: z.array(locustRun) }).exactOptional(),
  skipped: z.array(z.string()),
});
