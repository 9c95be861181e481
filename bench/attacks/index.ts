import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { attacks } from '../../test/integration/http2/attack-scripts.ts';
import { describeCorpus } from '../corpus/corpus.ts';
import type { Bench } from '../lib/bench.ts';
import { startChild } from '../lib/child.ts';
import { measure } from '../lib/measure.ts';
import type { Expectation, Experiment, Load, Run } from '../lib/result.ts';
import { ResultFile, recordExperiments } from '../lib/store.ts';
import { OTHER_CORE, startSluice } from '../lib/subject.ts';
import { secondsOf } from '../lib/timing.ts';
import { HARMLESS } from './harmless.ts';

const ATTACKER = new URL('attacker.ts', import.meta.url).pathname;
const QUIET = 'quiet';
const START_SEC = 1;
/** Before whoever else wants the core, or his share of it would be taken for what he does to Sluice. */
const FIRST = ['chrt', '--fifo', '1'];
/** A client that means well, beside the one that does not. */
const VICTIM: Load = { loop: 'poisson', rate: 200, connections: 1, streams: 50 };

const about: Omit<Experiment, 'variants'> = {
  id: 'attacks',
  title: 'Beside a hostile connection',
  about:
    '200 checks/s on a connection of their own while a peer on another one does its worst, without ' +
    'end and again when it is thrown out. The attacker has what the load leaves of its core; beside it ' +
    'is told what one does that takes as much of it, and sends nothing.',
  expectations: attacks.flatMap(({ name }): Expectation[] => [
    {
      text: `${name}: p99 at most doubles`,
      ...{ figure: 'p99Ms', of: name, over: HARMLESS, atMost: 2 },
    },
    { text: `${name}: nothing fails`, figure: 'failedShare', of: name, atMost: 0 },
    {
      text: `${name}: memory grows by less than half`,
      ...{ figure: 'rssMiB', of: name, over: QUIET, atMost: 1.5 },
    },
  ]),
};

/** What each attack does to somebody else's checks. */
export async function runAttacks(bench: Bench): Promise<void> {
  const file = await ResultFile.create('attacks', bench.options.quick);
  const ready = await bench.corpus();
  const { update, finish } = recordExperiments(file, describeCorpus(ready.corpus), []);
  const rounds = bench.options.quick ? 1 : 3;
  const names = [QUIET, HARMLESS, ...attacks.map(({ name }) => name)];
  bench.progress.expect(rounds * names.length * (START_SEC + secondsOf(bench.timing)));
  bench.progress.note(`\n${about.title}\n${about.about}`);
  const settings = { ...bench.settings(ready), TRANSPORT: 'http2' };
  await using server = await startSluice({ settings });
  const first = goesFirst(bench.redis.pid);
  if (first.length === 0)
    bench.progress.note(`${FIRST.join(' ')}: not allowed; the attacker is felt by the load itself`);
  const variants = names.map((name) => {
    return { id: name, label: name, settings: {}, load: VICTIM, runs: [] as Run[] };
  });
  const ask = (load: Load, durationMs: number) =>
    measure(
      { server, beside: { redis: [bench.redis.pid] } },
      {
        ...{ ...load, warmupMs: bench.timing.warmupMs, durationMs },
        ...{ corpus: ready.file, command: [...first, ...bench.generator], address: server.address },
      },
      bench.options.signal,
    );
  await ask({ loop: 'closed', connections: 2, streams: 8 }, bench.timing.coldMs);
  for (let round = 0; round < rounds; round++) {
    for (const { label, runs } of variants) {
      await using _ = label === QUIET ? undefined : await attack(label, server.address);
      const run = await ask(VICTIM, bench.timing.durationMs);
      runs.push(run);
      update({ ...about, variants: variants.map((one) => ({ ...one, runs: [...one.runs] })) });
      const memory = run.processes.server?.rssMiB.toFixed(0);
      const line = `${label}: p99 ${run.latencyMs.p99.toFixed(1)} ms, ${memory} MiB`;
      bench.progress.step(START_SEC + secondsOf(bench.timing), line);
    }
  }
  finish();
}

/** What the load is to be started by; nothing where the system allows nobody to go first. */
function goesFirst(redis: number): readonly string[] {
  try {
    execFileSync('chrt', ['--all-tasks', '--fifo', '--pid', '1', String(redis)], {
      stdio: 'ignore',
    });
    return FIRST;
  } catch {
    return [];
  }
}

async function attack(name: string, address: string): Promise<AsyncDisposable> {
  const port = address.split(':').at(-1) as string;
  // Idle: whoever else wants the core has it at once, or the figures would be those of the scheduler.
  const command = ['taskset', '-c', OTHER_CORE, 'chrt', '--idle', '0', process.execPath];
  const child = startChild([...command, ATTACKER, name, port]);
  await once(child.stdout, 'data');
  return {
    async [Symbol.asyncDispose]() {
      process.kill(child.pid, 'SIGKILL');
      await child.ended;
    },
  };
}
