import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, Rig } from './fault.ts';
import { fastFrom, wellFrom } from './figures.ts';
import { STRICT } from './grade.ts';
import { Ledger } from './ledger.ts';
import { Load, type LoadOptions } from './load.ts';
import { Population } from './population.ts';
import { startStarvation } from './starvation.ts';
import { readyWithin, Watch } from './watch.ts';

export interface Timing extends Omit<LoadOptions, 'addresses'> {
  readonly tokens: number;
  /** Revocations a second, all the time. */
  readonly revocationsPerSec: number;
  /** So many windows of 100 ms with right answers, and it is taken for well. */
  readonly wellWindows: number;
  /** How long it is watched when it is well, before the fault and again after it. */
  readonly wellMs: number;
  /** How long the fault lasts at least. */
  readonly faultMs: number;
  /** How long it lasts at most where checks still hang. */
  readonly detectMs: number;
  /** Longest wait for it to be well. */
  readonly recoverMs: number;
  /** Longest wait, from then on, for /ready to say so. */
  readonly readyMs: number;
  /** An answer within this is one that nobody hung for. */
  readonly fastMs: number;
}

/** What was seen of one fault; instants are performance.now(). */
export interface Observation {
  readonly ledger: Ledger;
  readonly startedAt: number;
  readonly faultAt: number;
  readonly healedAt: number;
  readonly endedAt: number;
  /** When it was well, came to refuse fast, and was well again; undefined: it never came to that. */
  readonly wellAt: number | undefined;
  readonly fastAt: number | undefined;
  readonly recoveredAt: number | undefined;
  /** The most memory before the fault, and from then on. */
  readonly memoryMiB: { readonly before: number; readonly since: number };
  /** What /ready said during the fault, and at the end. */
  readonly states: readonly string[];
  readonly stateAfter: string;
  /** How long Sluice, or the load, had to wait for a CPU in all, in ms. */
  readonly starvedMs: number;
}

const POLL_MS = 50;

/** Before, during and after one fault, under load and while tokens are being revoked. */
export async function observe<R extends Rig>(
  rig: R,
  fault: Fault<R>,
  timing: Timing,
): Promise<Observation> {
  const population = new Population(timing.tokens, Math.ceil(timing.tokens / 10));
  const revoke = (jti: string) => rig.denylist.revoke(jti);
  await population.revokeAll(revoke);
  const ledger = new Ledger(fault.expect.leniency ?? STRICT);
  using watch = new Watch(rig.adminUrl, () => rig.pids());
  await using load = new Load({ ...timing, addresses: rig.addresses }, population, ledger);
  using _revocations = every(1000 / timing.revocationsPerSec, () => population.revokeOne(revoke));
  const scene = { population, load };

  const starved = startStarvation([process.pid, ...rig.pids()]);
  const wellSince = (from: number) => wellFrom(ledger, from, timing.wellWindows);
  const startedAt = performance.now();
  if (fault.fromStart !== true) {
    await waitFor(() => wellSince(startedAt) !== undefined, timing.recoverMs);
    await sleep(timing.wellMs);
  }
  watch.takeStates();
  const before = watch.takeMostMiB();

  const faultAt = performance.now();
  await fault.inject(rig, scene);
  const faultMs = Math.max(timing.faultMs, fault.expect.lastsMs ?? 0);
  await sleep(faultMs);
  const detected = () => fastFrom(ledger, faultAt, performance.now(), timing.fastMs);
  if (fault.expect.redis === 'gone') {
    await waitFor(() => detected() !== undefined, timing.detectMs - faultMs);
  }
  const states = watch.takeStates();
  await fault.heal(rig, scene);
  const healedAt = performance.now();

  await waitFor(() => wellSince(healedAt) !== undefined, timing.recoverMs);
  await sleep(timing.wellMs);
  const stateAfter = await readyWithin(rig.adminUrl, timing.readyMs);
  const since = watch.takeMostMiB();
  const endedAt = performance.now();
  await load.stop();
  return {
    ...{ ledger, startedAt, faultAt, healedAt, endedAt },
    wellAt: fault.fromStart === true ? startedAt : wellSince(startedAt),
    fastAt: fastFrom(ledger, faultAt, healedAt, timing.fastMs),
    recoveredAt: wellSince(healedAt),
    memoryMiB: { before, since },
    ...{ states, stateAfter },
    starvedMs: starved(),
  };
}

async function waitFor(isTrue: () => boolean, atMostMs: number): Promise<void> {
  const end = performance.now() + atMostMs;
  while (performance.now() < end && !isTrue()) await sleep(POLL_MS);
}

/** Runs a task again and again, however long the last one takes. */
function every(ms: number, task: () => Promise<void>): Disposable {
  const timer = setInterval(() => task().catch(() => undefined), ms);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
