import type { Clock } from '../domain/clock.ts';

export interface TokenBucketOptions {
  /** How many may go at once, when none has gone for long. */
  readonly burst: number;
  /** After how many ms another one may go. */
  readonly everyMs: number;
}

/** Says how often something may be done, by monotonic time. */
export class TokenBucket {
  readonly #options: TokenBucketOptions;
  readonly #clock: Clock;
  #left: number;
  #filledAt: number;

  constructor(options: TokenBucketOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#left = options.burst;
    this.#filledAt = clock.now();
  }

  /** Whether it may be done now, which then counts. */
  take(): boolean {
    if (this.isEmpty()) return false;
    this.#left--;
    return true;
  }

  /** Whether it may not be done now. */
  isEmpty(): boolean {
    const { burst, everyMs } = this.#options;
    const now = this.#clock.now();
    const grown = Math.floor((now - this.#filledAt) / everyMs);
    const isFull = this.#left + grown >= burst;
    this.#left = isFull ? burst : this.#left + grown;
    this.#filledAt = isFull ? now : this.#filledAt + grown * everyMs;
    return this.#left === 0;
  }
}
