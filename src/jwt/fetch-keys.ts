import type { Clock } from '../domain/clock.ts';
import { type Answer, httpGet } from './http-get.ts';
import { parseJsonObject } from './json.ts';
import { KeySetError } from './key-set-error.ts';

/** What an issuer has as its keys, unread. */
export interface FetchedKeys {
  readonly body: Uint8Array;
  /** For how long the issuer says that it holds, in seconds. */
  readonly maxAgeSec: number | undefined;
}

/**
 * Fetches the keys of an issuer. Settles within FETCH_TIMEOUT_MS, and at once when the signal aborts.
 * Rejects with an error that `wordsOf` has words for.
 */
export type FetchKeys = (signal: AbortSignal) => Promise<FetchedKeys>;

export interface FetchOptions {
  /** Whether keys may come over a connection that anybody on the way could write to. */
  readonly allowHttp: boolean;
}

/** For all of it, also where several requests are needed. */
export const FETCH_TIMEOUT_MS = 5_000;

/** The JWK Set at a URL. Throws, with a message fit for the operator, when that is none for it. */
export function jwksFetcher(jwksUri: string, options: FetchOptions, clock: Clock): FetchKeys {
  const url = urlOf(jwksUri, options);
  return inTime(clock, async (signal) => found(await httpGet(url, signal)));
}

/**
 * The JWK Set that an issuer's own metadata names (OpenID Connect Discovery 1.0, section 4; where there
 * is none, RFC 8414, section 3). The metadata is read each time: what it names may move. Throws, with
 * a message fit for the operator, when the issuer is no URL for it.
 */
export function discoveryFetcher(issuer: string, options: FetchOptions, clock: Clock): FetchKeys {
  const [first, second] = metadataUrls(issuer, options);
  return inTime(clock, async (signal) => {
    const answer = await httpGet(first, signal);
    const metadata = answer.status === 404 ? await httpGet(second, signal) : answer;
    const jwksUri = jwksUriOf(found(metadata).body, issuer, options);
    return found(await httpGet(jwksUri, signal));
  });
}

/** OpenID Connect appends to the path of the issuer; RFC 8414 inserts before it. */
function metadataUrls(issuer: string, options: FetchOptions): readonly [URL, URL] {
  const { origin, pathname, search } = urlOf(issuer, options);
  if (search !== '') throw new Error('an issuer has no query');
  const path = pathname.replace(/\/$/, '');
  return [
    new URL(`${origin}${path}/.well-known/openid-configuration`),
    new URL(`${origin}/.well-known/oauth-authorization-server${path}`),
  ];
}

/** The metadata must say that it is this issuer's, or another's keys could be passed off as its own. */
function jwksUriOf(body: Uint8Array, issuer: string, options: FetchOptions): URL {
  const metadata = parseJsonObject(body);
  if (metadata === undefined) throw new KeySetError('metadata not JSON');
  if (metadata.issuer !== issuer) throw new KeySetError('metadata of another issuer');
  const jwksUri = metadata.jwks_uri;
  if (typeof jwksUri !== 'string') throw new KeySetError('metadata without jwks_uri');
  try {
    return urlOf(jwksUri, options);
  } catch {
    throw new KeySetError(`jwks_uri is no ${schemes(options)} URL`);
  }
}

function urlOf(text: string, options: FetchOptions): URL {
  const url = URL.parse(text);
  const isAllowed = url?.protocol === 'https:' || (options.allowHttp && url?.protocol === 'http:');
  // A message must not hold what may be a password.
  if (url !== null && (url.username !== '' || url.password !== '')) {
    throw new Error('a URL without user and password is needed');
  }
  if (url === null || !isAllowed || url.hash !== '') {
    throw new Error(
      `an ${schemes(options)} URL without fragment is needed, got ${JSON.stringify(text)}`,
    );
  }
  return url;
}

const schemes = ({ allowHttp }: FetchOptions) => (allowHttp ? 'https or http' : 'https');

function found({ status, body, maxAgeSec }: Answer): FetchedKeys {
  if (status !== 200) throw new KeySetError(`status ${status}`);
  return { body, maxAgeSec };
}

/** What is told of an abort says which of the two ended it. */
function inTime(clock: Clock, fetch: FetchKeys): FetchKeys {
  return async (signal) => {
    // AbortSignal.any would leave 1 KiB behind each time, for as long as `signal` lives.
    const ending = new AbortController();
    const end = (): void => ending.abort();
    const cancel = clock.after(FETCH_TIMEOUT_MS, end);
    signal.addEventListener('abort', end);
    try {
      return await fetch(ending.signal);
    } catch (error) {
      if (signal.aborted) throw new KeySetError('stopped');
      if (ending.signal.aborted) throw new KeySetError('timeout');
      throw error;
    } finally {
      cancel();
      signal.removeEventListener('abort', end);
    }
  };
}
