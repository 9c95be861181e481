import { resolve } from 'node:path';
import type {
  PolicyFile,
  PolicyHeader,
  PolicyHost,
  PolicyIssuer,
  PolicyKeys,
  PolicyPath,
  PolicyRoute,
  PolicyRules,
  PolicyTokenPlace,
} from './policy-file.ts';
import type { RawPolicy } from './schema.ts';

/** What stands outside the file. */
export interface Surroundings {
  /** Paths in the file start from here. */
  readonly folder: string;
  /** What the variables hold that the file names. */
  readonly secrets: ReadonlyMap<string, string>;
  /** For each issuer, what PolicyIssuer.keysAt is. */
  readonly keysAt: readonly string[];
}

type RawIssuer = RawPolicy['issuers'][number];
type RawRules = RawPolicy['defaults'];
type RawOverrides = { readonly [Name in keyof RawRules]: RawRules[Name] | undefined };
type RawRoute = RawPolicy['routes'][number];

/** From the words of the file to those of the service. `raw` has no faults. */
export function buildPolicy(raw: RawPolicy, around: Surroundings): PolicyFile {
  const named = new Map([...raw.policies].map(([name, own]) => [name, over(raw.defaults, own)]));
  const defaults = rulesOf(raw.defaults);
  const policies = new Map([...named].map(([name, rules]) => [name, rulesOf(rules)]));
  const routes = raw.routes.map((route) => {
    const below = route.policy === undefined ? undefined : named.get(route.policy);
    return routeOf(route, rulesOf(over(below ?? raw.defaults, route)));
  });
  const all = [defaults, ...policies.values(), ...routes.map(({ rules }) => rules)];
  const headerNames = new Set(all.flatMap(({ headers }) => headers.map(({ name }) => name)));
  return {
    issuers: raw.issuers.map((issuer, i) => issuerOf(issuer, around.keysAt[i] ?? '', around)),
    tokens: raw.tokens.map(tokenPlaceOf),
    defaults,
    policies,
    routes,
    headerNames: [...headerNames].toSorted(),
  };
}

function over(below: RawRules, own: RawOverrides): RawRules {
  const said = Object.entries(own).filter(([, value]) => value !== undefined);
  return { ...below, ...Object.fromEntries(said) };
}

function rulesOf(raw: RawRules): PolicyRules {
  return {
    requiredScopes: raw.required_scopes,
    audiences: raw.audiences,
    anonymous: raw.anonymous,
    outage: raw.outage,
    headers: [...raw.headers].map(([name, value]): PolicyHeader => {
      if (typeof value === 'string')
        return { name, claim: value.split('.'), encode: 'refuse', separator: ',' };
      const { claim, encode, separator } = value;
      return {
        name,
        claim: typeof claim === 'string' ? claim.split('.') : claim,
        encode,
        separator,
      };
    }),
    metadata: raw.metadata,
  };
}

function issuerOf(raw: RawIssuer, keysAt: string, around: Surroundings): PolicyIssuer {
  const types = raw.token_types.map((type) => type.toLowerCase().replace(/^application\//, ''));
  return {
    issuer: raw.issuer,
    keys: keysOf(raw.keys, around),
    algorithms: raw.algorithms,
    audiences: raw.audiences,
    audienceClaim: raw.audience_claim,
    tokenTypes: [...new Set(types)],
    clockSkewSec: raw.clock_skew_sec,
    maxLifetimeSec: raw.max_lifetime_sec,
    revocation: raw.revocation,
    revokeBy: raw.revoke_by,
    certificateBound: raw.certificate_bound,
    keysAt,
  };
}

function keysOf(raw: RawIssuer['keys'], { folder, secrets }: Surroundings): PolicyKeys {
  const fetched = {
    allowHttp: raw.allow_http,
    cacheFile: raw.cache_file === undefined ? undefined : resolve(folder, raw.cache_file),
    staleMaxSec: raw.stale_max_sec,
  };
  if (raw.jwks_url !== undefined) return { kind: 'jwks_url', url: raw.jwks_url, ...fetched };
  if (raw.discovery !== undefined) return { kind: 'discovery', ...fetched };
  if (raw.jwks !== undefined) return { kind: 'jwks', jwks: raw.jwks };
  if (raw.jwks_file !== undefined) {
    return { kind: 'jwks_file', file: resolve(folder, raw.jwks_file) };
  }
  if (raw.public_key_file !== undefined) {
    return { kind: 'public_key_file', file: resolve(folder, raw.public_key_file) };
  }
  return {
    kind: 'secret',
    secret: secrets.get(raw.secret_env ?? '') as string,
    previousSecret: secrets.get(raw.previous_secret_env ?? ''),
  };
}

function tokenPlaceOf(raw: RawPolicy['tokens'][number]): PolicyTokenPlace {
  const { header, cookie, query, remove } = raw;
  if (header !== undefined) return { kind: 'header', name: header, remove: remove ?? false };
  return cookie !== undefined
    ? { kind: 'cookie', name: cookie, remove: remove ?? true }
    : { kind: 'query', name: query as string, remove: remove ?? true };
}

function routeOf(raw: RawRoute, rules: PolicyRules): PolicyRoute {
  return { methods: raw.methods, host: hostOf(raw.host), path: pathOf(raw), rules };
}

function hostOf(host: string | undefined): PolicyHost | undefined {
  if (host === undefined) return undefined;
  return host.startsWith('*.')
    ? { kind: 'suffix', value: host.slice(1) }
    : { kind: 'exact', value: host };
}

function pathOf({ path, path_prefix, path_template }: RawRoute): PolicyPath {
  if (path !== undefined) return { kind: 'exact', value: path };
  return path_prefix !== undefined
    ? { kind: 'prefix', value: path_prefix }
    : { kind: 'template', value: path_template as string };
}
