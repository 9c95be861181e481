/**
 * Keys that are remembered, each until the latest time it was added with, and no more than so many of
 * them: the one that was added longest ago goes first. Of which clock the times are is the caller's to say.
 */
export class ExpiringKeys {
  /** In the order in which they were last added. */
  readonly #until = new Map<string, number>();
  readonly #max: number;

  /** `max`: at least 1. */
  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#until.size;
  }

  add(key: string, until: number): void {
    const latest = Math.max(until, this.#until.get(key) ?? until);
    this.#until.delete(key);
    this.#until.set(key, latest);
    if (this.#until.size <= this.#max) return;
    const [oldest] = this.#until.keys();
    this.#until.delete(oldest as string);
  }

  delete(key: string): void {
    this.#until.delete(key);
  }

  has(key: string, now: number): boolean {
    const until = this.#until.get(key);
    return until !== undefined && now < until;
  }
}
