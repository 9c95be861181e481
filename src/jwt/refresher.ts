import type { Clock } from '../domain/clock.ts';

/** One attempt at reading what is to be kept fresh. */
export interface Attempt {
  /** When it began, in ms of Clock.now. */
  readonly beganAt: number;
  /** Whether it succeeded; never rejects. */
  readonly done: Promise<boolean>;
}

/** Reads once. Resolves with for how many ms what was read holds; rejects when it could not be read. */
export type Load = (signal: AbortSignal) => Promise<number>;

const MIN_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 60_000;

/**
 * Reads again and again, never twice at the same time.
 *
 *     start ──▶ attempt ──▶ success: again before it no longer holds ─┐
 *                ▲  └─────▶ failure: again after a backoff ───────────┤
 *                └────────────── or as soon as somebody asks ◀────────┘
 *
 * All waits are jittered, so that many processes do not ask at once, and go by monotonic time.
 */
export class Refresher {
  readonly #load: Load;
  readonly #clock: Clock;
  readonly #maxBackoffMs: number;
  readonly #stopping = new AbortController();
  #underWay: Attempt | undefined;
  #cancelNext = (): void => undefined;
  #failures = 0;

  constructor(load: Load, clock: Clock, maxBackoffMs = MAX_BACKOFF_MS) {
    this.#load = load;
    this.#clock = clock;
    this.#maxBackoffMs = maxBackoffMs;
  }

  get underWay(): Attempt | undefined {
    return this.#underWay;
  }

  /** The attempt under way, or a new one. Not to be asked of one that was stopped. */
  attempt(): Attempt {
    this.#underWay ??= this.#begin();
    return this.#underWay;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#cancelNext();
    await this.#underWay?.done;
  }

  #begin(): Attempt {
    this.#cancelNext();
    const beganAt = this.#clock.now();
    const done = this.#load(this.#stopping.signal).then(
      (holdsMs) => {
        this.#failures = 0;
        return this.#end(true, holdsMs * (0.8 + Math.random() / 10));
      },
      () => {
        const cap = Math.min(MIN_BACKOFF_MS * 2 ** this.#failures++, this.#maxBackoffMs);
        return this.#end(false, cap * (0.5 + Math.random() / 2));
      },
    );
    return { beganAt, done };
  }

  #end(succeeded: boolean, nextMs: number): boolean {
    this.#underWay = undefined;
    if (!this.#stopping.signal.aborted) {
      this.#cancelNext = this.#clock.after(nextMs, () => this.attempt());
    }
    return succeeded;
  }
}
