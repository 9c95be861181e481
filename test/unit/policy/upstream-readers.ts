/*
 * How upstreams of several makes read the path of a request: each on its own, with none of the code
 * under test, and as lenient as its model is or was. What they give is decoded segments; a slash at
 * the end is nothing to them. Undefined: refused.
 */

export type Reader = (target: string) => readonly string[] | undefined;

/** Express, Go's ServeMux, Rails: a URL parser, then each segment is decoded. */
const decodesSegments: Reader = (target) => {
  try {
    const { pathname } = new URL(`http://h${target}`);
    return withoutEnd(pathname.slice(1).split('/').map(decodeURIComponent));
  } catch {
    return undefined;
  }
};

/** Express without a URL parser: dots and empty segments are names like any other. */
const resolvesNothing: Reader = (target) => {
  try {
    return withoutEnd(beforeQuery(target).slice(1).split('/').map(decodeURIComponent));
  } catch {
    return undefined;
  }
};

/** nginx: bytes are decoded first; then slashes are merged and dots resolved. A # ends the path. */
const decodesFirst: Reader = (target) => {
  const bytes = decodeBytes(Buffer.from(target.replace(/[?#].*$/s, '')));
  return resolve(bytes.toString().split('/'));
};

/** Tomcat: parameters go, then it is decoded, and a backslash is a slash. */
const stripsParameters: Reader = (target) => {
  const segments = beforeQuery(target)
    .split('/')
    .map((segment) => segment.replace(/;.*$/s, ''));
  const text = decodeBytes(Buffer.from(segments.join('/'))).toString();
  return resolve(text.replaceAll('\\', '/').split('/'));
};

/** IIS and files on Windows: dots and spaces at the end of a name, and look-alikes of ASCII. */
const opensFiles: Reader = (target) => {
  const text = decodeBytes(Buffer.from(beforeQuery(target))).toString();
  const mapped = text.replace(/[\u2024-\u2044\u2215\u2216\u29f8\ufe50-\uffef]/g, (char) =>
    bestFit(char),
  );
  const segments = resolve(mapped.replaceAll('\\', '/').split('/')) ?? [];
  return resolve(segments.map((segment) => segment.replace(/[. ]+$/, '')));
};

/** Spring, once upon a time: segments are trimmed. */
const trims: Reader = (target) => decodesSegments(target)?.map((segment) => segment.trim());

/** A proxy that decodes, before an upstream that decodes. */
const decodesTwice: Reader = (target) => {
  const once = decodeBytes(Buffer.from(beforeQuery(target))).toString();
  return resolve(
    decodeBytes(Buffer.from(beforeQuery(once)))
      .toString()
      .split('/'),
  );
};

/** C: a NUL ends a string; line ends and tabs are dropped. */
const endsAtNul: Reader = (target) => {
  const text = decodeBytes(Buffer.from(beforeQuery(target))).toString();
  return resolve(
    text
      .replace(/\0.*$/s, '')
      .replace(/[\t\r\n]/g, '')
      .split('/'),
  );
};

/** As bytes of Latin-1, which is how many look at headers. */
const readsLatin1: Reader = (target) => {
  const text = decodeBytes(Buffer.from(beforeQuery(target), 'latin1')).toString();
  return resolve(text.split('/'));
};

/** Leaves what RFC 3986 makes optional: takes overlong UTF-8 for what it spells. */
const takesOverlong: Reader = (target) => {
  const bytes = decodeBytes(Buffer.from(beforeQuery(target))).toString('latin1');
  const text = bytes.replace(/[\xc0\xc1][\x80-\xbf]/g, (pair) =>
    String.fromCharCode(((pair.charCodeAt(0) & 0x1f) << 6) | (pair.charCodeAt(1) & 0x3f)),
  );
  return resolve(Buffer.from(text, 'latin1').toString().split('/'));
};

export const readers: Readonly<Record<string, Reader>> = {
  decodesSegments,
  resolvesNothing,
  decodesFirst,
  stripsParameters,
  opensFiles,
  trims,
  decodesTwice,
  endsAtNul,
  readsLatin1,
  takesOverlong,
};

function beforeQuery(target: string): string {
  return target.replace(/\?.*$/s, '');
}

function decodeBytes(bytes: Buffer): Buffer {
  const out: number[] = [];
  for (let i = 0; i < bytes.length; i++) {
    const hex = bytes.toString('latin1', i + 1, i + 3);
    const isEscape = bytes[i] === 0x25 && /^[0-9A-Fa-f]{2}$/.test(hex);
    out.push(isEscape ? Number.parseInt(hex, 16) : (bytes[i] as number));
    if (isEscape) i += 2;
  }
  return Buffer.from(out);
}

function resolve(segments: readonly string[]): readonly string[] {
  const out: string[] = [];
  for (const segment of segments) {
    if (segment === '..') out.pop();
    else if (segment !== '.' && segment !== '') out.push(segment);
  }
  return out;
}

function withoutEnd(segments: readonly string[]): readonly string[] {
  return segments.at(-1) === '' ? segments.slice(0, -1) : segments;
}

function bestFit(char: string): string {
  if (char === '\u2044' || char === '\u2215' || char === '\u29f8') return '/';
  if (char === '\u2216') return '\\';
  const folded = char.normalize('NFKC');
  return /^[./\\]+$/.test(folded) ? folded : char;
}
