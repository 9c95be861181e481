/** Tells on stderr what is measured, and how long it will take. */
export class Progress {
  #done = 0;
  #total = 0;
  readonly #startedAt = performance.now();

  /** So many more steps are to come, `seconds` in all. */
  expect(seconds: number): void {
    this.#total += seconds;
  }

  note(line: string): void {
    process.stderr.write(`${line}\n`);
  }

  /** A step that was expected to take `seconds` is over. */
  step(seconds: number, line: string): void {
    this.#done += seconds;
    const pace = (performance.now() - this.#startedAt) / 1000 / Math.max(this.#done, 1);
    const left = Math.max(0, this.#total - this.#done) * pace;
    const share = Math.round((this.#done / Math.max(this.#total, 1)) * 100);
    process.stderr.write(`[${String(share).padStart(3)} %, ${duration(left)} left] ${line}\n`);
  }
}

function duration(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds / 5) * 5} s` : `${Math.ceil(seconds / 60)} min`;
}
