import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Bars, judge } from '../../bench/chaos/bars.ts';
import type { Fault, Rig } from '../../bench/chaos/fault.ts';
import { observe, type Timing } from '../../bench/chaos/run.ts';
import { PATIENCE } from '../integration/process/check-client.ts';
import { missingGo } from '../support/go.ts';
import { missing } from '../support/tools.ts';
import { ensureToxiproxy } from '../support/toxiproxy.ts';

/*
 * `npm run bench -- chaos` holds a build to figures. Here a machine may be slow: what is measured there
 * is waited for, and what must never happen is counted as strictly.
 */
const TIMING: Timing = {
  rate: 200,
  connections: 4,
  lostAfterMs: 15_000,
  tokens: 200,
  revocationsPerSec: 20,
  wellWindows: 3,
  wellMs: 100,
  faultMs: 300,
  detectMs: 10_000,
  recoverMs: 12_000,
  readyMs: 30_000,
  fastMs: 50,
};

/** A build that denies everything is never well, and fails for that. */
const BARS: Bars = {
  goodput: 0,
  detectionMs: TIMING.detectMs,
  recoveryMs: TIMING.recoverMs,
  p99Ms: TIMING.lostAfterMs,
  growthMiB: 256,
};

/** Of Sluices that wait as long as it takes: every answer then has to be right. */
const PATIENT_BARS: Bars = { ...BARS, goodput: 1 };

/** Whether there can be no Redis rig; builds what it needs before a test's time starts to run. */
export async function cannotTry(): Promise<boolean> {
  const cannot = [missing('valkey'), missingGo()].some(Boolean);
  if (!cannot) await ensureToxiproxy();
  return cannot;
}

/** One test for each fault, on one rig for all of them. */
export function tryFaults<R extends Rig>(
  start: (settings: Readonly<Record<string, string>>) => Promise<R>,
  faults: readonly Fault<R>[],
  { patient = false } = {},
): void {
  let rig: R;
  beforeAll(async () => {
    rig = await start(patient ? PATIENCE : {});
  });
  afterAll(() => rig?.[Symbol.asyncDispose]());

  it.each(faults.map((fault) => [fault.name, fault] as const))('%s', async (_, fault) => {
    const seen = await observe(rig, fault, TIMING);
    // A machine that stands still for long makes it say so.
    const states = [...(fault.expect.states ?? ['ready', 'degraded']), 'not_ready'];
    const judged = { ...fault, expect: { ...fault.expect, states } };
    const outcome = judge('', judged, seen, patient ? PATIENT_BARS : BARS, TIMING);
    expect(outcome.missed, JSON.stringify(outcome)).toEqual([]);
  });
}
