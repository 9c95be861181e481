import { Redis as RedisClient } from 'ioredis';
import type { Bench } from '../lib/bench.ts';
import { runForJson } from '../lib/child.ts';
import type { Latency } from '../lib/latency.ts';
import { cpuSeconds, type Memory, memory } from '../lib/proc.ts';
import { processFigures } from '../lib/process-figures.ts';
import type { Experiment, Run } from '../lib/result.ts';
import { SERVER_CORE } from '../lib/subject.ts';
import { secondsOf } from '../lib/timing.ts';

const WORKER = new URL('lookup-worker.ts', import.meta.url).pathname;
const IDS = 10_000;
const START_SEC = 0.5;

const strategies = [
  { id: 'single', label: 'a command and a write for each check' },
  { id: 'autoPipelined', label: 'ioredis auto-pipelining' },
  { id: 'pipelined', label: 'an explicit pipeline of EXISTS' },
  { id: 'countFirst', label: 'one EXISTS for all, singles if it counts any' },
] as const;

/** Percent of the ids that are revoked. */
const shares = { full: [0, 0.1, 1, 10], quick: [1] };

const sharesOf = (bench: Bench) => (bench.options.quick ? shares.quick : shares.full);

export function secondsForLookups(bench: Bench): number {
  const each = START_SEC + secondsOf(bench.timing);
  return sharesOf(bench).length * strategies.length * bench.timing.rounds * each;
}

/** Ways to ask Redis about 64 checks at once, by themselves: no gRPC, no tokens. */
export async function runLookups(
  bench: Bench,
  update: (experiment: Experiment) => void,
): Promise<void> {
  const { rounds, warmupMs, durationMs } = bench.timing;
  for (const percent of sharesOf(bench)) {
    const prefix = `lookup-${percent}-`;
    const every = percent === 0 ? 0 : 100 / percent;
    await revoke(bench.redis.port, prefix, every);
    const experiment = describe(percent);
    bench.progress.note(`\n${experiment.title}\n${experiment.about}`);
    const runs = strategies.map((): Run[] => []);
    for (let round = 0; round < rounds; round++) {
      for (const [i, { id, label }] of strategies.entries()) {
        bench.options.signal.throwIfAborted();
        const args = [id, bench.redis.port, prefix, every, warmupMs, durationMs].map(String);
        const run = await runWorker(args, bench);
        runs[i]?.push(run);
        update({ ...experiment, variants: variants(runs) });
        const cpu = run.processes.server?.cpuUsPerCheck.toFixed(2);
        const seconds = START_SEC + secondsOf(bench.timing);
        bench.progress.step(seconds, `${label}: ${cpu} us of CPU for each check`);
      }
    }
  }
}

function describe(percent: number): Omit<Experiment, 'variants'> {
  const faster = (of: string, over: string, text: string) => {
    return { text, figure: 'serverCpuUs' as const, of, over, atMost: 1 };
  };
  return {
    id: `lookups-${percent}`,
    title: `Step 4: ways to ask Redis, ${percent} % revoked`,
    about: '64 checks at a time on one connection, by themselves: no gRPC, no tokens.',
    expectations: [
      faster('pipelined', 'single', 'The plan: a pipeline costs less than single commands'),
      faster('countFirst', 'pipelined', 'One EXISTS for all costs less than a pipeline'),
    ],
  };
}

function variants(runs: readonly (readonly Run[])[]) {
  const load = { loop: 'closed' as const, connections: 1, streams: 64 };
  return strategies.map(({ id, label }, i) => ({
    ...{ id, label, settings: {}, load, runs: runs[i] ?? [] },
  }));
}

async function revoke(port: number, prefix: string, every: number): Promise<void> {
  if (every === 0) return;
  const client = new RedisClient(port);
  for (let i = 0; i < IDS; i += every) await client.set(`${prefix}${i}`, '1');
  client.disconnect();
}

async function runWorker(args: readonly string[], bench: Bench): Promise<Run> {
  const pids = [bench.redis.pid];
  const command = ['taskset', '-c', SERVER_CORE, process.execPath, WORKER, ...args];
  let redisCpu = 0;
  let own: Memory | undefined;
  let result: WorkerResult | undefined;
  await runForJson('lookup-worker', command, bench.options.signal, (message, pid) => {
    if (message.event === 'start') redisCpu = cpuSeconds(pids);
    else if (message.event === 'end') {
      redisCpu = cpuSeconds(pids) - redisCpu;
      own = memory([pid]);
    } else result = message;
  });
  if (result === undefined) throw new Error('lookup-worker ended without a result');
  const { seconds, checks, cpuSeconds: cpu, latencyMs } = result;
  return {
    ...{ seconds, checks, rps: checks / seconds, failed: {}, answers: {}, latencyMs },
    generator: { cpuUsPerCheck: 0, cpuShare: 0 },
    processes: {
      server: processFigures(cpu, checks, seconds, own),
      redis: processFigures(redisCpu, checks, seconds, memory(pids)),
    },
  };
}

interface WorkerResult {
  readonly seconds: number;
  readonly checks: number;
  readonly cpuSeconds: number;
  readonly latencyMs: Latency;
}
