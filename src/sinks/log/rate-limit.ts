import type { Clock } from '../../domain/clock.ts';

interface Window {
  startedAt: number;
  taken: number;
  dropped: number;
}

const WINDOW_MS = 1_000;

/** At most so many a second for each of a small, fixed set of keys. */
export class RateLimit {
  readonly #perSec: number;
  readonly #clock: Clock;
  readonly #windows = new Map<string, Window>();

  constructor(perSec: number, clock: Clock) {
    this.#perSec = perSec;
    this.#clock = clock;
  }

  /** Undefined: too many. Else how many of this key were too many since the last that was not. */
  take(key: string): { readonly droppedBefore: number } | undefined {
    const now = this.#clock.now();
    const window = this.#windows.get(key) ?? { startedAt: now, taken: 0, dropped: 0 };
    this.#windows.set(key, window);
    if (now - window.startedAt >= WINDOW_MS) {
      window.startedAt = now;
      window.taken = 0;
    }
    if (window.taken >= this.#perSec) {
      window.dropped++;
      return undefined;
    }
    window.taken++;
    const droppedBefore = window.dropped;
    window.dropped = 0;
    return { droppedBefore };
  }
}
