import { setTimeout as sleep } from 'node:timers/promises';
import { count, type Drill, when } from '../drill.ts';
import { makeKey } from '../keys.ts';
import type { Entry } from '../ledger.ts';
import { keyRig, type RigOptions } from '../rig.ts';
import type { Forged } from '../tokens.ts';
import { FETCH_EVERY_MS } from './rotation.ts';

export interface WithdrawalTiming {
  readonly wellMs: number;
  /** How long the tokens may pass, in ms. */
  readonly atMostMs: number;
  /** The same from when the keys were fetched without it. */
  readonly sinceFetchMs: number;
}

/** What is asked about keys that nobody has makes Sluice look at the set as often as it may. */
export const LOOKED_AT: WithdrawalTiming = {
  ...{ wellMs: 2_000, atMostMs: FETCH_EVERY_MS + 1_000, sinceFetchMs: 1_000 },
};

/** src/jwt/remote-key-set.ts, refresher.ts: what holds for a minute is read again within 54 s. */
export const REFRESHED: WithdrawalTiming = {
  ...{ wellMs: 2_000, atMostMs: 55_000, sinceFetchMs: 1_000 },
};
export const LEAST_MAX_AGE_SEC = 60;

/** A key leaves the set whose tokens are verified and cached, as one that was stolen does. */
export function keyWithdrawn(
  name: string,
  forged: Forged,
  { wellMs, atMostMs, sinceFetchMs }: WithdrawalTiming,
  options?: RigOptions,
): Drill {
  return {
    name,
    about:
      'A key leaves the set while half of all tokens are by it, verified and cached; ' +
      (forged === 'fresh'
        ? 'tokens by unknown keys come all the time.'
        : 'nobody asks about unknown keys, and the keys hold for a minute.'),
    forged,
    seconds: (2 * wellMs + atMostMs) / 1000,
    start: () => keyRig(options),
    async run({ rig, tokens, ledger, signal, stop }) {
      const stolen = rig.provider.current;
      const other = await makeKey('key-1');
      await tokens.use(other);
      const isKnown = ({ token, answer }: Entry) => token.key === other && answer?.status === 200;
      await when(() => ledger.entries.some(isKnown), FETCH_EVERY_MS + wellMs);
      await sleep(wellMs, undefined, { signal });
      const withdrawnAt = performance.now();
      rig.provider.withdraw(stolen);
      const fetchesBefore = rig.provider.fetchedAt.length;
      await when(() => rig.provider.fetchedAt.length > fetchesBefore, atMostMs);
      await sleep(wellMs, undefined, { signal });
      await stop();

      const { entries } = ledger;
      const fetchedAt = rig.provider.fetchedAt[fetchesBefore];
      const late = entries.filter(({ grade }) => grade === 'late');
      const lastMs = Math.max(0, ...late.map(({ sentAt }) => sentAt - withdrawnAt));
      const since = entries.filter(({ sentAt }) => sentAt >= withdrawnAt);
      const ofStolen = (status: number): number =>
        count(since, ({ token, answer }) => token.key === stolen && answer?.status === status);
      return [
        { text: 'its tokens passed until', unit: 'ms', found: lastMs, atMost: atMostMs },
        {
          text: 'since the keys were fetched',
          unit: 'ms',
          atMost: sinceFetchMs,
          ...(fetchedAt !== undefined && { found: Math.max(0, withdrawnAt + lastMs - fetchedAt) }),
        },
        { text: 'refused then', found: ofStolen(401) + ofStolen(503), atLeast: 1 },
        { text: 'of these 503, being too young to be known as bad', found: ofStolen(503) },
        {
          text: 'failures of tokens by the other key',
          atMost: 0,
          found: count(since, ({ token, grade }) => token.key === other && grade !== 'right'),
        },
      ];
    },
  };
}
