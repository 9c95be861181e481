import { ensureTool } from '../../scripts/lib/tools.ts';
import { algorithmCorpus, type Bench } from '../lib/bench.ts';
import { ResultFile } from '../lib/store.ts';
import { startSluice } from '../lib/subject.ts';
import { describe } from '../report/locust.ts';
import type { Load } from './command.ts';
import { play } from './play.ts';
import type { LocustRun } from './result.ts';
import { locustRig } from './rig.ts';

/** For all to start, and to end. */
const START_SEC = 8;

/**
 * The plan's command line; the same with a cookie; as many users as the rate takes that the plan
 * wants; and its next number of users, who come as fast as the 1,000 did.
 */
const loads = (seconds: number): readonly Load[] => [
  { place: 'header', users: 1_000, spawnRate: 100, seconds, processes: 1 },
  { place: 'cookie', users: 1_000, spawnRate: 100, seconds, processes: 1 },
  { place: 'header', users: 2_000, spawnRate: 200, seconds, processes: 1 },
  { place: 'header', users: 10_000, spawnRate: 1_000, seconds, processes: 2 },
];

/** Step 0 of the tuning plan: what its command line and its queries say of Sluice. */
export async function runLocust(bench: Bench): Promise<void> {
  const { quick, signal } = bench.options;
  const tools = await Promise.all((['locust', 'envoy', 'prometheus'] as const).map(versionOf));
  const file = await ResultFile.create('locust', quick);
  const corpus = await bench.corpus(algorithmCorpus('HS256', 1));
  const token = corpus.corpus.questions[0]?.token as string;
  const runs: LocustRun[] = [];
  const write = (complete: boolean) =>
    file.write(
      { corpus: `${ASKED} ${tools.join(', ')}.`, experiments: [], skipped: [], locust: { runs } },
      complete,
    );
  const all = loads(quick ? 20 : 60);
  bench.progress.expect(all.reduce((sum, { seconds }) => sum + START_SEC + seconds, 0));
  for (const load of all) {
    signal.throwIfAborted();
    bench.progress.note(`\n${load.users} users, ${load.place}: ${load.seconds} s`);
    await using rig = await locustRig(load.place, (settings) =>
      startSluice({ settings: { ...bench.settings(corpus), ...settings } }),
    );
    const run = await play({ load, token, rig, redis: bench.redis.pid }, signal);
    runs.push(run);
    write(false);
    bench.progress.step(START_SEC + load.seconds, describe(run));
  }
  write(true);
}

/** Asked for first, so that what is missing is told at once. */
async function versionOf(name: Parameters<typeof ensureTool>[0]): Promise<string> {
  const { version } = await ensureTool(name);
  return `${name} ${version}`;
}

const ASKED =
  'GET requests over HTTP/1.1 of users that Locust plays (FastHttpUser), each with a connection of ' +
  'its own and a wait of 1 to 3 s between two requests, all with one HS256 token of 800 bytes; ' +
  'through deploy/envoy/envoy.yaml with one worker to an upstream in Node.js, a real Valkey behind ' +
  'Sluice, scraped every second. With';
