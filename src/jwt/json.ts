const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A JSON string and, when it names a member, the colon after it. */
const STRING = /("(?:[^"\\]|\\.)*")(\s*:)?/g;

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

/**
 * The JSON object in `bytes`; undefined when they are not valid UTF-8, not JSON, not an object, or
 * hold an object that names a member twice (RFC 7515, section 4: which of them counts would depend
 * on the reader). A name that cannot be written without an escape is refused as well.
 */
export function parseJsonObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    let text = utf8.decode(bytes);
    let value: unknown = JSON.parse(text);
    if (text.includes('\\')) {
      text = withPlainNames(text);
      value = JSON.parse(text);
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    if (countNamesInText(text) !== countNames(value)) return undefined;
    return value as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/**
 * The same JSON with no escape in a name; throws when there has to be one.
 *
 * JSON.parse of V8 13.6 to 14.6 cannot be trusted with them: after {"a":1,"\\u00":2}, it reads
 * {"a":1,"\u0073ub":2} as having a member `\u00`, and no `sub`. So whoever may send a token, signed
 * or not, could hide members of the next one, repeated ones among them.
 */
function withPlainNames(text: string): string {
  return text.replace(STRING, (match, string: string, colon: string | undefined) => {
    if (colon === undefined || !string.includes('\\')) return match;
    const plain = JSON.stringify(JSON.parse(string));
    if (plain.includes('\\')) throw new SyntaxError('escape in a name');
    return `${plain}:`;
  });
}

/**
 * JSON.parse keeps one member of each name, so a repeated one shows as a difference in number. In
 * valid JSON every member has one colon outside of strings, and there is no other.
 */
function countNamesInText(text: string): number {
  let count = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char === QUOTE) inString = !inString;
    else if (char === BACKSLASH) i++;
    else if (char === COLON && !inString) count++;
  }
  return count;
}

function countNames(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const members: unknown[] = Array.isArray(value) ? value : Object.values(value);
  let count = members === value ? 0 : members.length;
  for (const member of members) count += countNames(member);
  return count;
}
