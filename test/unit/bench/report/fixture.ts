import type {
  BenchName,
  BenchResult,
  Experiment,
  Load,
  Run,
  Soak,
  Stage,
  Variant,
} from '../../../../bench/lib/result.ts';

export const closed: Load = { loop: 'closed', connections: 4, streams: 64 };
export const atRate = (rate: number): Load => ({
  loop: 'poisson',
  rate,
  connections: 4,
  streams: 256,
});

/** In µs, ms and MiB as their names in a run. */
interface Figures {
  readonly rps: number;
  readonly p99?: number;
  readonly cpuUs?: number;
  readonly cpuShare?: number;
  readonly rssMiB?: number;
  readonly failed?: Readonly<Record<string, number>>;
}

export function runOf(figures: Figures, more: Partial<Run> = {}): Run {
  const { rps, p99 = 8, cpuUs = 14, cpuShare = 0.99, rssMiB = 84, failed = {} } = figures;
  const seconds = 10;
  const checks = Math.round(rps * seconds);
  return {
    seconds,
    checks,
    rps,
    failed,
    answers: { allow: checks },
    latencyMs: { p50: p99 / 3, p90: p99 / 1.6, p99, p999: p99 * 2.2, max: p99 * 5 },
    generator: { cpuUsPerCheck: 4, cpuShare: 0.4 },
    processes: {
      server: { cpuUsPerCheck: cpuUs, cpuShare, rssMiB, anonMiB: rssMiB * 0.6 },
      redis: { cpuUsPerCheck: 1.3, cpuShare: 0.1, rssMiB: 12, anonMiB: 8 },
    },
    server: {
      batchSize: 42,
      lookupMs: 0.8,
      poolUse: 0.7,
      loopLagMaxMs: 6,
      gcShare: 0.02,
      gcMaxPauseMs: 5,
    },
    ...more,
  };
}

/** Five runs that lie a little apart, the same each time. */
export function runsOf(figures: Figures): readonly Run[] {
  return [1, 0.985, 1.02, 0.992, 1.011].map((factor) =>
    runOf({
      ...figures,
      rps: figures.rps * factor,
      p99: (figures.p99 ?? 8) / factor ** 3,
      cpuUs: (figures.cpuUs ?? 14) / factor,
    }),
  );
}

export function variantOf(id: string, runs: readonly Run[], more: Partial<Variant> = {}): Variant {
  return { id, label: id, settings: {}, load: closed, runs, ...more };
}

export function experimentOf(
  id: string,
  variants: readonly Variant[],
  more: Partial<Experiment> = {},
): Experiment {
  return { id, title: id, about: `About ${id}.`, expectations: [], variants, ...more };
}

export function resultOf(bench: BenchName, more: Partial<BenchResult> = {}): BenchResult {
  return {
    schema: 1,
    bench,
    startedAt: '2026-03-01T10:00:00.000Z',
    endedAt: '2026-03-01T10:42:00.000Z',
    complete: true,
    quick: false,
    commit: '90fdcb6',
    machine: { cpu: 'Some CPU @ 2.8 GHz', cores: 2, memoryGiB: 7.8, kernel: 'Linux 6.1.0' },
    versions: { node: '24.21.0', go: '1.25.1', valkey: '9.0.1' },
    corpus: '10,000 requests of Envoy: 90 % with a valid token, 5 % revoked, 5 % of a wrong key.',
    experiments: [],
    skipped: [],
    ...more,
  };
}

export function sweepOf(
  points: readonly (readonly [x: number, figures: Figures])[],
  more: Partial<Experiment> = {},
): Experiment {
  return experimentOf(
    'batch',
    points.map(([x, figures]) =>
      variantOf(`b${x}`, runsOf(figures), {
        label: `BATCH_MAX=${x}`,
        x,
        settings: { REDIS_CONNECTIONS: '1', BATCH_MAX: String(x) },
      }),
    ),
    {
      title: 'Step 2: how large a batch may be',
      about: 'The most checks that share one lookup. All else is as it is by default.',
      sweep: { knob: 'BATCH_MAX', scale: 'log' },
      ...more,
    },
  );
}

export const batchSweep = sweepOf(
  [
    [1, { rps: 21_400, p99: 21, cpuUs: 46 }],
    [4, { rps: 38_000, p99: 13, cpuUs: 26 }],
    [16, { rps: 61_000, p99: 8.4, cpuUs: 16 }],
    [64, { rps: 71_300, p99: 7.1, cpuUs: 13.9 }],
    [256, { rps: 72_400, p99: 7.4, cpuUs: 13.7 }],
    [1024, { rps: 71_900, p99: 11.2, cpuUs: 13.8 }],
  ],
  {
    step: 2,
    expectations: [
      {
        text: 'Batches of 64 carry at least twice what single lookups do',
        figure: 'rps',
        of: 'b64',
        over: 'b1',
        atLeast: 2,
      },
      {
        text: 'A large batch costs no latency',
        figure: 'p99Ms',
        of: 'b1024',
        over: 'b64',
        atMost: 1.2,
      },
    ],
  },
);

