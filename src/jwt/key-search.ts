import { Budget } from '../domain/budget.ts';
import type { Clock } from '../domain/clock.ts';
import type { Algorithm } from './algorithms.ts';
import type { KeyReport } from './key-report.ts';
import type { KeyRing } from './key-ring.ts';
import type { Search, Verdict } from './key-set.ts';
import type { Refresher } from './refresher.ts';

/** Fetches for the sake of tokens, whatever tokens are sent. */
const BUDGET = { capacity: 3, everyMs: 5_000 };
/** Tokens that may wait for a fetch: each is kept for as long as it takes. */
const MAX_WAITING = 1_000;

export interface KeySearchParts {
  readonly ring: KeyRing;
  readonly refresher: Refresher;
  readonly report: KeyReport;
  readonly clock: Clock;
  /** Seconds that the clock of the issuer may be slow. */
  readonly clockSkewSec: number;
  /** Seconds for which what is read may be older than what the issuer has. */
  readonly lagSec: number;
}

/**
 * Finds out what has become of a key that a token names and the ring lacks. Anybody can send such
 * tokens, so that is done at the pace of a budget, and all who ask meanwhile share one fetch.
 */
export class KeySearch {
  readonly #parts: KeySearchParts;
  readonly #budget: Budget;
  #waiting = 0;

  constructor(parts: KeySearchParts) {
    this.#parts = parts;
    this.#budget = new Budget(BUDGET, parts.clock.now());
  }

  /** `fetchedFrom`: when the keys of the ring were asked for, in ms of Clock.now; undefined = never. */
  search(
    kid: string | undefined,
    algorithm: Algorithm,
    issuedAt: number | undefined,
    fetchedFrom: number | undefined,
  ): Search | Promise<Search> {
    const { ring, refresher, report, clock, lagSec } = this.#parts;
    const verdict = this.verdict(issuedAt, fetchedFrom);
    if (verdict !== undefined) return verdict;
    const known = ring.candidates(kid, algorithm);
    const { underWay } = refresher;
    if (underWay === undefined) this.#budget.spend(clock.now());
    const attempt = underWay ?? refresher.attempt();
    // A fetch that was begun for the token is newer than it.
    const isNewer = underWay === undefined && lagSec === 0;
    const proves = isNewer || this.#isAfter(attempt.beganAt, issuedAt);
    this.#waiting++;
    return attempt.done.then((succeeded) => {
      this.#waiting--;
      const isNew = ring.candidates(kid, algorithm).some((key) => !known.includes(key));
      if (isNew) return report.searched('found');
      return report.searched(succeeded && proves ? 'absent' : 'unavailable');
    });
  }

  /** What can be said without a fetch; undefined: one is under way, or may be begun. */
  verdict(issuedAt: number | undefined, fetchedFrom: number | undefined): Verdict | undefined {
    const { refresher, report, clock } = this.#parts;
    if (this.#isAfter(fetchedFrom, issuedAt)) return report.searched('absent');
    const isFull = this.#waiting >= MAX_WAITING;
    if (isFull || (refresher.underWay === undefined && !this.#budget.has(clock.now()))) {
      return report.searched('unavailable');
    }
    return undefined;
  }

  /** Sees to it that there is a fetch under way, if the budget allows; nobody waits for it. */
  nudge(): void {
    const { refresher, clock } = this.#parts;
    if (refresher.underWay === undefined && this.#budget.spend(clock.now())) refresher.attempt();
  }

  /**
   * Whether keys that were asked for at that time are newer than the token. Reckoned by how long ago
   * that is, because the wall clock may have been set since. `issuedAt` is in whole seconds.
   */
  #isAfter(askedAt: number | undefined, issuedAt: number | undefined): boolean {
    if (askedAt === undefined || issuedAt === undefined) return false;
    const { clock, clockSkewSec, lagSec } = this.#parts;
    const agoSec = (clock.now() - askedAt) / 1000;
    return clock.epochSeconds() - agoSec >= issuedAt + 1 + clockSkewSec + lagSec;
  }
}
