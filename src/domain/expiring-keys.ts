interface Entry {
  readonly until: number;
  readonly addedAt: number;
}

/**
 * Keys that are remembered, each until the latest time it was added with, and no more than so many of
 * them: the one that was added longest ago goes first. Of which clocks the times are is the caller's to
 * say.
 */
export class ExpiringKeys {
  /** In the order in which they were last added. */
  readonly #entries = new Map<string, Entry>();
  readonly #max: number;

  /** `max`: at least 1. */
  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** `addedAt`: what `deleteBefore` is to compare with. */
  add(key: string, until: number, addedAt = 0): void {
    const latest = Math.max(until, this.#entries.get(key)?.until ?? until);
    this.#entries.delete(key);
    this.#entries.set(key, { until: latest, addedAt });
    if (this.#entries.size <= this.#max) return;
    const [oldest] = this.#entries.keys();
    this.#entries.delete(oldest as string);
  }

  /** Unless it was added then or later. Returns whether it is not there now. */
  deleteBefore(key: string, time: number): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return true;
    return entry.addedAt < time && this.#entries.delete(key);
  }

  has(key: string, now: number): boolean {
    const entry = this.#entries.get(key);
    return entry !== undefined && now < entry.until;
  }
}
