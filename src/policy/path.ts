import { decodeEscapes } from './escapes.ts';

/** Longest path, without its query; it is ASCII, so these are characters too. */
export const MAX_PATH_BYTES = 8192;

/** What may stand unencoded in a segment (RFC 3986, `pchar`), but for the semicolon. */
const PLAIN = /^[\w\-.~!$&'()*+,=:@/]*$/;

/**
 * Before decoding: no ASCII, a space or a control character; characters that upstreams take for the
 * end of a path, of a segment or of its name; an escape of one of them, or of the percent sign.
 */
const AMBIGUOUS_RAW = /[^!-~]|[#;\\]|%(?:2[35Ff]|3[BbFf]|5[Cc])/;

/** After decoding, where a dot is a dot however it was written. */
const AMBIGUOUS_TEXT = new RegExp(
  [
    '[^ -~\\u00a0-\\uffff]', // control characters
    '[\\u2044\\u2215\\u29f8\\uff0f\\u2216\\ufe68\\uff3c]', // look-alikes of slash and backslash
    '/[/\\s]', // an empty segment, or one that begins with white space
    '[.\\s](?:/|$)', // one that ends with a dot, or white space
    '/[.\\u2024-\\u2026\\ufe52\\uff0e]+(?:/|$)', // one of dots and their look-alikes alone
  ].join('|'),
);
/** The same, for what is plain. */
const AMBIGUOUS_PLAIN = /\/\/|\.(?:\/|$)/;

/**
 * What a request asks for: `attributes.request.http.path` without its query, in the one spelling
 * that all have in common who read it the same way. Undefined when an upstream could take it for
 * another path than we do, so that the rule we find would not be the one for what it serves.
 *
 * In that spelling a character that may stand in a segment stands there as itself, and any other
 * as an escape of its UTF-8 with upper-case digits (RFC 3986, 6.2.2): two paths have the same one
 * exactly if they are the same when decoded. Case is kept. A slash at the end is kept. `*`
 * (RFC 9112, 3.2.4) stays `*`.
 *
 * | ambiguous | because |
 * |---|---|
 * | not beginning with a slash: `http://h/p`, `admin`, nothing | the absolute form is taken apart by some, and a path to others |
 * | `//` | one slash (nginx merges), an empty segment, or the beginning of a host |
 * | `.` and `..`, also `%2e` | taken out before, after or never |
 * | `%2f`, `\`, `%5c` | a slash to those who decode first, or who run on Windows |
 * | `;`, `%3b` | parameters of a segment, which Tomcat and Jetty take off |
 * | `#`, `%23`, `%3f` | where a path ends, to those who parse it once more |
 * | `%25` | an escape of an escape, for those who decode twice |
 * | `%zz`, `%4`, UTF-8 that is none (`%c0%ae`, `%ff`) | refused, left as it is, or decoded by guess |
 * | bytes that are no ASCII | UTF-8 or Latin-1 |
 * | NUL, tab, line ends, other controls, a space; encoded controls | cut off there, or stripped |
 * | white space at an end of a segment, also encoded; a dot at its end: `/admin.`, `/admin%20` | stripped: Windows, Spring |
 * | look-alikes of `/` and `\`; of dots, in a segment of nothing else: `／`, `．．` | mapped to ASCII (Windows code pages, NFKC) |
 * | more than MAX_PATH_BYTES | cut off |
 *
 * Not ambiguous: a plus sign, which only forms take for a space. Not seen here, and for rules to
 * cover: upstreams that ignore case, or take `/admin.json` for `/admin`.
 */
export function normalisePath(path: string): string | undefined {
  const query = path.indexOf('?');
  const raw = query === -1 ? path : path.slice(0, query);
  if (raw.length > MAX_PATH_BYTES) return undefined;
  if (!raw.startsWith('/')) return path === '*' ? path : undefined;
  if (PLAIN.test(raw)) return AMBIGUOUS_PLAIN.test(raw) ? undefined : raw;
  if (AMBIGUOUS_RAW.test(raw)) return undefined;
  const text = decodeEscapes(raw);
  return text === undefined || AMBIGUOUS_TEXT.test(text) ? undefined : encodeURI(text);
}
