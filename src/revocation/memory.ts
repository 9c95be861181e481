import type { RevocationQuery, Verdict } from '../domain/claims.ts';
import type { Clock } from '../domain/clock.ts';
import type { RevocationStore } from '../domain/ports.ts';
import { isCutOff, type Revocation } from './revocation.ts';

/** How often what has run out is dropped, in ms. */
const SWEEP_MS = 60_000;

interface Entry {
  /** Clock.now() at which it may be forgotten. */
  readonly until: number;
  /** Epoch seconds up to which it holds. */
  readonly cutOff: number;
}

/** A denylist in this process: for dev mode and tests. Forgets everything on restart. */
export class MemoryRevocations implements RevocationStore {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #stopSweep: () => void;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#stopSweep = clock.every(SWEEP_MS, () => this.#sweep());
  }

  /**
   * `ttlSec`: at least until the last token it is about has expired; afterwards nothing needs to know of
   * it. What was revoked before stays so for as long as was said then.
   */
  revoke(revocation: Revocation, ttlSec: number): void {
    const key = keyOf(revocation);
    const before = this.#alive(key);
    const cutOff = revocation.scope === 'sub' ? revocation.cutOff : Number.POSITIVE_INFINITY;
    this.#entries.set(key, {
      until: Math.max(this.#clock.now() + ttlSec * 1000, before?.until ?? 0),
      cutOff: Math.max(cutOff, before?.cutOff ?? 0),
    });
  }

  async lookup(queries: readonly RevocationQuery[]): Promise<readonly Verdict[]> {
    const asOf = this.#clock.now();
    return queries.map((query) => {
      const entry = this.#alive(keyOf(query));
      const isRevoked = entry !== undefined && isCutOff(query, entry.cutOff);
      return { state: isRevoked ? 'revoked' : 'not-revoked', asOf };
    });
  }

  get size(): number {
    return this.#entries.size;
  }

  close(): void {
    this.#stopSweep();
  }

  #alive(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.until > this.#clock.now() ? entry : undefined;
  }

  #sweep(): void {
    for (const key of this.#entries.keys()) if (!this.#alive(key)) this.#entries.delete(key);
  }
}

/** No scope holds a space. */
function keyOf({ scope, id }: Pick<RevocationQuery, 'scope' | 'id'>): string {
  return `${scope} ${id}`;
}
