import { type Answer, type Grade, grade, type Leniency } from './grade.ts';
import type { Token } from './population.ts';

/** One check, from when it was sent; without a grade until it is answered. */
export interface Entry {
  readonly token: Token;
  readonly sentAt: number;
  answer: Answer | undefined;
  grade: Grade | undefined;
}

/** Every check that was sent, in order, and what became of it. */
export class Ledger {
  readonly entries: Entry[] = [];
  readonly #leniency: Leniency;

  constructor(leniency: Leniency) {
    this.#leniency = leniency;
  }

  sent(token: Token, sentAt: number): Entry {
    const entry = { token, sentAt, answer: undefined, grade: undefined };
    this.entries.push(entry);
    return entry;
  }

  answered(entry: Entry, answer: Answer): void {
    const { token, sentAt } = entry;
    entry.answer = answer;
    entry.grade = grade(token, sentAt, answer, this.#leniency);
    if (answer.reason === 'blacklisted') {
      token.seenRevokedAt = Math.min(token.seenRevokedAt, answer.at);
    }
  }

  /** Those sent from one instant until just before another. */
  between(from: number, to: number): readonly Entry[] {
    return this.entries.slice(this.#firstAt(from), this.#firstAt(to));
  }

  /** Where the first one stands that was sent no earlier. */
  #firstAt(instant: number): number {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.entries[middle] as Entry).sentAt < instant) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
