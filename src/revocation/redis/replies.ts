/** What came back for one command: a value, or the code of an error. */
export type Reply =
  | { readonly value: unknown; readonly error?: never }
  | { readonly error: string; readonly value?: never };

/** Code for a reply that no Redis gives to what was asked. */
export const UNEXPECTED_REPLY = 'unexpected_reply';

/** Whether a reply to EXISTS or GET says that there is no such key. */
export function saysAbsent({ value }: Reply): boolean {
  return value === 0 || value === null;
}

/**
 * How many of `keys` keys exist, by the reply to one EXISTS: an integer from 0 to `keys`. Anything
 * else, whatever it may mean, is an error and never a count of 0.
 */
export function countOf(reply: Reply | undefined, keys: number): number | { error: string } {
  if (reply === undefined) return { error: UNEXPECTED_REPLY };
  if (reply.error !== undefined) return { error: reply.error };
  const { value } = reply;
  const isCount = typeof value === 'number' && Number.isInteger(value) && value >= 0;
  return isCount && value <= keys ? value : { error: UNEXPECTED_REPLY };
}

/** Code for what stands in place of a cut-off and is none. */
export const BAD_CUT_OFF = 'bad_cutoff';
/** The one spelling of a safe integer that is not negative, but for those that are too large. */
const CUT_OFF = /^(?:0|[1-9]\d{0,15})$/;

/**
 * The cut-off that a key holds, in epoch seconds, by the reply to its GET. Only a key that is not
 * there is `absent`; anything but a cut-off, whatever it may mean, is an error.
 */
export function cutOffOf(reply: Reply | undefined): number | 'absent' | { error: string } {
  if (reply === undefined) return { error: UNEXPECTED_REPLY };
  if (reply.error !== undefined) return { error: reply.error };
  const { value } = reply;
  if (value === null) return 'absent';
  if (typeof value !== 'string') return { error: UNEXPECTED_REPLY };
  return parseCutOff(value) ?? { error: BAD_CUT_OFF };
}

/** Undefined: it is none. */
export function parseCutOff(text: string): number | undefined {
  const seconds = CUT_OFF.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(seconds) ? seconds : undefined;
}
