/** A bucket of tokens that fills up with time, and by `refund`. */
export class Budget {
  readonly #capacity: number;
  readonly #perMs: number;
  #left: number;
  #filledAt: number;

  /** `now`: ms, as in all that follows. */
  constructor(capacity: number, perSecond: number, now: number) {
    this.#capacity = capacity;
    this.#perMs = perSecond / 1000;
    this.#left = capacity;
    this.#filledAt = now;
  }

  /** False when there were not as many left, and then none is taken. */
  spend(now: number, tokens = 1): boolean {
    this.#left = Math.min(this.#capacity, this.#left + (now - this.#filledAt) * this.#perMs);
    this.#filledAt = now;
    if (this.#left < tokens) return false;
    this.#left -= tokens;
    return true;
  }

  refund(tokens: number): void {
    this.#left = Math.min(this.#capacity, this.#left + tokens);
  }
}
