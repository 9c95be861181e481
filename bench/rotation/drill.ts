import { setTimeout as sleep } from 'node:timers/promises';
import { countBy } from '../chaos/figures.ts';
import { Load, type LoadOptions } from '../chaos/load.ts';
import { startStarvation } from '../chaos/starvation.ts';
import { latencyOf } from '../lib/process-figures.ts';
import type { Samples } from '../lib/server-figures.ts';
import type { Measure } from '../report/measures.ts';
import type { Entry } from './ledger.ts';
import { Ledger } from './ledger.ts';
import type { RotationOutcome } from './result.ts';
import type { KeyRig } from './rig.ts';
import { type Forged, Tokens } from './tokens.ts';

export type LoadTiming = Omit<LoadOptions, 'addresses'>;

/** Something that is done to the keys of a provider while checks are asked. */
export interface Drill {
  readonly name: string;
  readonly about: string;
  readonly forged: Forged;
  /** About how long it takes, its start aside. */
  readonly seconds: number;
  start(): Promise<KeyRig>;
  /** Resolves with what it has found when it is over. */
  run(scene: Scene): Promise<readonly Measure[]>;
}

export interface Scene {
  readonly rig: KeyRig;
  readonly tokens: Tokens;
  readonly ledger: Ledger;
  readonly signal: AbortSignal;
  /** Waits for the answers to all that was asked, and asks no more. */
  stop(): Promise<void>;
}

/** From a rig of its own to what came of it. */
export async function perform(
  drill: Drill,
  timing: LoadTiming,
  signal: AbortSignal,
  atStart: (rig: KeyRig) => void = () => undefined,
): Promise<RotationOutcome> {
  await using rig = await drill.start();
  atStart(rig);
  await using tokens = await Tokens.start(rig.provider, rig.denylist, drill.forged);
  const ledger = new Ledger();
  const before = await rig.scrape();
  const starved = startStarvation([process.pid, ...rig.pids()]);
  const startedAt = performance.now();
  await using load = new Load({ ...timing, addresses: [rig.address] }, tokens, ledger);
  const stop = () => load.stop();
  const measures = await drill.run({ rig, tokens, ledger, signal, stop });
  const seconds = (performance.now() - startedAt) / 1000;
  await load.stop();
  const after = await rig.scrape();
  const { entries } = ledger;
  return {
    ...{ name: drill.name, about: drill.about, seconds, checks: entries.length },
    grades: countBy(entries, ({ grade = 'pending' }) => grade),
    errors: countBy(
      entries.filter(({ grade }) => grade === 'error'),
      ({ answer }) => answer?.reason ?? 'pending',
    ),
    fetches: { success: grown('success', before, after), failure: grown('failure', before, after) },
    p99Ms: latencyOf(entries.map(tookMs)).p99,
    measures: [...harm(entries), ...measures],
    starvedMs: starved(),
  };
}

export function count(entries: readonly Entry[], test: (entry: Entry) => boolean): number {
  return entries.filter(test).length;
}

export const tookMs = ({ answer, sentAt }: Entry): number => (answer?.at ?? Number.NaN) - sentAt;

/** When it came to be true; undefined: not in time. */
export async function when(
  isTrue: () => boolean | Promise<boolean>,
  withinMs: number,
  pollMs = 50,
): Promise<number | undefined> {
  const end = performance.now() + withinMs;
  for (;;) {
    if (await isTrue()) return performance.now();
    if (performance.now() > end) return undefined;
    await sleep(pollMs);
  }
}

/** What no drill may do to anybody. */
function harm(entries: readonly Entry[]): readonly Measure[] {
  const none = (text: string, test: (entry: Entry) => boolean): Measure => ({
    ...{ text, found: count(entries, test), atMost: 0 },
  });
  return [
    none('forged or revoked tokens allowed', ({ grade }) => grade === 'wrong_allow'),
    none('good tokens denied', ({ grade }) => grade === 'wrong_denial'),
    none('lost, or failed calls', ({ grade }) => grade === 'lost' || grade === 'broken'),
  ];
}

function grown(outcome: string, before: Samples, after: Samples): number {
  const of = (samples: Samples) => {
    let sum = 0;
    for (const [series, value] of samples) {
      if (series.startsWith('ext_authz_key_fetches_total{') && series.includes(`"${outcome}"`)) {
        sum += value;
      }
    }
    return sum;
  };
  return of(after) - of(before);
}
