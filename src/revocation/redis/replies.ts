/** What came back for one command: a value, or the code of an error. */
export type Reply =
  | { readonly value: unknown; readonly error?: never }
  | { readonly error: string; readonly value?: never };

/** Code for a reply that no Redis gives to EXISTS. */
export const UNEXPECTED_REPLY = 'unexpected_reply';

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
