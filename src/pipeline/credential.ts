import type { Check } from '../domain/check.ts';
import type { TokenPlace } from '../domain/claims.ts';

export interface Credential {
  readonly token: string;
  /** The first of those where it stands. */
  readonly place: TokenPlace;
  /** Cookies that hold it and that the upstream is not to see: each request has others beside them. */
  readonly hiddenCookies: readonly string[];
}

/** Why a request has no token to be judged: fixed words. */
export type NoCredential = 'none' | 'not_one_bearer_token' | 'two_tokens';

const SCHEME = /^bearer +/i;

/**
 * The token of a request. All places are looked at: where two of them hold different tokens, which
 * of them counts would depend on who reads.
 */
export function findCredential(
  check: Check,
  places: readonly TokenPlace[],
): Credential | NoCredential {
  let found: Credential | undefined;
  let hiddenCookies = NOTHING;
  for (const place of places) {
    const tokens = tokensAt(check, place);
    if (tokens === undefined) return 'not_one_bearer_token';
    for (const token of tokens) {
      if (token === '') continue;
      if (found !== undefined && found.token !== token) return 'two_tokens';
      if (place.kind === 'cookie' && place.remove) hiddenCookies = [...hiddenCookies, place.name];
      found = { token, place: found?.place ?? place, hiddenCookies };
    }
  }
  return found ?? 'none';
}

/** Undefined: there is something, and it is no token. */
function tokensAt(check: Check, place: TokenPlace): readonly string[] | undefined {
  if (place.kind === 'cookie') return cookiesNamed(check.header('cookie') ?? '', place.name);
  if (place.kind === 'query') return parametersNamed(check.path, place.name);
  const authorization = check.header('authorization');
  if (authorization === undefined || authorization === '') return NOTHING;
  const token = bearerToken(authorization);
  return token === undefined ? undefined : [token];
}

const NOTHING: readonly string[] = [];

/**
 * Scheme in any case, one or more spaces, then the token (RFC 9110, section 11.1; RFC 6750, 2.1). A
 * comma, or a space, tells of a second one. Searching for those two takes a fifth of the time of a
 * pattern for all the rest.
 */
function bearerToken(authorization: string): string | undefined {
  const start = SCHEME.exec(authorization)?.[0].length ?? authorization.length;
  if (start === authorization.length) return undefined;
  const isOne = authorization.indexOf(' ', start) < 0 && authorization.indexOf(',', start) < 0;
  return isOne ? authorization.slice(start) : undefined;
}

/** Values of all cookies of that name (RFC 6265, section 4.2.1), without the quotes some put around them. */
function cookiesNamed(header: string, name: string): readonly string[] {
  return pairsOf(header, name)
    .filter((pair) => nameOf(pair) === name)
    .map((pair) => {
      const start = pair.indexOf('=');
      const value = start < 0 ? '' : pair.slice(start + 1).trim();
      return /^".*"$/.test(value) ? value.slice(1, -1) : value;
    });
}

/** What is left of a Cookie header without the cookies of these names; '' = nothing. */
export function withoutCookies(header: string, names: readonly string[]): string {
  return names.reduce(withoutCookie, header);
}

function withoutCookie(header: string, name: string): string {
  return pairsOf(header, name)
    .filter((pair) => nameOf(pair) !== name && pair.trim() !== '')
    .map((pair) => pair.trim())
    .join('; ');
}

/**
 * A comma may stand in a value. It also joins the headers of a peer that sends several, which it must
 * not (section 5.4): then it comes before the cookie that is looked for.
 */
function pairsOf(header: string, name: string): readonly string[] {
  return header.split(';').flatMap((pair) => {
    if (!pair.includes(',')) return [pair];
    const parts: string[] = [];
    for (const part of pair.split(',')) {
      if (parts.length === 0 || nameOf(part) === name) parts.push(part);
      else parts.push(`${parts.pop()},${part}`);
    }
    return parts;
  });
}

function nameOf(pair: string): string {
  const end = pair.indexOf('=');
  return (end < 0 ? pair : pair.slice(0, end)).trim();
}

/**
 * As an upstream would read them: decoded, and `+` being a space (WHATWG URL, section 5.1). The name has
 * to stand there as it is, or Envoy, which does not decode it, could not remove the parameter.
 */
function parametersNamed(path: string, name: string): readonly string[] | undefined {
  const start = path.indexOf('?');
  if (start < 0) return NOTHING;
  const query = path.slice(start + 1);
  const values = new URLSearchParams(query).getAll(name);
  if (values.length === 0) return NOTHING;
  const plain = query.split('&').filter((pair) => pair.split('=', 1)[0] === name);
  return plain.length === values.length ? values : undefined;
}
