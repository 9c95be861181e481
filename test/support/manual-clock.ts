import type { Clock } from '../../src/domain/clock.ts';

interface Timer {
  readonly task: () => void;
  readonly everyMs: number | undefined;
  due: number;
}

/** Time that stands still until the test turns it. Starts at 1,000 ms and 1,700,000,000 s. */
export class ManualClock implements Clock {
  #now = 1_000;
  #epochMs = 1_700_000_000_000;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#now;
  }

  epochSeconds(): number {
    return Math.floor(this.#epochMs / 1000);
  }

  after(ms: number, task: () => void): () => void {
    return this.#add({ task, everyMs: undefined, due: this.#now + ms });
  }

  every(ms: number, task: () => void): () => void {
    return this.#add({ task, everyMs: ms, due: this.#now + ms });
  }

  endOfTurn(task: () => void): void {
    this.after(0, task);
  }

  /** Timers that have neither run out nor been stopped. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Runs what falls due within the next `ms`, in order, each at its own time. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#moveTo(Math.max(next.due, this.#now));
      if (next.everyMs === undefined) this.#timers.delete(next);
      else next.due += next.everyMs;
      next.task();
    }
    this.#moveTo(Math.max(end, this.#now)); // tasks may have taken time
  }

  /** Time that somebody takes: what falls due meanwhile has to wait. */
  spend(ms: number): void {
    this.#moveTo(this.#now + ms);
  }

  /** The wall clock alone is set, by so many ms. */
  setWall(ms: number): void {
    this.#epochMs += ms;
  }

  #add(timer: Timer): () => void {
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  #next(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.due <= end && (next === undefined || timer.due < next.due)) next = timer;
    }
    return next;
  }

  #moveTo(now: number): void {
    this.#epochMs += now - this.#now;
    this.#now = now;
  }
}
