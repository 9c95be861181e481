import { describe, expect, it } from 'vitest';
import {
  type Due,
  due,
  NEVER,
  REQUEST_TIMEOUT_MS,
  TICK_MS,
  Vitals,
} from '../../../../src/sources/http2/timeouts.ts';

const START = 1_000_000;
const GRACE_MS = 5_000;

interface Life {
  /** All in ms since the connection was opened. */
  readonly greeted?: boolean;
  readonly read?: number;
  readonly pinged?: number;
  readonly blocked?: number;
  readonly idle?: number;
  readonly retire?: number;
  readonly goneAway?: number;
  readonly saidLastStream?: boolean;
  readonly ended?: number;
}

const at = (time: number | undefined, otherwise: number) =>
  time === undefined ? otherwise : START + time;

function vitalsOf(life: Life): Vitals {
  const vitals = new Vitals(START, at(life.retire, NEVER), GRACE_MS);
  vitals.isGreeted = life.greeted ?? true;
  vitals.readAt = at(life.read, START);
  vitals.idleAt = at(life.idle, START);
  vitals.pingedAt = at(life.pinged, NEVER);
  vitals.blockedAt = at(life.blocked, NEVER);
  vitals.goneAwayAt = at(life.goneAway, NEVER);
  vitals.hasSaidLastStream = life.saidLastStream ?? false;
  vitals.endedAt = at(life.ended, NEVER);
  return vitals;
}

const dueAt = (life: Life, ms: number) => due(vitalsOf(life), START + ms);

describe('due', () => {
  it.each<[what: string, life: Life, ms: number, action: Due]>([
    ['a handshake', { greeted: false }, 10_000, 'handshake_timeout'],
    ['a peer that takes nothing', { blocked: 500 }, 10_500, 'slow_reader'],
    ['silence', { read: 300 }, 60_300, 'ping'],
    ['a PING', { read: 90_000, pinged: 70_000 }, 90_000, 'keepalive_timeout'],
    ['a life without requests', { read: 3_600_700, idle: 700 }, 3_600_700, 'go_away'],
    ['age', { retire: 30_000 }, 30_000, 'go_away'],
    ['the answer to the first GOAWAY', { goneAway: 400 }, 1_400, 'say_last_stream'],
    ['the streams of one that goes', { goneAway: 400, saidLastStream: true }, 5_400, 'cut'],
    ['the peer to hang up', { ended: 800 }, 1_800, 'cut'],
  ])('waits for %s, and then acts', (_, life, ms, action) => {
    expect(dueAt(life, ms - 0.01)).toBeUndefined();
    expect(dueAt(life, ms)).toBe(action);
  });

  it.each<[what: string, life: Life, ms: number]>([
    ['at the beginning', { greeted: false }, 0],
    ['while all is well', { read: 50_000, idle: 50_000 }, 60_000],
    ['about silence, as long as a PING is under way', { pinged: 60_000 }, 79_999],
    ['about age, of one that has none', { read: 1_000_000, idle: 1_000_000 }, 1_000_000],
    ['more, once the last stream is said', { goneAway: 0, saidLastStream: true }, 4_999],
    ['of one that goes: silence', { goneAway: 99_000, saidLastStream: true }, 99_500],
    ['of one that has hung up: a handshake', { greeted: false, ended: 10_000 }, 10_500],
    ['of one that has hung up: what it takes', { blocked: 0, ended: 10_000 }, 10_500],
    ['of one that has hung up: a PING', { pinged: 0, ended: 20_000 }, 20_500],
    ['of one that has hung up: its age', { retire: 10_000, ended: 10_000 }, 10_500],
    ['of one that has hung up: its streams', { goneAway: 0, ended: 9_000 }, 9_500],
  ])('does nothing %s', (_, life, ms) => {
    expect(dueAt(life, ms)).toBeUndefined();
  });

  it.each<[what: string, life: Life, ms: number, action: Due]>([
    ['the handshake before silence', { greeted: false }, 60_000, 'handshake_timeout'],
    ['the handshake before age', { greeted: false, retire: 0 }, 10_000, 'handshake_timeout'],
    ['a handshake that goes on', { greeted: false, goneAway: 0 }, 10_000, 'handshake_timeout'],
    ['what it does not take before a PING', { blocked: 0, pinged: 0 }, 20_000, 'slow_reader'],
    ['a PING before age', { pinged: 0, retire: 0 }, 20_000, 'keepalive_timeout'],
    ['age before silence', { retire: 0 }, 60_000, 'go_away'],
    ['what one that goes does not take', { goneAway: 9_999, blocked: 0 }, 10_000, 'slow_reader'],
    ['the end of one that goes before its last stream', { goneAway: 0 }, 5_000, 'cut'],
  ])('looks at %s', (_, life, ms, action) => {
    expect(dueAt(life, ms)).toBe(action);
  });
});

describe('Vitals', () => {
  it('begin with the connection', () => {
    expect(new Vitals(START, START + 1, GRACE_MS)).toMatchObject({
      openedAt: START,
      readAt: START,
      idleAt: START,
      retireAt: START + 1,
      graceMs: GRACE_MS,
      isGreeted: false,
      hasSaidLastStream: false,
      pingedAt: NEVER,
      blockedAt: NEVER,
      goneAwayAt: NEVER,
      endedAt: NEVER,
    });
  });

  it('are looked at often enough for the shortest wait', () => {
    expect(TICK_MS).toBeLessThanOrEqual(500);
    expect(REQUEST_TIMEOUT_MS).toBeGreaterThanOrEqual(10 * TICK_MS);
  });
});
