import type { Bench } from '../lib/bench.ts';
import { ResultFile } from '../lib/store.ts';
import { OTHER_CORE, pin, SERVER_CORE } from '../lib/subject.ts';
import { isHeld } from '../report/measures.ts';
import { type Drill, type LoadTiming, perform } from './drill.ts';
import { flood } from './drills/flood.ts';
import {
  blackHole,
  type OutageTiming,
  providerDown,
  RECOVERY_MS,
  refused,
} from './drills/outage.ts';
import { publishedAhead, publishedAtFirstUse, publishedDuringFetch } from './drills/rotation.ts';
import { keyWithdrawn, LEAST_MAX_AGE_SEC, LOOKED_AT, REFRESHED } from './drills/withdrawal.ts';
import { describe } from './line.ts';
import type { Rotation, RotationOutcome } from './result.ts';

const LOAD: LoadTiming = { rate: 500, connections: 8, lostAfterMs: 1_000 };
const START_SEC = 3;
const DURING_FETCH = { latencyMs: 300, waitMs: 6_000 };

function fullDrills(generator: readonly string[]): readonly Drill[] {
  const timing = {
    everyMs: 15_000,
    aheadMs: 10_000,
    keptMs: 10_000,
    lastsMs: 90_000,
    waitMs: 6_000,
  };
  const outage: OutageTiming = {
    wellMs: 2_000,
    lastsMs: 60_000,
    detectMs: 12_000,
    recoverMs: RECOVERY_MS,
  };
  return [
    publishedAhead(timing, 'fresh'),
    publishedAtFirstUse(timing),
    publishedDuringFetch(DURING_FETCH),
    providerDown(refused, outage, 'fresh'),
    providerDown(blackHole, outage, 'fresh'),
    flood({ rate: 10_000, rounds: 3, quietMs: 10_000 }, generator),
    keyWithdrawn('key withdrawn, unknown keys asked about', 'fresh', LOOKED_AT),
    keyWithdrawn('key withdrawn, keys refreshed by themselves', 'none', REFRESHED, {
      maxAgeSec: LEAST_MAX_AGE_SEC,
    }),
  ];
}

function quickDrills(generator: readonly string[]): readonly Drill[] {
  const timing = { everyMs: 5_000, aheadMs: 3_000, keptMs: 3_000, lastsMs: 25_000, waitMs: 6_000 };
  const outage: OutageTiming = {
    wellMs: 1_000,
    lastsMs: 5_000,
    detectMs: 12_000,
    recoverMs: RECOVERY_MS,
  };
  return [
    // Fresh forgeries take all the fetches there are, and 3 s ahead are less than the 5 s between them.
    publishedAhead(timing, 'old'),
    publishedAtFirstUse(timing),
    publishedDuringFetch(DURING_FETCH),
    providerDown(refused, outage, 'fresh'),
    providerDown(blackHole, outage, 'fresh'),
    flood({ rate: 10_000, rounds: 1, quietMs: 5_000 }, generator),
    keyWithdrawn('key withdrawn, unknown keys asked about', 'fresh', LOOKED_AT),
  ];
}

/** What becomes of checks under way while an issuer exchanges its keys, or cannot be asked for them. */
export async function runRotation(bench: Bench): Promise<void> {
  const { quick, signal } = bench.options;
  const file = await ResultFile.create('rotation', quick);
  const drills = (quick ? quickDrills : fullDrills)(bench.generator);
  const outcomes: RotationOutcome[] = [];
  const write = (complete: boolean) => {
    const rotation: Rotation = { rate: LOAD.rate, outcomes };
    file.write({ corpus: CORPUS, experiments: [], skipped: [], rotation }, complete);
  };
  pin(process.pid, OTHER_CORE); // and all that it starts
  bench.progress.expect(drills.reduce((sum, { seconds }) => sum + START_SEC + seconds, 0));
  for (const drill of drills) {
    signal.throwIfAborted();
    const outcome = await perform(drill, LOAD, signal, (rig) => {
      for (const pid of rig.pids()) pin(pid, SERVER_CORE);
    });
    outcomes.push(outcome);
    write(false);
    bench.progress.step(START_SEC + drill.seconds, describe(outcome));
  }
  write(true);
  if (outcomes.some(({ measures }) => !measures.every(isHeld))) process.exitCode = 1;
}

const CORPUS =
  `${LOAD.rate} checks/s over ${LOAD.connections} connections about RS256 tokens that oidc-provider ` +
  'issues all the time: 10 % revoked, 5 % forged by a key that was never published, half of which ' +
  'name the key in use. AUTH_JWKS=discovery, a real Valkey.';
