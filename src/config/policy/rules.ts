import { shown } from './node.ts';
import { algorithms, HMAC_ALGORITHMS, URL_FORM, VISIBLE } from './patterns.ts';
import { KEY_SOURCES } from './schema.ts';
import type { Spot } from './spot.ts';

/*
 * What one field demands of another. Works on the file as it was written, so that a fault elsewhere
 * hides none of these; what is not there, or is something else than it should be, is left alone.
 */

type KeySourceName = (typeof KEY_SOURCES)[number];

const ALGORITHMS: ReadonlySet<string> = new Set(algorithms);
const TAKE_HMAC: ReadonlySet<string> = new Set<KeySourceName>(['secret_env', 'jwks', 'jwks_file']);
const FETCHED: ReadonlySet<string> = new Set<KeySourceName>(['jwks_url', 'discovery']);

/** Tells the spots what is wrong. `root`: the whole file. */
export function contradictions(root: Spot): void {
  const issuers = itemsOf(root, 'issuers');
  refuseSame(issuers.map((issuer) => issuer.field('issuer')));
  for (const issuer of issuers) {
    keysFit(issuer);
    urlsFit(issuer);
    algorithmsFit(issuer);
  }
  const places = ['header', 'cookie', 'query'];
  for (const place of places) {
    refuseSame(itemsOf(root, 'tokens').map((token) => token.field(place)));
  }
  policiesExist(root);
  everyRouteCanMatch(itemsOf(root, 'routes'));
  const anonymous = root.field('defaults')?.field('anonymous');
  if (anonymous?.text === 'allow' && !isTrue(root.field('allow_unverified'))) {
    anonymous.fault('allow read; deny wanted, or allow_unverified: true at the top of the file');
  }
}

/** The one that is given; undefined when there is none, or more than one. */
function sourceOf(issuer: Spot): KeySourceName | undefined {
  const keys = issuer.field('keys');
  const given = KEY_SOURCES.filter((name) => keys?.field(name) !== undefined);
  return given.length === 1 ? given[0] : undefined;
}

function keysFit(issuer: Spot): void {
  const source = sourceOf(issuer);
  if (source === undefined) return;
  const only = (name: string, fits: boolean, where: string): void => {
    const field = fits ? undefined : issuer.field('keys')?.field(name);
    field?.fault(`has no use with ${source}, but with ${where}`);
  };
  const fetched = FETCHED.has(source);
  for (const name of ['cache_file', 'stale_max_sec', 'allow_http']) {
    only(name, fetched, 'jwks_url and discovery');
  }
  only('previous_secret_env', source === 'secret_env', 'secret_env');
}

function urlsFit(issuer: Spot): void {
  const keys = issuer.field('keys');
  const mayBeHttp = isTrue(keys?.field('allow_http'));
  const url = keys?.field('jwks_url');
  if (url?.text !== undefined && URL_FORM.test(url.text)) {
    if (!URL.canParse(url.text)) url.wanted('a URL');
    else if (url.text.startsWith('http:') && !mayBeHttp) url.wanted(WITH_TLS);
  }
  const name = issuer.field('issuer');
  if (name?.text === undefined || !VISIBLE.test(name.text)) return;
  if (sourceOf(issuer) !== 'discovery') return;
  // OpenID Connect Discovery 1.0, section 3.
  if (!/^https?:\/\/[^/?#@]+[^?#]*$/.test(name.text) || !URL.canParse(name.text)) {
    name.wanted('with discovery an https:// URL without query and user');
  } else if (name.text.startsWith('http:') && !mayBeHttp) name.wanted(WITH_TLS);
}

const WITH_TLS = 'https://, or allow_http: true among the keys,';

function algorithmsFit(issuer: Spot): void {
  const known = itemsOf(issuer, 'algorithms').filter(({ text }) => ALGORITHMS.has(text ?? ''));
  const source = sourceOf(issuer);
  const takesHmac = source === undefined || TAKE_HMAC.has(source);
  const takesOthers = source !== 'secret_env';
  for (const one of known) {
    const hmac = isHmac(one);
    const other = known.find((before) => isHmac(before) !== hmac);
    if (hmac && !takesHmac) {
      one.wanted(`with ${source} one for public keys`);
    } else if (!hmac && !takesOthers) {
      one.wanted(`with ${source} one of ${HMAC_ALGORITHMS.join(', ')}`);
    } else if (other !== undefined && known.indexOf(other) < known.indexOf(one)) {
      one.fault(`${one.text} read beside ${other.text}; HMAC and public keys cannot be mixed`);
    }
  }
}

function isHmac({ text }: Spot): boolean {
  return text?.startsWith('HS') === true;
}

function policiesExist(root: Spot): void {
  const names = root.field('policies')?.fields.map(([name]) => name) ?? [];
  const known = new Set(names);
  for (const route of itemsOf(root, 'routes')) {
    const policy = route.field('policy');
    if (policy?.text === undefined || known.has(policy.text)) continue;
    policy.wanted(names.length > 0 ? `one of ${names.join(', ')}` : 'a name in policies');
  }
}

/** Told only where it is plain: the same host and path further up, for the same methods or more. */
function everyRouteCanMatch(routes: readonly Spot[]): void {
  const above = new Map<string, Spot[]>();
  for (const route of routes) {
    const matcher = matcherOf(route);
    if (matcher === undefined) continue;
    const same = above.get(matcher) ?? [];
    const first = same.find((earlier) => covers(earlier, route));
    if (first === undefined) above.set(matcher, [...same, route]);
    else route.fault(`never matches: ${first.path} in line ${first.node.at.line} takes all of it`);
  }
}

function matcherOf(route: Spot): string | undefined {
  const kinds = ['path', 'path_prefix', 'path_template'].filter((name) => route.field(name));
  const [kind = ''] = kinds;
  const path = route.field(kind)?.text;
  if (kinds.length !== 1 || path === undefined) return undefined;
  const host = route.field('host');
  if (host !== undefined && host.text === undefined) return undefined;
  return JSON.stringify([host?.text, kind, path.replace(/\{[^/]*\}/g, '{}')]);
}

function covers(earlier: Spot, later: Spot): boolean {
  if (earlier.field('methods') === undefined) return true;
  const taken = new Set(itemsOf(earlier, 'methods').map(({ text }) => text));
  const asked = itemsOf(later, 'methods');
  return asked.length > 0 && asked.every(({ text }) => taken.has(text));
}

function refuseSame(spots: readonly (Spot | undefined)[]): void {
  const seen = new Map<string, Spot>();
  for (const spot of spots) {
    if (spot?.text === undefined) continue;
    const first = seen.get(spot.text);
    if (first === undefined) seen.set(spot.text, spot);
    else spot.fault(`${shown(spot.node)} read a second time; first in line ${first.node.at.line}`);
  }
}

function itemsOf(spot: Spot, name: string): readonly Spot[] {
  return spot.field(name)?.items ?? [];
}

function isTrue(spot: Spot | undefined): boolean {
  return spot?.node.kind === 'scalar' && spot.node.value === true;
}
