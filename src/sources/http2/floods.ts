import { Budget } from '../../domain/budget.ts';

/**
 * Resets that a connection may cause, its own and those that it makes us send. A stream that was
 * answered earns one back, so that this is about their share and not their number.
 */
const RESETS = { capacity: 2_000, everyMs: 2 };
/**
 * Those that a broken rule makes us send. A peer that means well causes hardly any, and one that does
 * not is back as soon as it is thrown out, with all its budget.
 */
const RESETS_PER_ERROR = 10;
/**
 * A reset of a stream that has lived for longer costs nothing: those are bounded by how many may be
 * open, and that is how callers give up when their timeout passes.
 */
const PREMATURE_MS = 20;
/**
 * Requests with too many headers: each takes as much to read as some hundred others, and no peer that
 * means well sends a second one. What Envoy asks about is in the message, and no header.
 */
const LARGE_HEADS = { capacity: 4, everyMs: 1_000 };
/** Frames that carry no request: SETTINGS, PING, WINDOW_UPDATE, PRIORITY, empty or unknown ones. */
const CONTROLS = { capacity: 10_000, everyMs: 1 };
const CONTROLS_PER_ANSWER = 8;

/**
 * Tells a busy peer from one that floods (CVE-2019-9511 to 9518, CVE-2023-44487, CVE-2025-8671,
 * CVE-2026-49975).
 * Members are false when the peer has used up what it may.
 */
export class Floods {
  readonly #resets: Budget;
  readonly #controls: Budget;
  readonly #largeHeads: Budget;

  constructor(now: number) {
    this.#resets = new Budget(RESETS, now);
    this.#controls = new Budget(CONTROLS, now);
    this.#largeHeads = new Budget(LARGE_HEADS, now);
  }

  /** The peer has reset a stream that was not answered. */
  resetByPeer(openedAt: number, now: number): boolean {
    return now - openedAt >= PREMATURE_MS || this.#resets.spend(now);
  }

  /** The peer has made us reset a stream; `isError`: by what the protocol does not allow. */
  resetByUs(now: number, isError: boolean): boolean {
    return this.#resets.spend(now, isError ? RESETS_PER_ERROR : 1);
  }

  /** `cost`: how many of the simplest frames it takes as long as. */
  control(now: number, cost: number): boolean {
    return this.#controls.spend(now, cost);
  }

  largeHead(now: number): boolean {
    return this.#largeHeads.spend(now);
  }

  answered(): void {
    this.#resets.refund(1);
    this.#controls.refund(CONTROLS_PER_ANSWER);
  }
}
