import { parseArgs } from 'node:util';
import { Bench } from './lib/bench.ts';
import { benchNames } from './lib/result.ts';
import { RESULTS } from './lib/store.ts';

const USAGE = `Usage: npm run bench -- <what> [options]

  ladder       the tuning plan step by step: Redis pool, concurrency, CPU, pipelining
  stages       what each part of a check costs
  peers        beside an empty Go server and an empty grpc-js server, and behind a real Envoy
  attacks      somebody else's checks beside every kind of hostile connection
  overload     up to ten times what the server can take, and back
  chaos        what faults of Redis, the network and the process do to checks under way
  rotation     an issuer exchanges its keys, goes away, or is drowned in forged tokens
  scaling      instances come and go behind a real Envoy, and Envoy is restarted
  locust       the tuning plan's own baseline: Locust through Envoy, its queries asked of Prometheus
  soak         memory over time: ever new tokens, connections and revocations
  crosscheck   the load generator beside h2load and ghz
  report       bench/results/report.html and summary.md, from the results that are there
  capture      record anew what an Envoy sends (bench/corpus/envoy.json)

  --quick          a look in under three minutes, kept apart in bench/results/quick
  --minutes <n>    how long a soak takes (default 10)
  --out <folder>   of report: where the results are, instead of bench/results
  -h, --help       this

Results are JSON in bench/results, valid after every run: Ctrl-C leaves what there is by then.
The server has the first core to itself, the load and Redis share the second. Needs taskset and Go;
peers, locust and crosscheck say what else they miss.
`;

class UsageError extends Error {}

interface Options {
  readonly quick: boolean;
  readonly minutes: number;
}

type Run = (bench: Bench, options: Options) => Promise<void>;

/** Loaded when it is run: --help should not need what a benchmark needs. */
const benches: Readonly<Record<(typeof benchNames)[number], () => Promise<Run>>> = {
  ladder: async () => (await import('./ladder/index.ts')).runLadder,
  stages: async () => (await import('./stages/index.ts')).runStages,
  peers: async () => (await import('./peers/index.ts')).runPeers,
  attacks: async () => (await import('./attacks/index.ts')).runAttacks,
  overload: async () => (await import('./overload/index.ts')).runOverload,
  chaos: async () => (await import('./chaos/index.ts')).runChaos,
  rotation: async () => (await import('./rotation/index.ts')).runRotation,
  scaling: async () => (await import('./scaling/index.ts')).runScaling,
  locust: async () => (await import('./locust/index.ts')).runLocust,
  soak: async () => (await import('./soak.ts')).runSoak,
  crosscheck: async () => (await import('./crosscheck.ts')).runCrosscheck,
};

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args);
  const [what, ...rest] = positionals;
  if (values.help || what === undefined) {
    process.stdout.write(USAGE);
    if (!values.help) throw new UsageError('what is to be measured?');
    return;
  }
  if (rest.length > 0) throw new UsageError(`one at a time: ${positionals.join(', ')}`);
  const minutes = Number(values.minutes ?? 10);
  if (!(minutes > 0)) throw new UsageError(`--minutes is ${values.minutes}; it must be above 0`);
  if (values.minutes !== undefined && what !== 'soak')
    throw new UsageError('--minutes is for soak');
  if (what === 'report') return report(values.out ?? RESULTS);
  if (what === 'capture') return void (await import('./corpus/capture.ts'));
  const load = benches[what as (typeof benchNames)[number]];
  if (!Object.hasOwn(benches, what) || load === undefined) {
    throw new UsageError(`${what} is none of ${[...benchNames, 'report', 'capture'].join(', ')}`);
  }
  await measure(await load(), { quick: values.quick ?? false, minutes });
  await report(values.quick ? `${RESULTS}/quick` : RESULTS);
}

async function measure(run: Run, options: Options): Promise<void> {
  const interrupt = new AbortController();
  const onSignal = () => interrupt.abort(new Interrupted());
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  await using bench = await Bench.start({ quick: options.quick, signal: interrupt.signal });
  try {
    await run(bench, options);
  } catch (error) {
    // What it was waiting for ends with an error that has ours as its cause.
    const isInterrupt = [error, (error as Error).cause].some((one) => one instanceof Interrupted);
    if (!isInterrupt) throw error;
    bench.progress.note('\ninterrupted: the result holds what was measured by now');
    process.exitCode = 130;
  }
}

class Interrupted extends Error {}

async function report(folder: string): Promise<void> {
  const { writeReport } = await import('./report/index.ts');
  await writeReport(folder);
  process.stdout.write(`${folder}/report.html\n${folder}/summary.md\n`);
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        quick: { type: 'boolean' },
        minutes: { type: 'string' },
        out: { type: 'string' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`bench: ${(error as Error).message}\n`);
  if (error instanceof UsageError) process.stderr.write('Try: npm run bench -- --help\n');
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
