import { setTimeout as sleep } from 'node:timers/promises';
import type { Measure } from '../../report/measures.ts';
import { count, type Drill, type Scene, when } from '../drill.ts';
import { exchange, type RotationTiming } from '../exchange.ts';
import { makeKey } from '../keys.ts';
import type { Entry } from '../ledger.ts';
import { keyRig, type RigOptions } from '../rig.ts';
import type { Forged } from '../tokens.ts';

/** src/jwt/key-search.ts: a fetch may be had again after so long. */
export const FETCH_EVERY_MS = 5_000;
/** From one fetch to the next: keys that come then meet neither the best moment nor the worst. */
const MIDWAY_MS = FETCH_EVERY_MS / 2;

/** Keys are exchanged as they should be: seen for a while before they sign, and kept for a while after. */
export function publishedAhead(
  timing: RotationTiming,
  forged: Forged,
  options?: RigOptions,
): Drill {
  return {
    name: 'keys published ahead',
    about: `${aboutOf(timing)}, each published ${timing.aheadMs / 1000} s before its first use.`,
    forged,
    seconds: timing.lastsMs / 1000,
    start: () => keyRig(options),
    async run(scene) {
      const exchanged = await exchange(scene, timing);
      await scene.stop();
      return [
        { text: 'keys exchanged', found: exchanged, atLeast: 1 },
        { text: '503 for good tokens', found: count(scene.ledger.entries, isError), atMost: 0 },
      ];
    },
  };
}

/** A key signs in the moment that it is published, as it should not. */
export function publishedAtFirstUse(
  timing: Omit<RotationTiming, 'aheadMs'> & { readonly waitMs: number },
  options?: RigOptions,
): Drill {
  return {
    name: 'keys published at first use',
    about: `${aboutOf(timing)}, each published in the moment of its first use.`,
    // They use up the fetches that are to be had.
    forged: 'fresh',
    seconds: (timing.lastsMs + MIDWAY_MS) / 1000,
    start: () => keyRig(options),
    async run(scene) {
      await sleep(MIDWAY_MS, undefined, { signal: scene.signal });
      const exchanged = await exchange(scene, { ...timing, aheadMs: 0 });
      await when(() => longestWait(scene.ledger.entries) !== undefined, timing.waitMs);
      await scene.stop();
      return [
        { text: 'keys exchanged', found: exchanged, atLeast: 1 },
        ...untilFound(scene, timing.waitMs),
      ];
    },
  };
}

/** The worst moment to be published at: the set without the key is on its way. */
export function publishedDuringFetch(
  { latencyMs, waitMs }: { readonly latencyMs: number; readonly waitMs: number },
  options?: RigOptions,
): Drill {
  return {
    name: 'key published during a fetch',
    about:
      'A key is published, and signs, just after its provider was asked for the set, whose answers ' +
      `take ${latencyMs} ms.`,
    forged: 'fresh',
    seconds: (2 * FETCH_EVERY_MS) / 1000,
    start: () => keyRig(options),
    async run(scene) {
      const { rig, tokens, ledger, stop } = scene;
      const { fetchedAt } = rig.provider;
      const key = await makeKey('key-1');
      await rig.proxy.add({ type: 'latency', latency: latencyMs, jitter: 0 });
      const before = fetchedAt.length;
      await when(() => fetchedAt.length > before, waitMs, 1);
      await tokens.use(key);
      const isFound = ({ token, answer }: Entry) => token.key === key && answer?.status === 200;
      await when(() => ledger.entries.some(isFound), waitMs);
      await stop();
      return untilFound(scene, waitMs);
    },
  };
}

/** What may become of tokens by keys that are not known yet. */
function untilFound({ rig, ledger }: Scene, waitMs: number): readonly Measure[] {
  const { entries } = ledger;
  const errors = entries.filter(isError);
  const isExcused = ({ sentAt, answer }: Entry) =>
    rig.provider.fetchedAt.some((at) => at > sentAt - FETCH_EVERY_MS && at <= (answer?.at ?? 0));
  const longest = longestWait(entries);
  return [
    { text: '503 for good tokens while no fetch was to be had', found: count(errors, isExcused) },
    {
      text: '503 for good tokens for any other reason',
      ...{ found: count(errors, (entry) => !isExcused(entry)), atMost: 0 },
    },
    {
      ...{ text: 'longest time from first use to the first allow', unit: 'ms', atMost: waitMs },
      ...(longest !== undefined && { found: longest }),
    },
  ];
}

const isError = ({ grade }: Entry): boolean => grade === 'error';

const aboutOf = ({ everyMs, keptMs }: Pick<RotationTiming, 'everyMs' | 'keptMs'>): string =>
  `A new key every ${everyMs / 1000} s, the old one kept for ${keptMs / 1000} s after its last use`;

/** Of all keys, from the first good token that was asked about to the first that was allowed. */
function longestWait(entries: readonly Entry[]): number | undefined {
  const good = entries.filter(({ token }) => token.kind === 'good');
  const waits = [...Map.groupBy(good, ({ token }) => token.key).values()].map((ofKey) => {
    const allowed = ofKey.find(({ answer }) => answer?.status === 200);
    return allowed === undefined
      ? Number.POSITIVE_INFINITY
      : (allowed.answer?.at ?? 0) - (ofKey[0] as Entry).sentAt;
  });
  const longest = Math.max(...waits);
  return Number.isFinite(longest) ? longest : undefined;
}
