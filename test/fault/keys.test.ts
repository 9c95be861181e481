import { describe, expect, it } from 'vitest';
import { isHeld } from '../../bench/report/measures.ts';
import { type Drill, type LoadTiming, perform } from '../../bench/rotation/drill.ts';
import {
  blackHole,
  type OutageTiming,
  providerDown,
  refused,
} from '../../bench/rotation/drills/outage.ts';
import {
  publishedAhead,
  publishedAtFirstUse,
  publishedDuringFetch,
} from '../../bench/rotation/drills/rotation.ts';
import { keyWithdrawn } from '../../bench/rotation/drills/withdrawal.ts';
import { describe as inWords } from '../../bench/rotation/line.ts';
import { PATIENCE } from '../integration/process/check-client.ts';
import { cannotTry } from './tried.ts';

/*
 * `npm run bench -- rotation` holds a build to figures. Here a machine may be slow: what is measured there
 * is waited for, and what must never happen is counted as strictly.
 */
const LOAD: LoadTiming = { rate: 100, connections: 2, lostAfterMs: 25_000 };
const OUTAGE: OutageTiming = {
  ...{ wellMs: 500, lastsMs: 2_000, detectMs: 15_000, recoverMs: 20_000 },
};
const SLOW_MS = 15_000;
const options = { settings: PATIENCE };

const drills: readonly Drill[] = [
  publishedAhead({ everyMs: 1_500, aheadMs: 1_000, keptMs: 1_200, lastsMs: 5_000 }, 'old', options),
  publishedAtFirstUse({ everyMs: 1_500, keptMs: 1_000, lastsMs: 2_500, waitMs: SLOW_MS }, options),
  publishedDuringFetch({ latencyMs: 500, waitMs: SLOW_MS }, options),
  providerDown(refused, OUTAGE, 'old', options),
  providerDown(blackHole, OUTAGE, 'old', options),
  keyWithdrawn(
    'key withdrawn',
    'fresh',
    { wellMs: 500, atMostMs: SLOW_MS, sinceFetchMs: SLOW_MS },
    options,
  ),
];

/** Most of their time is spent on waiting, so they wait together. */
describe.skipIf(await cannotTry()).concurrent('the keys of a provider:', () => {
  it.each(drills.map((drill) => [drill.name, drill] as const))('%s', async (_, drill) => {
    const outcome = await perform(drill, LOAD, new AbortController().signal);
    const missed = outcome.measures.filter((measure) => !isHeld(measure));
    expect(missed, inWords(outcome)).toEqual([]);
  });
});
