import { describe, expect, it } from 'vitest';
import { BARS, isHarmful, judge } from '../../../../bench/chaos/bars.ts';
import { fastFrom, wellFrom } from '../../../../bench/chaos/figures.ts';
import { STRICT } from '../../../../bench/chaos/grade.ts';
import { Ledger } from '../../../../bench/chaos/ledger.ts';
import { Population } from '../../../../bench/chaos/population.ts';

const FAULT_AT = 3_000;
const HEALED_AT = 5_000;
const ENDED_AT = 9_000;
const FAST_MS = 20;
const WELL_WINDOWS = 10;

interface Behaviour {
  /** When, in ms after the fault, checks hang no more, and after its end are answered right. */
  readonly hangsFor?: number;
  readonly failsFor?: number;
  readonly status?: number;
  readonly reason?: string;
}

/** A check each ms: right, and within 1 ms, but for the fault. */
async function record({ hangsFor = 0, failsFor = 0, status = 200, reason }: Behaviour) {
  const ledger = new Ledger(STRICT);
  const population = new Population(10, 1);
  await population.revokeAll(async () => undefined);
  // Revoked now; the ledger's time begins then.
  const start = performance.now();
  for (let ms = 0; ms < ENDED_AT; ms++) {
    const token = population.next();
    const entry = ledger.sent(token, start + ms);
    const isRevoked = population.revoked.includes(token);
    const isFault = ms >= FAULT_AT && ms < HEALED_AT + failsFor;
    const at = start + ms + (ms >= FAULT_AT && ms < FAULT_AT + hangsFor ? 100 : 1);
    if (isFault) ledger.answered(entry, { at, status: 503, reason: 'redis_error' });
    else if (isRevoked && status === 200 && reason === undefined) {
      ledger.answered(entry, { at, status: 403, reason: 'blacklisted' });
    } else ledger.answered(entry, { at, status, reason: reason ?? 'success' });
  }
  return { ledger, start };
}

async function outcomeOf(behaviour: Behaviour) {
  const { ledger, start } = await record(behaviour);
  const seen = {
    ...{ ledger, startedAt: start, faultAt: start + FAULT_AT, healedAt: start + HEALED_AT },
    endedAt: start + ENDED_AT,
    wellAt: wellFrom(ledger, start, WELL_WINDOWS),
    fastAt: fastFrom(ledger, start + FAULT_AT, start + HEALED_AT, FAST_MS),
    recoveredAt: wellFrom(ledger, start + HEALED_AT, WELL_WINDOWS),
    memoryMiB: { before: 100, since: 101 },
    ...{ states: ['ready', 'degraded'], stateAfter: 'ready', starvedMs: 1 },
  };
  const fault = { name: 'any', expect: { redis: 'gone' as const } };
  return judge('a group', fault, seen, BARS, { wellMs: 1_000 });
}

const missedBy = async (behaviour: Behaviour) => (await outcomeOf(behaviour)).missed;

describe('the bars of chaos', () => {
  it('are met by a build that detects and recovers', async () => {
    expect(await missedBy({ hangsFor: 120, failsFor: 300 })).toEqual([]);
  });

  it.each<[string, Behaviour, string]>([
    ['hangs for too long', { hangsFor: 600 }, 'refused fast after 600 ms'],
    ['hangs all the time', { hangsFor: 2_000 }, 'refused fast after never'],
    ['recovers late', { failsFor: 2_500 }, 'right again after 2,500 ms'],
    ['denies everything', { status: 403, reason: 'blacklisted' }, 'good tokens refused'],
    ['refuses everything', { status: 503, reason: 'redis_error' }, 'never well before it'],
    ['allows everything', { status: 200, reason: 'success' }, 'false allows'],
    ['loses checks', { status: 0, reason: 'lost' }, 'lost'],
    ['fails calls', { status: 0, reason: 'UNAVAILABLE' }, 'calls failed'],
  ])('are missed by a build that %s', async (_, behaviour, expected) => {
    expect((await missedBy(behaviour)).join('; ')).toContain(expected);
  });

  it.each<[string, Behaviour, boolean]>([
    ['hangs', { hangsFor: 2_000 }, false],
    ['refuses everything', { status: 503, reason: 'redis_error' }, false],
    ['denies everything', { status: 403, reason: 'blacklisted' }, true],
    ['allows everything', { status: 200, reason: 'success' }, true],
  ])('have no excuse, or one, for a build that %s', async (_, behaviour, expected) => {
    expect(isHarmful(await outcomeOf(behaviour))).toBe(expected);
  });
});
