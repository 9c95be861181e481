import type { Fleet } from '../../test/support/fleet.ts';

const POLL_MS = 250;

/** Counts connections to Redis, again and again, and what instances that run may have. */
export class Census implements Disposable {
  readonly #fleet: Fleet;
  readonly #pool: number;
  readonly #timer: NodeJS.Timeout;
  #most = 0;
  #bound = 0;
  #isCounting = false;

  /** @param pool Connections that each instance may have. */
  constructor(fleet: Fleet, pool: number) {
    this.#fleet = fleet;
    this.#pool = pool;
    this.#timer = setInterval(() => this.count().catch(() => undefined), POLL_MS);
  }

  /** The most seen by now, and the most that they may have been. */
  get redisConnections(): { readonly most: number; readonly bound: number } {
    return { most: this.#most, bound: this.#bound };
  }

  async count(): Promise<void> {
    if (this.#isCounting) return;
    this.#isCounting = true;
    this.#bound = Math.max(this.#bound, this.#fleet.running.length * this.#pool);
    try {
      this.#most = Math.max(this.#most, await this.#fleet.redisConnections());
    } finally {
      this.#isCounting = false;
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
