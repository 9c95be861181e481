/**
 * Lets so many tasks run at once; the others wait, in their order. It knows no clock: a library that
 * goes by the wall clock kept everybody waiting for as long as that was set back.
 */
export class Semaphore {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  /** `permits`: at least 1. */
  constructor(permits: number) {
    this.#free = permits;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
