export interface BudgetOptions {
  /** Tokens that it holds at most: what may be spent at once. */
  readonly capacity: number;
  /** After how many ms there is another one, a whole number. */
  readonly everyMs: number;
}

/**
 * How often something may be done: a bucket of tokens that fills up with time, and by `refund`.
 * All that is kept is when it will be full again (the generic cell rate algorithm, ITU-T I.371).
 */
export class Budget {
  readonly #capacityMs: number;
  readonly #everyMs: number;
  #fullAt: number;

  /** `now`: monotonic ms, as in all that follows. */
  constructor({ capacity, everyMs }: BudgetOptions, now: number) {
    this.#capacityMs = capacity * everyMs;
    this.#everyMs = everyMs;
    this.#fullAt = Math.floor(now);
  }

  has(now: number, tokens = 1): boolean {
    return this.#fullAfter(now, tokens) - Math.floor(now) <= this.#capacityMs;
  }

  /** False when there were not as many left, and then none is taken. */
  spend(now: number, tokens = 1): boolean {
    if (!this.has(now, tokens)) return false;
    this.#fullAt = this.#fullAfter(now, tokens);
    return true;
  }

  refund(tokens: number): void {
    this.#fullAt -= tokens * this.#everyMs;
  }

  #fullAfter(now: number, tokens: number): number {
    return Math.max(this.#fullAt, Math.floor(now)) + tokens * this.#everyMs;
  }
}
