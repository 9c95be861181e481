import type { Check } from '../../../src/domain/check.ts';
import { allow, type Decision, refuse } from '../../../src/domain/decision.ts';
import { encodeCheckResponse } from '../../../src/sources/codec/check-response.ts';

const MAX_KEPT = 500;
const LARGE_BYTES = 40_000;

export interface Answer {
  readonly decision: Decision;
  /** The message with its prefix; undefined = a status without one. */
  readonly data: Buffer | undefined;
}

// Shared by all checks that ask the same, as decisions are: what is kept with one has to hold for each.
const answers = new Map<string, Answer>();

/** All that tells one question from another. */
export function questionOf({ fault, method, path, host }: Check): string {
  const text = `${fault} ${method} ${path} ${host}`;
  return text.length < 200 ? text : `${text.slice(0, 100)} ${text.length} ${sumOf(text)}`;
}

/** The one answer to a question, which names it. Of every kind that there is; large if asked for. */
export function answerTo(question: string): Answer {
  let answer = answers.get(question);
  if (answer === undefined) {
    answer = make(question);
    if (answers.size >= MAX_KEPT) answers.clear();
    answers.set(question, answer);
  }
  return answer;
}

function make(question: string): Answer {
  const sum = sumOf(question);
  const asked = Buffer.from(question).toString('hex');
  if (sum % 8 === 0 && !question.includes('/large')) {
    const decision = refuse('redis_error', { signal: 'grpc_status' });
    if (decision.signal !== 'grpc_status') throw new Error('no decision that is a status');
    return { decision, data: undefined };
  }
  const padding: readonly (readonly [string, string])[] = question.includes('/large')
    ? [['x-large', 'x'.repeat(LARGE_BYTES)]]
    : [];
  const headers = [['x-asked', asked], ...padding] as const;
  const decision =
    sum % 2 === 0 ? allow('success', headers, []) : refuse('malformed_request', { headers });
  const message = encodeCheckResponse(decision);
  const data = Buffer.alloc(5 + message.length);
  data.writeUInt32BE(message.length, 1);
  data.set(message, 5);
  return { decision, data };
}

function sumOf(text: string): number {
  let sum = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193);
  return sum >>> 4;
}
