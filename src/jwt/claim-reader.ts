import { createHash } from 'node:crypto';

/** What others may be told of a token, from its payload; undefined: nothing. */
export type ClaimReader = (payload: Payload) => string | undefined;

type Payload = Readonly<Record<string, unknown>>;

export interface ClaimReaderOptions {
  /**
   * What becomes of a value that cannot stand in a header: it is left out, or every byte of it that is
   * not printable ASCII is percent-encoded (RFC 3986, section 2.1), and every percent sign.
   */
  readonly encode: 'refuse' | 'percent';
  /** Stands between the values of a list, and is encoded or refused inside of them. */
  readonly separator: string;
}

const MAX_CHARS = 255;
/** What proxies and servers take of all headers together is little more. */
const MAX_LIST_CHARS = 4096;
/** Visible ASCII, with spaces only inside: what a header value may hold (RFC 9110, section 5.5). */
const HEADER_SAFE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
const UNSAFE = /[^\x21-\x24\x26-\x7e]/gu;

export function isHeaderSafe(value: unknown): value is string {
  return typeof value === 'string' && HEADER_SAFE.test(value);
}

/**
 * Reads a claim that may stand inside others: text, numbers and booleans as they are, lists of those
 * with a separator. Anything else is not told, nor is an empty text or list, nor what is longer than
 * 255 characters, 4,096 in a list.
 */
export function claimReader(
  path: readonly string[],
  { encode, separator }: ClaimReaderOptions = { encode: 'refuse', separator: ',' },
): ClaimReader {
  return (payload) => {
    const value = valueAt(payload, path);
    const isList = Array.isArray(value);
    const parts: string[] = [];
    for (const item of isList ? value : [value]) {
      const text = textOf(item);
      if (text === undefined) return undefined;
      const part = encode === 'percent' ? percentEncoded(text, isList ? separator : '') : text;
      if (isList && (part === '' || part.includes(separator))) return undefined;
      parts.push(part);
    }
    const told = parts.join(separator);
    // With "||", what ends in one of them and what begins with the next are others when taken apart.
    if (isList && told.split(separator).some((part, i) => part !== parts[i])) return undefined;
    const max = isList ? MAX_LIST_CHARS : MAX_CHARS;
    return told.length <= max && isHeaderSafe(told) ? told : undefined;
  };
}

/** Reads a claim that is text, and of nothing else. */
export function textReader(name: string): ClaimReader {
  return ({ [name]: value }) =>
    isHeaderSafe(value) && value.length <= MAX_CHARS ? value : undefined;
}

/** SHA-256 of the `jti`, base64url: tells tokens apart in logs, and is no use to whoever reads them. */
export const jtiHashReader: ClaimReader = ({ jti }) =>
  typeof jti === 'string' ? createHash('sha256').update(jti).digest('base64url') : undefined;

function valueAt(payload: Payload, path: readonly string[]): unknown {
  let value: unknown = payload;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    value = Object.hasOwn(value, name) ? (value as Payload)[name] : undefined;
  }
  return value;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.isWellFormed() ? value : undefined;
  const isPlain = typeof value === 'boolean' || Number.isSafeInteger(value);
  return isPlain ? String(value) : undefined;
}

/** Spaces inside stay: those outside would be lost on the way. */
function percentEncoded(text: string, separator: string): string {
  const encoded = text.replace(UNSAFE, (char) =>
    char === ' ' ? char : [...Buffer.from(char)].map(percent).join(''),
  );
  const outer = encoded.replace(/^ | $/g, '%20');
  return separator === ''
    ? outer
    : outer.replaceAll(separator, [...Buffer.from(separator)].map(percent).join(''));
}

const percent = (byte: number): string => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
