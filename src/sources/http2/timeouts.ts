import type { Refusal } from './meter.ts';

/** How often connections are looked at, in ms. */
export const TICK_MS = 250;
/** For a request to come to its end. */
export const REQUEST_TIMEOUT_MS = 10_000;

/** For the preface, and for the ACK of our SETTINGS. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** For the peer to take some of what we have to send. */
const WRITE_TIMEOUT_MS = 10_000;
/** Silence after which the peer is asked whether it is there, and the time that it has to answer. */
const KEEPALIVE_MS = 60_000;
const KEEPALIVE_TIMEOUT_MS = 20_000;
/** Time without a request after which a connection is asked to go. */
const IDLE_MS = 3_600_000;
/** For the peer to answer the PING that comes with the first GOAWAY. */
const GOAWAY_TIMEOUT_MS = 1_000;
/** For the peer to hang up once we have: closing at once could destroy our last words. */
const LINGER_MS = 1_000;

export const NEVER = Number.POSITIVE_INFINITY;

/** What the clock is held against. All in ms; NEVER where nothing is awaited. */
export class Vitals {
  readonly openedAt: number;
  /** The ACK of our SETTINGS has come. */
  isGreeted = false;
  readAt: number;
  /** Since when a PING of ours is unanswered. */
  pingedAt = NEVER;
  /** Since when the peer takes nothing of what there is to send. */
  blockedAt = NEVER;
  /** When the last stream closed. */
  idleAt: number;
  /** When it is to be asked to go, for its age. */
  readonly retireAt: number;
  /** How long its streams have then. */
  graceMs: number;
  /** When the first GOAWAY went out, and whether the second has. */
  goneAwayAt = NEVER;
  hasSaidLastStream = false;
  /** When we hung up. */
  endedAt = NEVER;

  constructor(now: number, retireAt: number, graceMs: number) {
    this.openedAt = this.readAt = this.idleAt = now;
    this.retireAt = retireAt;
    this.graceMs = graceMs;
  }
}

export type Due = 'ping' | 'go_away' | 'say_last_stream' | 'cut' | Refusal;

/** What is to be done with a connection now, if anything: an action, or the refusal to end it with. */
export function due(vitals: Vitals, now: number): Due | undefined {
  const isOver = (since: number, ms: number): boolean => now - since >= ms;
  if (vitals.endedAt !== NEVER) return isOver(vitals.endedAt, LINGER_MS) ? 'cut' : undefined;
  if (!vitals.isGreeted && isOver(vitals.openedAt, HANDSHAKE_TIMEOUT_MS))
    return 'handshake_timeout';
  if (isOver(vitals.blockedAt, WRITE_TIMEOUT_MS)) return 'slow_reader';
  if (isOver(vitals.pingedAt, KEEPALIVE_TIMEOUT_MS)) return 'keepalive_timeout';
  if (vitals.goneAwayAt !== NEVER) {
    if (isOver(vitals.goneAwayAt, vitals.graceMs)) return 'cut';
    if (vitals.hasSaidLastStream) return undefined;
    return isOver(vitals.goneAwayAt, GOAWAY_TIMEOUT_MS) ? 'say_last_stream' : undefined;
  }
  if (now >= vitals.retireAt || isOver(vitals.idleAt, IDLE_MS)) return 'go_away';
  if (vitals.pingedAt === NEVER && isOver(vitals.readAt, KEEPALIVE_MS)) return 'ping';
  return undefined;
}
