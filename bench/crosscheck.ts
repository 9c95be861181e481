import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { ensureGoCommand } from '../scripts/lib/go.ts';
import { onPath } from '../scripts/lib/run.ts';
import { CHECK_PATH } from '../src/sources/codec/check-request.ts';
import { describeCorpus, messageFor } from './corpus/corpus.ts';
import { SATURATED } from './ladder/plans.ts';
import type { Bench } from './lib/bench.ts';
import { checkRequest, runH2load } from './lib/h2load.ts';
import { measure } from './lib/measure.ts';
import { cpuSeconds } from './lib/proc.ts';
import { processFigures } from './lib/process-figures.ts';
import type { Experiment, Load, Run } from './lib/result.ts';
import { ResultFile } from './lib/store.ts';
import { OTHER_CORE, type Subject } from './lib/subject.ts';
import { secondsOf } from './lib/timing.ts';
import { emptyGo } from './peers/servers.ts';

const GHZ = 'github.com/bojand/ghz/cmd/ghz@v0.93.0';
const PROTO = new URL('../proto', import.meta.url).pathname;
const GHZ_LOAD: Load = { loop: 'constant', rate: 1_000, connections: 4, streams: 50 };
const AGREE = { atLeast: 0.9, atMost: 1.1 };

/** Whether three generators see the same of one server, at rates that all of them reach. */
export async function runCrosscheck(bench: Bench): Promise<void> {
  const file = await ResultFile.create('crosscheck', bench.options.quick);
  if (onPath('h2load') === undefined) {
    throw new Error('h2load is not on the PATH; on Debian: apt install nghttp2-client');
  }
  const ghz = await ensureGoCommand(GHZ, (line) => bench.progress.note(line));
  const { rounds, warmupMs, durationMs } = bench.timing;
  const { corpus, file: asked } = await bench.allowAll();
  await using server = await emptyGo(0).start();
  const message = messageFor(corpus.questions[0]?.token ?? '');
  const plain = `${asked}.message`;
  const request = await checkRequest(`http://${server.address}`, message, `${asked}.grpc`);
  await writeFile(plain, message);
  const ours = (load: Load) => () =>
    measure(
      { server, beside: {} },
      {
        ...load,
        ...{ corpus: asked, command: bench.generator, address: server.address },
        ...{ warmupMs, durationMs },
      },
      bench.options.signal,
    );
  const experiments: Experiment[] = [
    experiment('saturated', 'Closed loop', SATURATED, ['load', 'h2load']),
    experiment('at-rate', 'At 1,000 checks/s', GHZ_LOAD, ['load', 'ghz']),
  ];
  const generators: Readonly<Record<string, () => Promise<Run>>> = {
    'saturated/load': ours(SATURATED),
    'saturated/h2load': () =>
      runH2load(
        {
          ...{ ...request, ...SATURATED, warmupMs, durationMs },
          pids: () => ({ server: server.pids() }),
        },
        bench.options.signal,
      ),
    'at-rate/load': ours(GHZ_LOAD),
    'at-rate/ghz': () => runGhz(ghz, server, plain, warmupMs, durationMs),
  };
  bench.progress.expect((rounds * 4 + 1) * secondsOf(bench.timing));
  const write = (complete: boolean) => {
    const about = `An empty Go server. ${describeCorpus(corpus)}`;
    file.write({ corpus: about, experiments, skipped: [] }, complete);
  };
  await ours(SATURATED)(); // a server that has just started is slower
  for (let round = 0; round < rounds; round++) {
    for (const { id, variants } of experiments) {
      for (const variant of variants) {
        const run = await (generators[`${id}/${variant.id}`] as () => Promise<Run>)();
        (variant.runs as Run[]).push(run);
        write(false);
        const cpu = run.processes.server?.cpuUsPerCheck.toFixed(1);
        const line = `${variant.label}: ${Math.round(run.rps)} checks/s, ${cpu} us of CPU each`;
        bench.progress.step(secondsOf(bench.timing), line);
      }
    }
  }
  write(true);
}

function experiment(
  id: string,
  title: string,
  load: Load,
  [ours, other]: readonly [string, string],
): Experiment {
  const agree = (name: 'rps' | 'serverCpuUs', text: string) => {
    return { text, figure: name, of: ours, over: other, ...AGREE };
  };
  return {
    id,
    title,
    about: `The same server under this generator and under ${other}.`,
    expectations: [
      agree('rps', 'the same throughput within 10 %'),
      agree('serverCpuUs', 'the same CPU of the server within 10 %'),
    ],
    variants: [ours, other].map((name) => ({
      ...{ id: name, label: name, settings: {}, load, runs: [] },
    })),
  };
}

async function runGhz(
  ghz: string,
  server: Subject,
  message: string,
  warmupMs: number,
  durationMs: number,
): Promise<Run> {
  const { rate, connections } = GHZ_LOAD;
  const args = [
    ...['-c', OTHER_CORE, ghz, '--insecure', '--import-paths', PROTO],
    ...[
      '--proto',
      `${PROTO}/envoy/service/auth/v3/external_auth.proto`,
      '--call',
      CHECK_PATH.slice(1),
    ],
    ...['-B', message, '--rps', `${rate}`, '--connections', `${connections}`, '-c', '50'],
    ...['-z', `${(warmupMs + durationMs) / 1000}s`, '-O', 'json', server.address],
  ];
  const before = cpuSeconds(server.pids());
  const { stdout } = await promisify(execFile)('taskset', args, { maxBuffer: 1 << 28 });
  const cpu = cpuSeconds(server.pids()) - before;
  const report = JSON.parse(stdout);
  const ms = (percent: number) =>
    report.latencyDistribution.find((one: { percentage: number }) => one.percentage === percent)
      .latency / 1e6;
  const seconds = report.total / 1e9;
  const checks = report.statusCodeDistribution.OK ?? 0;
  const failed = report.count - checks;
  return {
    ...{ seconds, checks, rps: checks / seconds, answers: {} },
    failed: failed > 0 ? { other: failed } : {},
    latencyMs: { p50: ms(50), p90: ms(90), p99: ms(99), p999: ms(99), max: report.slowest / 1e6 },
    generator: { cpuUsPerCheck: 0, cpuShare: 0 },
    processes: { server: processFigures(cpu, checks, seconds) },
  };
}
