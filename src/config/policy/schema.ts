import { eitherOf, list, map, object } from './collections.ts';
import { keyList } from './key-list.ts';
import * as words from './patterns.ts';
import { choice, flag, integer } from './scalars.ts';
import { defaulted, inherited, optional, required, type ShapeValue } from './shape.ts';

/*
 * What a policy file may hold. Reader, JSON Schema and documentation are all made of it; what one
 * field demands of another is in rules.ts.
 */

export const KEY_SOURCES = [
  'jwks_url',
  'discovery',
  'jwks_file',
  'jwks',
  'public_key_file',
  'secret_env',
] as const;

const keys = object(
  {
    jwks_url: optional(words.url, 'where the JWK set is fetched'),
    discovery: optional(
      choice(true),
      'the JWK set is the one that the OpenID configuration of `issuer` names',
    ),
    jwks_file: optional(words.path, 'file with a JWK set'),
    jwks: optional(keyList, 'the JWK set itself (RFC 7517)'),
    public_key_file: optional(words.path, 'file with one public key, PEM'),
    secret_env: optional(
      words.variable,
      'variable that holds the HMAC secret; NAME_FILE may name a file instead',
    ),
    previous_secret_env: optional(
      words.variable,
      'with `secret_env`: the secret before it, still accepted',
    ),
    allow_http: defaulted(
      flag,
      false,
      'with `jwks_url` or `discovery`: whether the keys may be fetched without TLS',
    ),
    cache_file: optional(
      words.path,
      'with `jwks_url` or `discovery`: file that keeps the keys, for a start without the issuer',
    ),
    stale_max_sec: defaulted(
      integer(60, 604_800, 'seconds'),
      86_400,
      'with `jwks_url` or `discovery`: how long keys are used that cannot be fetched anew',
    ),
  },
  ...KEY_SOURCES,
);

const issuer = object({
  issuer: required(words.word, 'the exact value of `iss`; no two issuers have the same'),
  keys: required(keys, 'what its signatures are verified with'),
  algorithms: required(
    list(words.algorithm, { min: 1 }),
    'the signature algorithms accepted: HMAC ones (HS) for `secret_env`, `jwks` and `jwks_file`; ' +
      'the others for all but `secret_env`; never both kinds',
  ),
  audiences: required(
    eitherOf({ scalar: choice('any'), list: list(words.word, { min: 1 }) }),
    'audiences, any of which must be in the token; `any`: whatever it says',
  ),
  audience_claim: defaulted(words.claimName, 'aud', 'the claim that holds the audience'),
  token_types: defaulted(
    list(words.tokenType, { min: 1 }),
    ['jwt', 'at+jwt'],
    'values of the header `typ`, in any case, with `application/` before it or not; a token ' +
      'without `typ` passes',
  ),
  clock_skew_sec: defaulted(
    integer(0, 300, 'seconds'),
    5,
    'how far the clock of the issuer may be ahead',
  ),
  max_lifetime_sec: defaulted(
    integer(0, 1_000_000_000, 'seconds'),
    0,
    'longest time from `iat` to `exp`; 0 = any',
  ),
  revocation: defaulted(
    choice('jti', 'sid', 'none'),
    'jti',
    'the claim by which a token is revoked, which it must have; `none`: tokens need neither',
  ),
  revoke_by: defaulted(
    list(choice('sid', 'sub', 'kid', 'issuer')),
    [],
    'by what tokens can be revoked besides, in the same lookup',
  ),
  certificate_bound: defaulted(
    choice('off', 'if_present', 'required'),
    'off',
    'whether the certificate of the client must be the one that the token names (RFC 8705)',
  ),
});

const token = object(
  {
    header: optional(choice('authorization'), 'the header `authorization`, scheme Bearer'),
    cookie: optional(words.cookieName, 'a cookie of this name'),
    query: optional(words.parameterName, 'a query parameter of this name'),
    remove: optional(
      flag,
      'whether the upstream is not to see it; left out: true for cookie and query, false for header',
    ),
  },
  ...(['header', 'cookie', 'query'] as const),
);

const claim = eitherOf({
  scalar: words.claimPath,
  list: list(words.claimName, { min: 1, max: 8, unique: false }),
});

const headerValue = eitherOf({
  scalar: words.claimPath,
  map: object({
    claim: required(claim, 'the claim; a list of names where one of them has other characters'),
    encode: defaulted(
      choice('refuse', 'percent'),
      'refuse',
      'what becomes of a value that cannot stand in a header: left out, or percent-encoded',
    ),
    separator: defaulted(words.separator, ',', 'stands between the values of a list'),
  }),
});

const ruleFields = {
  required_scopes: defaulted(list(words.scope), [], 'scopes that a token must have, all of them'),
  audiences: defaulted(
    list(words.word),
    [],
    'audiences, any of which must be in the token besides what its issuer asks; empty = any',
  ),
  anonymous: defaulted(
    choice('deny', 'allow'),
    'deny',
    'what becomes of a request without a token; a bad token is never allowed',
  ),
  outage: defaulted(
    choice('deny', 'stale', 'allow'),
    'deny',
    'what becomes of a verified token while the denylist cannot be asked, as OUTAGE_POLICY has it',
  ),
  headers: defaulted(
    map(words.headerName, headerValue, '.NAME'),
    { 'x-user-id': 'sub', 'x-auth-provider': 'provider' },
    'headers that tell the upstream who called, and the claim that each carries; replaced as a whole',
  ),
  metadata: defaulted(
    list(choice('sub', 'iss', 'scopes', 'jti_hash')),
    [],
    'what Envoy is told for its logs and filters (dynamic metadata)',
  ),
};

const overrides = inherited(ruleFields);

const route = object(
  {
    methods: optional(list(words.method, { min: 1 }), 'methods it holds for; left out: all'),
    host: optional(words.host, 'host it holds for; left out: all'),
    path: optional(words.exactPath, 'this path alone'),
    path_prefix: optional(words.prefixPath, 'this path and all below it, by whole segments'),
    path_template: optional(words.templatePath, 'paths of this form'),
    policy: optional(
      words.policyName,
      'one of `policies`, which holds where the route says nothing',
    ),
    ...overrides,
  },
  ...(['path', 'path_prefix', 'path_template'] as const),
);

export const policySchema = object({
  version: required(choice(1), 'version of this format'),
  issuers: required(list(issuer, { min: 1 }), 'who may issue tokens'),
  tokens: defaulted(
    list(token, { min: 1, max: 4 }),
    [{ header: 'authorization' }],
    'where a token may stand, in this order',
  ),
  defaults: defaulted(object(ruleFields), {}, 'what holds where no route says otherwise'),
  policies: defaulted(
    map(words.policyName, object(overrides), '.NAME'),
    {},
    'rules by name, for routes to share',
  ),
  routes: defaulted(list(route), [], 'what holds for some requests; the first that matches counts'),
  allow_unverified: defaulted(
    flag,
    false,
    'must be true for `defaults.anonymous` to be `allow`: then requests that no route matches ' +
      'pass without a token',
  ),
});

export type RawPolicy = ShapeValue<typeof policySchema>;
