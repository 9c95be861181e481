const HEX = '[\\dA-F]';
const TAIL = `%[89AB]${HEX}`;

/** One character of UTF-8 as escapes (RFC 3629, section 4): none overlong, no surrogate. */
const CHARACTER = [
  `%[0-7]${HEX}`,
  `%(?:C[2-9A-F]|D${HEX})${TAIL}`,
  `%E0%[AB]${HEX}${TAIL}`,
  `%E[1-9A-CEF]${TAIL}${TAIL}`,
  `%ED%[89]${HEX}${TAIL}`,
  `%F0%[9AB]${HEX}${TAIL}${TAIL}`,
  `%F[1-3]${TAIL}${TAIL}${TAIL}`,
  `%F4%8${HEX}${TAIL}${TAIL}`,
].join('|');

// One character a turn: with [^%]+ there would be 2^n ways to take n of them.
const WELL_ESCAPED = new RegExp(`^(?:[^%]|${CHARACTER})*$`, 'i');

/**
 * What `text` says when its escapes (RFC 3986, section 2.1) are decoded, once; undefined when one of
 * them is broken, or what they spell is not UTF-8. To catch what decodeURIComponent() throws takes
 * microseconds, which who sends such a path should not be given.
 */
export function decodeEscapes(text: string): string | undefined {
  return WELL_ESCAPED.test(text) ? decodeURIComponent(text) : undefined;
}
