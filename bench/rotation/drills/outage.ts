import { setTimeout as sleep } from 'node:timers/promises';
import { readinessOf } from '../../chaos/watch.ts';
import { count, type Drill, when } from '../drill.ts';
import { makeKey } from '../keys.ts';
import type { Entry } from '../ledger.ts';
import { type KeyRig, keyRig, type RigOptions } from '../rig.ts';
import type { Forged } from '../tokens.ts';
import { FETCH_EVERY_MS } from './rotation.ts';

export interface OutageTiming {
  /** Before it. */
  readonly wellMs: number;
  readonly lastsMs: number;
  /** How long it lasts at most while /ready does not tell of it. */
  readonly detectMs: number;
  /** How long it may take after it until new keys work, in ms. */
  readonly recoverMs: number;
}

/** What becomes of Sluice's connections to the provider; resolves with what makes it well again. */
export interface Outage {
  readonly name: string;
  begin(rig: KeyRig): Promise<() => Promise<void>>;
}

export const refused: Outage = {
  name: 'provider down: connections refused',
  async begin({ proxy }) {
    await proxy.close();
    return () => proxy.open();
  },
};

export const blackHole: Outage = {
  name: 'provider down: black hole',
  // What the provider answered and then closed would be told by the end of the connection.
  begin: ({ proxy }) => proxy.add({ type: 'timeout', timeout: 0, on: 'up' }),
};

/**
 * src/jwt/fetch-keys.ts: a fetch that nobody answers ends after 5 s. Another one may have to wait until
 * it may be had.
 */
export const RECOVERY_MS = 5_000 + FETCH_EVERY_MS;
/** Checks under way in the moment of the outage saw the provider well. */
const UNDER_WAY_MS = 1_000;

/** The provider begins to sign by a new key in the very moment that it cannot be reached. */
export function providerDown(
  outage: Outage,
  timing: OutageTiming,
  forged: Forged,
  options?: RigOptions,
): Drill {
  const { wellMs, lastsMs, detectMs, recoverMs } = timing;
  return {
    name: outage.name,
    about:
      `For ${lastsMs / 1000} s or more. The provider signs by a new key meanwhile: half of the ` +
      'tokens are by that, half by the one before.',
    forged,
    seconds: (2 * wellMs + lastsMs + FETCH_EVERY_MS) / 1000,
    start: () => keyRig(options),
    async run({ rig, tokens, ledger, signal, stop }) {
      const known = rig.provider.current;
      const key = await makeKey('key-1');
      await sleep(wellMs, undefined, { signal });
      const heal = await outage.begin(rig);
      const downAt = performance.now();
      await tokens.use(key);
      const detectedAt = await when(
        async () => (await readinessOf(rig.adminUrl)) === 'degraded',
        detectMs,
      );
      await sleep(Math.max(0, downAt + lastsMs - performance.now()), undefined, { signal });
      await heal();
      const healedAt = performance.now();
      const isAllowed = ({ token, answer }: Entry) => token.key === key && answer?.status === 200;
      await when(
        () => ledger.between(healedAt, Number.POSITIVE_INFINITY).some(isAllowed),
        recoverMs,
      );
      await sleep(wellMs, undefined, { signal });
      await stop();

      const { entries } = ledger;
      const firstAllow = ledger.between(healedAt, Number.POSITIVE_INFINITY).find(isAllowed);
      const during = ledger
        .between(downAt + UNDER_WAY_MS, healedAt)
        .filter(({ answer }) => answer !== undefined && answer.at < healedAt);
      // Of old ones it is known that no key of theirs was there.
      const isUnknown = ({ token }: Entry) =>
        token.key !== known && (token.kind !== 'forged' || forged === 'fresh');
      const lateErrors = entries.filter(
        ({ grade, sentAt }) => grade === 'error' && sentAt > (firstAllow?.answer?.at ?? 0),
      );
      return [
        {
          text: 'failures of tokens by the known key',
          atMost: 0,
          found: count(entries, ({ token, grade }) => token.key === known && grade !== 'right'),
        },
        {
          text: '503 for tokens by keys that could not be fetched',
          atLeast: 1,
          found: count(during, (entry) => isUnknown(entry) && entry.answer?.status === 503),
        },
        {
          text: 'anything else for them',
          atMost: 0,
          found: count(during, (entry) => isUnknown(entry) && entry.answer?.status !== 503),
        },
        {
          ...{ text: '/ready told of it after', unit: 'ms', atMost: detectMs },
          ...(detectedAt !== undefined && { found: detectedAt - downAt }),
        },
        {
          ...{ text: 'the new key worked after', unit: 'ms', atMost: recoverMs },
          ...(firstAllow?.answer !== undefined && { found: firstAllow.answer.at - healedAt }),
        },
        { text: '503 for good tokens after that', atMost: 0, found: lateErrors.length },
      ];
    },
  };
}
