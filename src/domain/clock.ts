/** Time, passed in so that tests can turn it. */
export interface Clock {
  /** Monotonic milliseconds, for deadlines and durations; unaffected by changes of the wall clock. */
  now(): number;
  /** Seconds since the epoch, for the claims of tokens. */
  epochSeconds(): number;
  /** Runs `task` once, `ms` from now, unless the returned function is called before. */
  after(ms: number, task: () => void): () => void;
  /**
   * Runs `task` every `ms` until the returned function is called. Never keeps the process alive. It
   * comes once the turn has read what was there to be read: a turn that comes late runs its timers
   * first, and what they wait for in vain may have come long ago.
   */
  every(ms: number, task: () => void): () => void;
  /** Runs `task` when the current turn of the event loop has handled its input and output. */
  endOfTurn(task: () => void): void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  epochSeconds: () => Math.floor(Date.now() / 1000),
  after(ms, task) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
  every(ms, task) {
    let isStopped = false;
    const atEndOfTurn = (): void => {
      if (!isStopped) task();
    };
    const timer = setInterval(() => setImmediate(atEndOfTurn), ms);
    timer.unref();
    return () => {
      isStopped = true;
      clearInterval(timer);
    };
  },
  endOfTurn: (task) => void setImmediate(task),
};