export const ladder = resultOf('ladder', {
  experiments: [
    experimentOf(
      'start',
      [
        variantOf('plain', runsOf({ rps: 32_000, p99: 16, cpuUs: 31 }), {
          label: 'As the plan begins',
        }),
        variantOf('steady', runsOf({ rps: 8_000, p99: 3.1, cpuUs: 34, cpuShare: 0.27 }), {
          label: 'The same, at a set rate',
          load: atRate(8_000),
        }),
      ],
      { step: 0, title: 'Step 0: where it starts', about: 'One process, one connection to Redis.' },
    ),
    experimentOf(
      'pool',
      [1, 2, 4].map((x) =>
        variantOf(`p${x}`, runsOf({ rps: 33_000 + x * 900, p99: 15, cpuUs: 30 - x / 2 }), {
          label: `${x} to Redis`,
          x,
          settings: { REDIS_CONNECTIONS: String(x) },
        }),
      ),
      {
        step: 1,
        title: 'Step 1: connections to Redis',
        about: 'How many connections lookups are spread over.',
        sweep: { knob: 'REDIS_CONNECTIONS', scale: 'linear' },
      },
    ),
    batchSweep,
    experimentOf(
      'cache',
      [
        variantOf('off', [...runsOf({ rps: 40_000, cpuUs: 24 })], {
          label: 'Without a cache of verified tokens, every signature checked',
          settings: { TOKEN_CACHE_SIZE: '0' },
        }),
        variantOf(
          'on',
          [
            ...runsOf({ rps: 78_000, cpuUs: 12.6, rssMiB: 104 }),
            runOf({ rps: 2 }, { void: "the generator's core was 97 % busy" }),
          ],
          { label: 'With the cache', settings: { TOKEN_CACHE_SIZE: '100000' } },
        ),
      ],
      {
        step: 3,
        title: 'Step 3: the cache of verified tokens',
        about: 'Whether a token seen before is verified again.',
        expectations: [
          {
            text: 'The cache halves the CPU',
            figure: 'serverCpuUs',
            of: 'on',
            over: 'off',
            atMost: 0.53,
          },
          { text: 'Little memory', figure: 'rssMiB', of: 'on', atMost: 100 },
          { text: 'Envoy takes less than half', figure: 'envoyCpuUs', of: 'on', atMost: 10 },
        ],
      },
    ),
    experimentOf(
      'rates',
      [10, 20, 40, 60, 70].map((k) =>
        variantOf(
          `r${k}`,
          runsOf({
            rps: Math.min(k * 1000, 66_000),
            p99: k > 60 ? 140 : 2 + k / 12,
            cpuUs: 13,
            cpuShare: Math.min(0.99, k / 66),
          }),
          { label: `${k}k/s`, x: k * 1000, load: atRate(k * 1000) },
        ),
      ),
      {
        step: 4,
        title: 'Step 4: what rate it carries',
        about: 'An open loop, at rates up to and above what a closed loop reached.',
        sweep: { knob: 'checks/s offered', scale: 'linear' },
      },
    ),
  ],
  skipped: ['memory.max of a cgroup: the machine lets none be made'],
});

const stages: readonly Stage[] = [
  ['whole', 'whole', 'A check, from frame to frame', 12.8],
  ['decode', 'part', 'Read the request', 1.1],
  ['token', 'part', 'Look the token up in the cache', 0.52],
  ['lookup', 'part', 'Ask Redis, in a batch of 64', 3.4],
  ['http2', 'part', 'HTTP/2 frames and headers', 5.1],
  ['answer', 'part', 'Write the answer', 0.9],
  ['cold', 'beside', 'Verify a token never seen (RS256)', 48],
].map(([id, kind, title, us]) => ({
  id: String(id),
  kind: kind as Stage['kind'],
  title: String(title),
  about: `${title}, alone in a loop.`,
  rounds: [1, 0.97, 1.04].map((factor) => Number(us) * factor),
}));

export const soak: Soak = {
  samples: Array.from({ length: 61 }, (_, minute) => ({
    minute,
    checks: minute * 1_200_000,
    distinctTokens: minute * 40_000,
    connections: 8 + minute,
    failed: 0,
    rssMiB: 92 - 20 * Math.exp(-minute / 6) + (minute % 7) * 0.3,
    anonMiB: 58 - 18 * Math.exp(-minute / 6) + (minute % 5) * 0.3,
    heapMiB: 31 - 9 * Math.exp(-minute / 6) + (minute % 3) * 0.2,
  })),
};

const peers = [
  ['sluice', 'Sluice', 71_000, 13.9, 88, 7.2],
  ['grpc-js', 'grpc-js that answers OK to all', 19_500, 51, 110, 24],
  ['go', 'Go that answers OK to all', 92_000, 10.6, 24, 5.9],
  ['opa', 'A policy engine with the same rule', 6_100, 163, 145, 88],
] as const;

export const allResults: readonly BenchResult[] = [
  ladder,
  resultOf('stages', { stages }),
  resultOf('peers', {
    quick: true,
    commit: '90fdcb6+',
    experiments: [
      experimentOf(
        'one-core',
        peers
          .map(([id, , rps, cpuUs, rssMiB, p99]) =>
            variantOf(id, runsOf({ rps, cpuUs, rssMiB, p99 })),
          )
          .map((variant, at) => ({ ...variant, label: peers[at]?.[1] ?? '' })),
        {
          title: 'On one core',
          about: 'Every server is held to one core and asked the same.',
          expectations: [
            { text: 'Twice grpc-js', figure: 'rps', of: 'sluice', over: 'grpc-js', atLeast: 2 },
          ],
        },
      ),
    ],
  }),
  resultOf('soak', { soak }),
  resultOf('crosscheck', {
    complete: false,
    experiments: [
      experimentOf(
        'envoy',
        [
          variantOf('direct', runsOf({ rps: 5_000, p99: 2.2, cpuShare: 0.1 }), {
            label: 'Generator to Sluice',
            load: atRate(5_000),
          }),
          variantOf('through', runsOf({ rps: 4_995, p99: 3.9, cpuShare: 0.11 }), {
            label: 'Generator through Envoy',
            load: atRate(5_000),
          }),
        ],
        { title: 'Through Envoy', about: 'The same rate, with Envoy before it and without.' },
      ),
    ],
  }),
];
