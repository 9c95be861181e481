import type { RevocationQuery, Verdict } from '../domain/claims.ts';
import type { Clock } from '../domain/clock.ts';
import type { RevocationStore } from '../domain/ports.ts';

/** How often what has run out is dropped, in ms. */
const SWEEP_MS = 60_000;

/** A denylist in this process: for dev mode and tests. Forgets everything on restart. */
export class MemoryRevocations implements RevocationStore {
  readonly #clock: Clock;
  /** By jti: Clock.now() at which the revocation may be forgotten. */
  readonly #until = new Map<string, number>();
  readonly #stopSweep: () => void;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#stopSweep = clock.every(SWEEP_MS, () => this.#sweep());
  }

  /** `ttlSec`: at least until the token has expired; afterwards nothing needs to know of it. */
  revoke(jti: string, ttlSec: number): void {
    this.#until.set(jti, this.#clock.now() + ttlSec * 1000);
  }

  async lookup(queries: readonly RevocationQuery[]): Promise<readonly Verdict[]> {
    const asOf = this.#clock.now();
    return queries.map(({ id }) => ({
      state: (this.#until.get(id) ?? 0) > asOf ? 'revoked' : 'not-revoked',
      asOf,
    }));
  }

  get size(): number {
    return this.#until.size;
  }

  close(): void {
    this.#stopSweep();
  }

  #sweep(): void {
    const now = this.#clock.now();
    for (const [jti, until] of this.#until) if (until <= now) this.#until.delete(jti);
  }
}
