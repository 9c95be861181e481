import { ensureTool } from '../../scripts/lib/tools.ts';
import { Fleet } from '../../test/support/fleet.ts';
import { Load } from '../../test/support/load.ts';
import { startServe } from '../chaos/rigs.ts';
import type { Bench } from '../lib/bench.ts';
import { ResultFile } from '../lib/store.ts';
import { isHeld } from '../report/measures.ts';
import { describeStep, measuresOf } from '../report/scaling.ts';
import { prepareAsks, REVOKED_EVERY } from './asks.ts';
import { perform } from './perform.ts';
import type { Scaling, ScalingStep } from './result.ts';
import { type StepTiming, steps } from './steps.ts';

interface Timing extends StepTiming {
  /** Requests/s. */
  readonly rate: number;
  /** After which a connection is asked to go. */
  readonly connectionAgeMs: number;
  readonly lookMs: number;
}

const FULL: Timing = {
  rate: 1_000,
  connectionAgeMs: 20_000,
  settleMs: 60_000,
  shortMs: 10_000,
  lookMs: 10_000,
};
const QUICK: Timing = {
  rate: 500,
  connectionAgeMs: 5_000,
  settleMs: 10_000,
  shortMs: 3_000,
  lookMs: 4_000,
};
const POOL = 4;
/** About what a change takes: a drain, a start. */
const CHANGE_SEC = 6;

/** What becomes of requests while instances come and go, and while Envoy itself is restarted. */
export async function runScaling(bench: Bench): Promise<void> {
  const { quick, signal } = bench.options;
  const file = await ResultFile.create('scaling', quick);
  const timing = quick ? QUICK : FULL;
  const { rate, connectionAgeMs, lookMs } = timing;
  const corpus = await corpusOf(timing);
  const done: ScalingStep[] = [];
  const write = (complete: boolean) => {
    const scaling: Scaling = { rate, steps: done };
    file.write({ corpus, experiments: [], skipped: [], scaling }, complete);
  };
  const all = steps(timing);
  const secondsOf = (settleMs: number) => CHANGE_SEC + (settleMs + lookMs) / 1000;
  bench.progress.expect(all.reduce((sum, { settleMs }) => sum + secondsOf(settleMs), 0));
  const settings = {
    REDIS_POOL_SIZE: String(POOL),
    GRPC_MAX_CONNECTION_AGE_MS: String(connectionAgeMs),
    DRAIN_DELAY_MS: '5000', // the default of the service, and not of the tests
  };
  await using fleet = await Fleet.start({ size: 2, settings, start: startServe });
  const asks = await prepareAsks(fleet.valkey);
  const headers = asks.map((ask) => ask.headers);
  await using load = new Load(fleet.envoy.url(), { headers, rate });
  for (const step of all) {
    signal.throwIfAborted();
    const scene = { fleet, load, asks, pool: POOL, lookMs, signal };
    const outcome = await perform(step, scene);
    done.push(outcome);
    write(false);
    bench.progress.step(secondsOf(step.settleMs), describeStep(outcome));
  }
  write(true);
  if (done.some((step) => !measuresOf(step).every(isHeld))) process.exitCode = 1;
}

async function corpusOf(timing: Timing): Promise<string> {
  const { rate, connectionAgeMs, settleMs, lookMs } = timing;
  const { version } = await ensureTool('envoy');
  return (
    `${rate} requests/s, whatever becomes of those before, to an Envoy ${version} with two workers that ` +
    'has deploy/envoy/envoy.yaml, but for EDS from a file, no retry_policy and no upstream. 100 HS256 ' +
    `tokens, of which every ${REVOKED_EVERY}th is revoked: all but 200 for the good and 403 for the ` +
    `revoked ones is a failure. GRPC_MAX_CONNECTION_AGE_MS is ${connectionAgeMs} here, and 300000 by ` +
    `default. Shares are of ${lookMs / 1000} s, ${settleMs / 1000} s after instances came or went.`
  );
}
