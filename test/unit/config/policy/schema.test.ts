import { describe, expect, it } from 'vitest';
import { faultsOf, ISSUER, issuer } from './policies.ts';

const ALGORITHMS =
  'HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519';
const ISSUER_FIELDS =
  'issuer, keys, algorithms, audiences, audience_claim, token_types, clock_skew_sec, max_lifetime_sec, revocation, revoke_by, certificate_bound';
const FIELDS = 'version, issuers, tokens, defaults, policies, routes, allow_unverified';
const SOURCES = 'jwks_url, discovery, jwks_file, jwks, public_key_file, secret_env';
const HEADER =
  'the name of a header in lower case, not one of the connection, host, authorization, cookie, content-length or x-envoy-*';
const NORMALISED = 'normalised: no //, . or .. segments, nor any of % ; ? # \\ * { }';
const TEMPLATE =
  'a path from / on, where {name} is one segment and a final /** all that follow; otherwise normalised';
const WORD = '1 to 255 characters of printable ASCII without spaces';
const CLAIM = 'the name of a claim, or names joined by dots';

/** Faults without the name of the file. */
const table: readonly (readonly [what: string, text: string, faults: readonly string[]])[] = [
  ['an empty file', '', ['1:1: nothing read; a map wanted']],
  ['a list', '- version: 1\n', ['1:1: a list read; a map wanted']],
  ['a text', 'version\n', ['1:1: version read; a map wanted']],
  ['no version', ISSUER.replace('version: 1\n', ''), ['1:1: version: missing; 1 wanted']],
  [
    'another version',
    ISSUER.replace('version: 1', 'version: 2'),
    ['1:10: version: 2 read; 1 wanted'],
  ],
  [
    'version as a text',
    ISSUER.replace('version: 1', 'version: "1"'),
    ['1:10: version: "1" read; 1 wanted'],
  ],
  ['no issuers', 'version: 1\n', ['1:1: issuers: missing; a list of 1 or more, each a map wanted']],
  [
    'issuers that are empty',
    'version: 1\nissuers: []\n',
    ['2:10: issuers: an empty list read; a list of 1 or more, each a map wanted'],
  ],
  [
    'issuers left blank',
    'version: 1\nissuers:\n',
    ['2:1: issuers: nothing read; a list of 1 or more, each a map wanted'],
  ],
  [
    'issuers as a map',
    'version: 1\nissuers: { a: b }\n',
    ['2:10: issuers: a map read; a list of 1 or more, each a map wanted'],
  ],
  [
    'an issuer that is a text',
    'version: 1\nissuers: [https://login.example]\n',
    ['2:11: issuers[0]: https://login.example read; a map wanted'],
  ],
  [
    'an unknown field',
    `${ISSUER}route: []\n`,
    [`7:1: route: unknown field, perhaps routes is meant; one of ${FIELDS} wanted`],
  ],
  [
    'an unknown field unlike any',
    `${ISSUER}zebra: []\n`,
    [`7:1: zebra: unknown field; one of ${FIELDS} wanted`],
  ],
  [
    'an unknown field of an issuer',
    `${ISSUER}    audience: [api]\n`,
    [
      `7:5: issuers[0].audience: unknown field, perhaps audiences is meant; one of ${ISSUER_FIELDS} wanted`,
    ],
  ],
  [
    'a field with a dot for an underscore',
    `${ISSUER}    clock.skew_sec: 1\n`,
    [
      `7:5: issuers[0].clock.skew_sec: unknown field, perhaps clock_skew_sec is meant; one of ${ISSUER_FIELDS} wanted`,
    ],
  ],
  [
    'an issuer with a space',
    ISSUER.replace('https://login.example', 'a b'),
    [`3:13: issuers[0].issuer: a b read; ${WORD} wanted`],
  ],
  [
    'an issuer that looks like a number',
    issuer('{ jwks_file: policies.ts }').replace('https://login.example', '12345'),
    [`3:13: issuers[0].issuer: 12345 without quotes read; ${WORD} wanted`],
  ],
  [
    'no keys',
    ISSUER.replace('    keys: { discovery: true }\n', ''),
    [`3:5: issuers[0].keys: missing; a map with exactly one of ${SOURCES} wanted`],
  ],
  [
    'a secret in the place of keys, which is not shown',
    issuer('hunter2-the-hmac-secret'),
    [`4:11: issuers[0].keys: a single value read; a map with exactly one of ${SOURCES} wanted`],
  ],
  [
    'keys without a source',
    issuer('{ stale_max_sec: 60 }'),
    [`4:11: issuers[0].keys: none of them read; exactly one of ${SOURCES} wanted`],
  ],
  [
    'keys from two places',
    issuer('{ discovery: true, jwks_file: policies.ts }'),
    [`4:11: issuers[0].keys: discovery and jwks_file read; exactly one of ${SOURCES} wanted`],
  ],
  [
    'discovery switched off',
    issuer('{ discovery: false }'),
    ['4:24: issuers[0].keys.discovery: false read; true wanted'],
  ],
  [
    'keys at no URL',
    issuer('{ jwks_url: login.example/keys }'),
    [
      '4:23: issuers[0].keys.jwks_url: login.example/keys read; an https:// URL without user, password and fragment wanted',
    ],
  ],
  [
    'keys at a URL with a password',
    issuer('{ jwks_url: "https://user:hunter2@login.example/keys" }'),
    [
      '4:23: issuers[0].keys.jwks_url: what it holds (not shown) read; an https:// URL without user, password and fragment wanted',
    ],
  ],
  [
    'a secret where its variable should be named',
    issuer('{ secret_env: hunter2-hunter2 }', '[HS256]'),
    [
      '4:25: issuers[0].keys.secret_env: what it holds (not shown) read; the name of an environment variable, in capitals wanted',
    ],
  ],
  [
    'keys that soon are stale',
    issuer('{ discovery: true, stale_max_sec: 59 }'),
    [
      '4:45: issuers[0].keys.stale_max_sec: 59 read; an integer of seconds from 60 to 604800 wanted',
    ],
  ],
  [
    'jwks without keys',
    issuer('{ jwks: { key: [] } }'),
    [
      '4:19: issuers[0].keys.jwks: a map without keys read; a map with keys: a list of JWKs, each a map with kty wanted',
    ],
  ],
  [
    'jwks with no key',
    issuer('{ jwks: { keys: [] } }'),
    ['4:27: issuers[0].keys.jwks.keys: an empty list read; a list of 1 or more JWKs wanted'],
  ],
  [
    'jwks with a key that is none',
    issuer('{ jwks: { keys: [{ k: hunter2 }, hunter2] } }'),
    [
      '4:28: issuers[0].keys.jwks.keys[0]: a map without kty read; a JWK with kty wanted',
      '4:44: issuers[0].keys.jwks.keys[1]: what it holds (not shown) read; a JWK with kty wanted',
    ],
  ],
  [
    'jwks with a private key',
    issuer('{ jwks: { keys: [{ kty: OKP, d: hunter2 }] } }'),
    ['4:28: issuers[0].keys.jwks.keys[0]: a private key read; a public one, without d, wanted'],
  ],
  [
    'jwks as a text',
    issuer('{ jwks: "{}" }'),
    [
      '4:19: issuers[0].keys.jwks: what it holds (not shown) read; a map with keys: a list of JWKs, each a map with kty wanted',
    ],
  ],
  [
    'no algorithms',
    issuer('{ discovery: true }', '[]'),
    [
      `5:17: issuers[0].algorithms: an empty list read; a list of 1 or more, each one of ${ALGORITHMS} wanted`,
    ],
  ],
  [
    'an algorithm that is none',
    issuer('{ discovery: true }', '[RS256, HS999]'),
    [`5:25: issuers[0].algorithms[1]: HS999 read; one of ${ALGORITHMS} wanted`],
  ],
  [
    'the algorithm "none"',
    issuer('{ discovery: true }', '[none]'),
    [`5:18: issuers[0].algorithms[0]: none read; one of ${ALGORITHMS} wanted`],
  ],
  [
    'an algorithm in lower case',
    issuer('{ discovery: true }', '[rs256]'),
    [`5:18: issuers[0].algorithms[0]: rs256 read; one of ${ALGORITHMS} wanted`],
  ],
  [
    'an algorithm twice',
    issuer('{ discovery: true }', '[RS256, ES256, RS256]'),
    ['5:32: issuers[0].algorithms[2]: RS256 read a second time'],
  ],
  [
    'an algorithm without a list',
    issuer('{ discovery: true }', 'RS256'),
    [
      `5:17: issuers[0].algorithms: RS256 read; a list of 1 or more, each one of ${ALGORITHMS} wanted`,
    ],
  ],
  [
    'no audiences',
    ISSUER.replace('    audiences: [api]\n', ''),
    [`3:5: issuers[0].audiences: missing; any, or a list of 1 or more, each ${WORD} wanted`],
  ],
  [
    'audiences that are empty',
    ISSUER.replace('[api]', '[]'),
    [`6:16: issuers[0].audiences: an empty list read; a list of 1 or more, each ${WORD} wanted`],
  ],
  [
    'audiences in a word',
    ISSUER.replace('[api]', 'all'),
    [`6:16: issuers[0].audiences: all read; any, or a list of 1 or more, each ${WORD} wanted`],
  ],
  [
    'an audience that looks like a number',
    ISSUER.replace('[api]', '[123]'),
    [`6:17: issuers[0].audiences[0]: 123 without quotes read; ${WORD} wanted`],
  ],
  [
    'an audience that looks like a truth',
    ISSUER.replace('[api]', '[true]'),
    [`6:17: issuers[0].audiences[0]: true without quotes read; ${WORD} wanted`],
  ],
  [
    'token types that are none',
    `${ISSUER}    token_types: ["a/b/c", ""]\n`,
    [
      '7:19: issuers[0].token_types[0]: "a/b/c" read; a media type such as at+jwt wanted',
      '7:28: issuers[0].token_types[1]: "" read; a media type such as at+jwt wanted',
    ],
  ],
  [
    'a skew out of range',
    `${ISSUER}    clock_skew_sec: 301\n`,
    ['7:21: issuers[0].clock_skew_sec: 301 read; an integer of seconds from 0 to 300 wanted'],
  ],
  [
    'a skew below zero',
    `${ISSUER}    clock_skew_sec: -1\n`,
    ['7:21: issuers[0].clock_skew_sec: -1 read; an integer of seconds from 0 to 300 wanted'],
  ],
  [
    'a skew in words',
    `${ISSUER}    clock_skew_sec: 5s\n`,
    ['7:21: issuers[0].clock_skew_sec: 5s read; an integer of seconds from 0 to 300 wanted'],
  ],
  [
    'a skew in octal',
    `${ISSUER}    clock_skew_sec: 010\n`,
    ['7:21: issuers[0].clock_skew_sec: 010 read; an integer of seconds from 0 to 300 wanted'],
  ],
  [
    'a skew in hexadecimal',
    `${ISSUER}    clock_skew_sec: 0x10\n`,
    ['7:21: issuers[0].clock_skew_sec: 0x10 read; an integer of seconds from 0 to 300 wanted'],
  ],
  [
    'a skew with a point',
    `${ISSUER}    clock_skew_sec: 5.0\n`,
    ['7:21: issuers[0].clock_skew_sec: 5.0 read; an integer of seconds from 0 to 300 wanted'],
  ],
  [
    'a lifetime in another notation',
    `${ISSUER}    max_lifetime_sec: 1e3\n`,
    [
      '7:23: issuers[0].max_lifetime_sec: 1e3 read; an integer of seconds from 0 to 1000000000 wanted',
    ],
  ],
  [
    'a lifetime in quotes',
    `${ISSUER}    max_lifetime_sec: "60"\n`,
    [
      '7:23: issuers[0].max_lifetime_sec: "60" read; an integer of seconds from 0 to 1000000000 wanted',
    ],
  ],
  [
    'revocation by another claim',
    `${ISSUER}    revocation: sub\n`,
    ['7:17: issuers[0].revocation: sub read; one of jti, sid, none wanted'],
  ],
  [
    'revoke_by twice',
    `${ISSUER}    revoke_by: [sub, sub]\n`,
    ['7:22: issuers[0].revoke_by[1]: sub read a second time'],
  ],
  [
    'revoke_by of the wrong kind',
    `${ISSUER}    revoke_by: [iss]\n`,
    ['7:17: issuers[0].revoke_by[0]: iss read; one of sid, sub, kid, issuer wanted'],
  ],
  [
    'certificate_bound as a truth',
    `${ISSUER}    certificate_bound: true\n`,
    ['7:24: issuers[0].certificate_bound: true read; one of off, if_present, required wanted'],
  ],
  [
    'no token places',
    `${ISSUER}tokens: []\n`,
    [
      '7:9: tokens: an empty list read; a list of 1 to 4, each a map with exactly one of header, cookie, query wanted',
    ],
  ],
  [
    'five token places',
    `${ISSUER}tokens: [{cookie: a}, {cookie: b}, {cookie: c}, {cookie: d}, {cookie: e}]\n`,
    [
      '7:9: tokens: a list of 5 read; a list of 1 to 4, each a map with exactly one of header, cookie, query wanted',
    ],
  ],
  [
    'a token place of two kinds',
    `${ISSUER}tokens:\n  - cookie: a\n    query: a\n`,
    ['8:5: tokens[0]: cookie and query read; exactly one of header, cookie, query wanted'],
  ],
  [
    'a token place of no kind',
    `${ISSUER}tokens:\n  - remove: true\n`,
    ['8:5: tokens[0]: none of them read; exactly one of header, cookie, query wanted'],
  ],
  [
    'another header',
    `${ISSUER}tokens: [{ header: x-token }]\n`,
    ['7:20: tokens[0].header: x-token read; authorization wanted'],
  ],
  [
    'a cookie with a semicolon',
    `${ISSUER}tokens: [{ cookie: "a;b" }]\n`,
    ['7:20: tokens[0].cookie: "a;b" read; the name of a cookie wanted'],
  ],
  [
    'a parameter with an escape',
    `${ISSUER}tokens: [{ query: "a%20" }]\n`,
    [
      '7:19: tokens[0].query: "a%20" read; the name of a query parameter: letters, digits and - . _ ~ wanted',
    ],
  ],
  [
    'remove in YAML 1.1',
    `${ISSUER}tokens: [{ cookie: a, remove: yes }]\n`,
    ['7:31: tokens[0].remove: yes read; true or false wanted'],
  ],
  [
    'a scope with a space',
    `${ISSUER}defaults: { required_scopes: [a b] }\n`,
    ['7:31: defaults.required_scopes[0]: a b read; a scope name wanted'],
  ],
  [
    'scopes in a text',
    `${ISSUER}defaults: { required_scopes: a b }\n`,
    ['7:30: defaults.required_scopes: a b read; a list, each a scope name wanted'],
  ],
  [
    'anonymous as a truth',
    `${ISSUER}defaults: { anonymous: false }\n`,
    ['7:24: defaults.anonymous: false read; one of deny, allow wanted'],
  ],
  [
    'an outage that is none',
    `${ISSUER}defaults: { outage: fail }\n`,
    ['7:21: defaults.outage: fail read; one of deny, stale, allow wanted'],
  ],
  [
    'a header in capitals',
    `${ISSUER}defaults: { headers: { X-User: sub } }\n`,
    [`7:24: defaults.headers.X-User: X-User read; ${HEADER} wanted`],
  ],
  [
    'the header host',
    `${ISSUER}defaults: { headers: { host: sub } }\n`,
    [`7:24: defaults.headers.host: host read; ${HEADER} wanted`],
  ],
  [
    'the header authorization',
    `${ISSUER}defaults: { headers: { authorization: sub } }\n`,
    [`7:24: defaults.headers.authorization: authorization read; ${HEADER} wanted`],
  ],
  [
    'a header of Envoy',
    `${ISSUER}defaults: { headers: { x-envoy-peer: sub } }\n`,
    [`7:24: defaults.headers.x-envoy-peer: x-envoy-peer read; ${HEADER} wanted`],
  ],
  [
    'a header of the connection',
    `${ISSUER}defaults: { headers: { transfer-encoding: sub } }\n`,
    [`7:24: defaults.headers.transfer-encoding: transfer-encoding read; ${HEADER} wanted`],
  ],
  [
    'a pseudo-header',
    `${ISSUER}defaults: { headers: { ":path": sub } }\n`,
    [`7:24: defaults.headers.":path": :path read; ${HEADER} wanted`],
  ],
  [
    'a claim with other characters',
    `${ISSUER}defaults: { headers: { x-a: "https://x.example/a" } }\n`,
    [`7:29: defaults.headers.x-a: "https://x.example/a" read; ${CLAIM}, or a map wanted`],
  ],
  [
    'a claim with a hole',
    `${ISSUER}defaults: { headers: { x-a: "a..b" } }\n`,
    [`7:29: defaults.headers.x-a: "a..b" read; ${CLAIM}, or a map wanted`],
  ],
  [
    'a header without its claim',
    `${ISSUER}defaults: { headers: { x-a: { encode: percent } } }\n`,
    [
      `7:29: defaults.headers.x-a.claim: missing; ${CLAIM}, or a list of 1 to 8, each the name of a claim wanted`,
    ],
  ],
  [
    'a header encoded otherwise',
    `${ISSUER}defaults: { headers: { x-a: { claim: a, encode: base64 } } }\n`,
    ['7:49: defaults.headers.x-a.encode: base64 read; one of refuse, percent wanted'],
  ],
  [
    'a header with a list',
    `${ISSUER}defaults: { headers: { x-a: [a, b] } }\n`,
    [`7:29: defaults.headers.x-a: a list read; ${CLAIM}, or a map wanted`],
  ],
  [
    'a separator that is none',
    `${ISSUER}defaults: { headers: { x-a: { claim: a, separator: "\\n" } } }\n`,
    [
      '7:52: defaults.headers.x-a.separator: "\\n" read; 1 to 4 characters of printable ASCII wanted',
    ],
  ],
  [
    'metadata that is none',
    `${ISSUER}defaults: { metadata: [jti] }\n`,
    ['7:24: defaults.metadata[0]: jti read; one of sub, iss, scopes, jti_hash wanted'],
  ],
  [
    'a policy with a strange name',
    `${ISSUER}policies: { "a b": {} }\n`,
    ['7:13: policies."a b": a b read; a name of letters, digits, - and _ wanted'],
  ],
  [
    'a policy left blank',
    `${ISSUER}policies:\n  a:\n`,
    ['8:3: policies.a: nothing read; a map wanted'],
  ],
  [
    'an unknown field of a policy',
    `${ISSUER}policies: { a: { scopes: [] } }\n`,
    [
      '7:18: policies.a.scopes: unknown field; one of required_scopes, audiences, anonymous, outage, headers, metadata wanted',
    ],
  ],
  [
    'a method in lower case',
    `${ISSUER}routes: [{ path: /, methods: [get] }]\n`,
    ['7:31: routes[0].methods[0]: get read; a method in capitals wanted'],
  ],
  [
    'methods that are empty',
    `${ISSUER}routes: [{ path: /, methods: [] }]\n`,
    [
      '7:30: routes[0].methods: an empty list read; a list of 1 or more, each a method in capitals wanted',
    ],
  ],
  [
    'a host with a port',
    `${ISSUER}routes: [{ path: /, host: "a.example:80" }]\n`,
    [
      '7:27: routes[0].host: "a.example:80" read; a host name in lower case without a port, or *. and a suffix wanted',
    ],
  ],
  [
    'a host in capitals',
    `${ISSUER}routes: [{ path: /, host: A.example }]\n`,
    [
      '7:27: routes[0].host: A.example read; a host name in lower case without a port, or *. and a suffix wanted',
    ],
  ],
  [
    'a host with a star inside',
    `${ISSUER}routes: [{ path: /, host: "a.*.example" }]\n`,
    [
      '7:27: routes[0].host: "a.*.example" read; a host name in lower case without a port, or *. and a suffix wanted',
    ],
  ],
  [
    'a route without a path',
    `${ISSUER}routes: [{ methods: [GET] }]\n`,
    ['7:10: routes[0]: none of them read; exactly one of path, path_prefix, path_template wanted'],
  ],
  [
    'a route with two paths',
    `${ISSUER}routes: [{ path: /, path_prefix: / }]\n`,
    [
      '7:10: routes[0]: path and path_prefix read; exactly one of path, path_prefix, path_template wanted',
    ],
  ],
  [
    'a path without its slash',
    `${ISSUER}routes: [{ path: a }]\n`,
    [`7:18: routes[0].path: a read; a path from / on, ${NORMALISED} wanted`],
  ],
  [
    'a path with two slashes',
    `${ISSUER}routes: [{ path: /a//b }]\n`,
    [`7:18: routes[0].path: /a//b read; a path from / on, ${NORMALISED} wanted`],
  ],
  [
    'a path with dots',
    `${ISSUER}routes: [{ path: /a/../b }]\n`,
    [`7:18: routes[0].path: /a/../b read; a path from / on, ${NORMALISED} wanted`],
  ],
  [
    'a path that ends in a dot segment',
    `${ISSUER}routes: [{ path: /a/. }]\n`,
    [`7:18: routes[0].path: /a/. read; a path from / on, ${NORMALISED} wanted`],
  ],
  [
    'a path with a star',
    `${ISSUER}routes: [{ path: "/a/*" }]\n`,
    [`7:18: routes[0].path: "/a/*" read; a path from / on, ${NORMALISED} wanted`],
  ],
  [
    'a prefix that ends in a slash',
    `${ISSUER}routes: [{ path_prefix: /a/ }]\n`,
    [
      `7:25: routes[0].path_prefix: /a/ read; a path from / on without a slash at the end, ${NORMALISED} wanted`,
    ],
  ],
  [
    'a prefix with an escape',
    `${ISSUER}routes: [{ path_prefix: /a%2f }]\n`,
    [
      `7:25: routes[0].path_prefix: /a%2f read; a path from / on without a slash at the end, ${NORMALISED} wanted`,
    ],
  ],
  [
    'a template with half a segment',
    `${ISSUER}routes: [{ path_template: "/a/x{id}" }]\n`,
    [`7:27: routes[0].path_template: "/a/x{id}" read; ${TEMPLATE} wanted`],
  ],
  [
    'a template with stars inside',
    `${ISSUER}routes: [{ path_template: "/a/**/b" }]\n`,
    [`7:27: routes[0].path_template: "/a/**/b" read; ${TEMPLATE} wanted`],
  ],
];

describe('what each field may be', () => {
  it.each(table)('%s', async (_, text, faults) => {
    expect(await faultsOf(text)).toEqual(faults.map((fault) => `p.yaml:${fault}`));
  });
});
