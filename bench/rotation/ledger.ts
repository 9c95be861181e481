import type { Answer } from '../chaos/grade.ts';
import type { Book } from '../chaos/load.ts';
import { type Grade, grade, type Token } from './grade.ts';

/** One check, from when it was sent; without a grade until it is answered. */
export interface Entry {
  readonly token: Token;
  readonly sentAt: number;
  answer: Answer | undefined;
  grade: Grade | undefined;
}

/** Every check that was sent, in order, and what became of it. */
export class Ledger implements Book<Token, Entry> {
  readonly entries: Entry[] = [];

  sent(token: Token, sentAt: number): Entry {
    const entry = { token, sentAt, answer: undefined, grade: undefined };
    this.entries.push(entry);
    return entry;
  }

  answered(entry: Entry, answer: Answer): void {
    entry.answer = answer;
    entry.grade = grade(entry.token, entry.sentAt, answer);
  }

  between(from: number, to: number): readonly Entry[] {
    return this.entries.filter(({ sentAt }) => sentAt >= from && sentAt < to);
  }
}
