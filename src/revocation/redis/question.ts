import type { Redis } from 'ioredis';
import { countOf, cutOffOf, type Reply } from './replies.ts';

/** One command: how many of some keys exist, or what a key holds. */
export type Question = { readonly exists: readonly string[] } | { readonly get: string };

export function put(client: Redis, question: Question): Promise<unknown> {
  return 'get' in question ? client.get(question.get) : client.exists(...question.exists);
}

/**
 * Whether one of the keys is there: what is too much for a server is not for it to be judged by, and
 * nor is what one key holds.
 */
export function shortened(question: Question): Question {
  return { exists: 'get' in question ? [question.get] : question.exists.slice(0, 1) };
}

/** A code for what is wrong with the answer to a question; undefined: nothing. */
export function faultOf(question: Question, reply: Reply | undefined): string | undefined {
  const answer = 'get' in question ? cutOffOf(reply) : countOf(reply, question.exists.length);
  return typeof answer === 'object' ? answer.error : undefined;
}
