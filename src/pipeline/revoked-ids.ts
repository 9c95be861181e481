/** Ids that are remembered, 100 bytes each; the one seen longest ago goes first. */
const MAX_IDS = 20_000;

/** Ids seen revoked, each until its token ends: what is revoked stays so when nobody can be asked. */
export class RevokedIds {
  /** In the order in which they were last seen. */
  readonly #until = new Map<string, number>();

  get size(): number {
    return this.#until.size;
  }

  /** `until`: seconds since the epoch. */
  add(id: string, until: number): void {
    this.#until.delete(id);
    this.#until.set(id, until);
    if (this.#until.size <= MAX_IDS) return;
    const [oldest] = this.#until.keys();
    this.#until.delete(oldest as string);
  }

  /** The store says that it is not revoked after all, or not any more. */
  delete(id: string): void {
    this.#until.delete(id);
  }

  has(id: string, now: number): boolean {
    const until = this.#until.get(id);
    return until !== undefined && now < until;
  }
}
