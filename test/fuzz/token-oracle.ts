import { isUtf8 } from 'node:buffer';
import { createHmac } from 'node:crypto';
import { AUDIENCE, ISSUER, SECRET } from '../support/tokens.ts';

/**
 * A second opinion on HS256 tokens, read off the RFCs and docs/decisions.md and sharing nothing with
 * src/jwt: slow, plain, and with a JSON reader of its own. Clock skew 5 s, no tolerance on exp.
 */
export interface Opinion {
  readonly sub: string;
  readonly jti: string;
  readonly exp: number;
  readonly aud: readonly string[];
  readonly scopes: readonly string[];
  readonly provider: string | undefined;
}

const SKEW_SEC = 5;

/** Undefined: the token is not valid. */
export function judge(token: string, now: number): Opinion | undefined {
  try {
    return read(token, now);
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}

class Refused extends Error {}

function must(condition: boolean, why: string): asserts condition {
  if (!condition) throw new Refused(why);
}

function read(token: string, now: number): Opinion {
  must(Buffer.byteLength(token) <= 8192, 'size');
  const [header, payload, signature, ...rest] = token.split('.').map(decode);
  must(header !== undefined && payload !== undefined && signature !== undefined, 'segments');
  must(rest.length === 0, 'segments');

  const input = token.slice(0, token.lastIndexOf('.'));
  must(createHmac('sha256', SECRET).update(input).digest().equals(signature), 'signature');

  checkHeader(objectIn(header));
  return checkClaims(objectIn(payload), now);
}

/** RFC 7515, section 2: base64url without padding; RFC 4648, 3.5: in its canonical form. */
function decode(segment: string): Buffer {
  const bytes = Buffer.from(segment, 'base64url');
  must(segment !== '' && bytes.toString('base64url') === segment, 'base64url');
  return bytes;
}

function objectIn(bytes: Buffer): ReadonlyMap<string, unknown> {
  must(isUtf8(bytes), 'UTF-8');
  const value = new JsonReader(bytes.toString('utf8')).read();
  must(value instanceof Map, 'no object');
  return value;
}

/** RFC 7515, section 4.1; RFC 8725, sections 3.1 and 3.11. */
function checkHeader(header: ReadonlyMap<string, unknown>): void {
  must(header.get('alg') === 'HS256', 'alg');
  for (const name of 'jwk jku x5u x5c crit b64 zip enc'.split(' ')) must(!header.has(name), name);
  if (header.has('kid')) must(typeof header.get('kid') === 'string', 'kid');
  if (!header.has('typ')) return;
  const typ = header.get('typ');
  must(typeof typ === 'string' && /^(application\/)?(at\+)?jwt$/i.test(typ), 'typ');
}

/** RFC 7519, section 4.1. */
function checkClaims(payload: ReadonlyMap<string, unknown>, now: number): Opinion {
  const [sub, jti, aud] = [payload.get('sub'), payload.get('jti'), payload.get('aud')];
  must(isHeaderValue(sub), 'sub');
  must(typeof jti === 'string' && jti !== '' && Buffer.byteLength(jti) <= 255, 'jti');
  must(Buffer.from(jti).toString() === jti, 'jti');
  must(payload.get('iss') === ISSUER, 'iss');
  const audiences: unknown[] = Array.isArray(aud) ? aud : [aud];
  must(audiences.every((item) => typeof item === 'string') && audiences.includes(AUDIENCE), 'aud');

  const exp = payload.get('exp');
  must(isTime(exp) && now < exp, 'exp');
  for (const name of ['nbf', 'iat']) {
    if (!payload.has(name)) continue;
    const time = payload.get(name);
    must(isTime(time) && time - SKEW_SEC <= now, name);
  }
  const [scope, provider] = [payload.get('scope'), payload.get('provider')];
  return {
    sub,
    jti,
    exp,
    aud: audiences,
    scopes: typeof scope === 'string' ? [...new Set(scope.match(/[^ ]+/g) ?? [])] : [],
    provider: isHeaderValue(provider) ? provider : undefined,
  };
}

/** RFC 9110, section 5.5, without obs-text. */
function isHeaderValue(value: unknown): value is string {
  if (typeof value !== 'string' || value === '' || value.trim() !== value) return false;
  const codes = value.split('').map((char) => char.charCodeAt(0));
  return codes.length <= 255 && codes.every((code) => code >= 0x20 && code < 0x7f);
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

const ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** RFC 8259; objects become Maps, and what names a member twice is refused. */
class JsonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): unknown {
    const value = this.#value();
    must(this.#at === this.#text.length, 'text after the value');
    return value;
  }

  #value(): unknown {
    this.#match(/[ \t\r\n]*/y);
    const value = this.#bare();
    this.#match(/[ \t\r\n]*/y);
    return value;
  }

  #bare(): unknown {
    const next = this.#text[this.#at];
    if (next === '{') return this.#object();
    if (next === '[') return this.#array();
    if (next === '"') return this.#string();
    const word = this.#match(/true|false|null/y);
    if (word !== undefined) return word === 'null' ? null : word === 'true';
    const number = this.#match(/-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y);
    must(number !== undefined, 'no value');
    return Number(number);
  }

  #object(): Map<string, unknown> {
    const members = new Map<string, unknown>();
    this.#at++;
    if (this.#match(/[ \t\r\n]*\}/y) !== undefined) return members;
    do {
      this.#match(/[ \t\r\n]*/y);
      const name = this.#string();
      must(!members.has(name), 'a name twice');
      must(JSON.stringify(name) === `"${name}"`, 'a name that needs an escape');
      must(this.#match(/[ \t\r\n]*:/y) !== undefined, 'no colon');
      members.set(name, this.#value());
    } while (this.#match(/,/y) !== undefined);
    must(this.#match(/\}/y) !== undefined, 'no end');
    return members;
  }

  #array(): unknown[] {
    const items: unknown[] = [];
    this.#at++;
    if (this.#match(/[ \t\r\n]*\]/y) !== undefined) return items;
    do items.push(this.#value());
    while (this.#match(/,/y) !== undefined);
    must(this.#match(/\]/y) !== undefined, 'no end');
    return items;
  }

  #string(): string {
    let value = '';
    must(this.#match(/"/y) !== undefined, 'no string');
    while (this.#match(/"/y) === undefined) {
      const plain = this.#match(/[^"\\]+/y);
      must(
        [...(plain ?? '')].every((char) => char >= ' '),
        'a control character',
      );
      const escaped = plain ?? this.#match(/\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y);
      must(escaped !== undefined, 'no string');
      if (plain !== undefined) value += plain;
      else if (escaped[1] === 'u') value += String.fromCharCode(Number(`0x${escaped.slice(2)}`));
      else value += ESCAPES[escaped[1] as string] ?? escaped[1];
    }
    return value;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at = pattern.lastIndex;
    return found;
  }
}
