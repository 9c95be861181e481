import { describe, expect, it } from 'vitest';
import { faultsOf, ISSUER, issuer } from './policies.ts';

/** Faults without the name of the file. */
const table: readonly (readonly [what: string, text: string, faults: readonly string[]])[] = [
  [
    'the same issuer twice',
    ISSUER +
      '  - issuer: https://login.example\n    keys: { discovery: true }\n    algorithms: [RS256]\n    audiences: any\n',
    ['7:13: issuers[1].issuer: https://login.example read a second time; first in line 3'],
  ],
  [
    'discovery of an issuer that is no URL',
    ISSUER.replace('https://login.example', 'login'),
    [
      '3:13: issuers[0].issuer: login read; with discovery an https:// URL without query and user wanted',
    ],
  ],
  [
    'discovery of an issuer with a query',
    ISSUER.replace('https://login.example', 'https://login.example/?a'),
    [
      '3:13: issuers[0].issuer: https://login.example/?a read; with discovery an https:// URL without query and user wanted',
    ],
  ],
  [
    'discovery without TLS',
    ISSUER.replace('https://login.example', 'http://login.example'),
    [
      '3:13: issuers[0].issuer: http://login.example read; https://, or allow_http: true among the keys, wanted',
    ],
  ],
  [
    'keys without TLS',
    issuer('{ jwks_url: "http://login.example/keys" }'),
    [
      '4:23: issuers[0].keys.jwks_url: "http://login.example/keys" read; https://, or allow_http: true among the keys, wanted',
    ],
  ],
  [
    'keys at an impossible URL',
    issuer('{ jwks_url: "https://login.example:99999/keys" }'),
    ['4:23: issuers[0].keys.jwks_url: "https://login.example:99999/keys" read; a URL wanted'],
  ],
  [
    'a previous secret without one',
    issuer('{ discovery: true, previous_secret_env: SECRET }'),
    ['4:51: issuers[0].keys.previous_secret_env: has no use with discovery, but with secret_env'],
  ],
  [
    'a cache of what is not fetched',
    issuer('{ jwks_file: policies.ts, cache_file: x }'),
    [
      '4:49: issuers[0].keys.cache_file: has no use with jwks_file, but with jwks_url and discovery',
    ],
  ],
  [
    'stale keys of what is not fetched',
    issuer('{ secret_env: SECRET, stale_max_sec: 60 }', '[HS256]'),
    [
      '4:48: issuers[0].keys.stale_max_sec: has no use with secret_env, but with jwks_url and discovery',
    ],
  ],
  [
    'http for what is not fetched',
    issuer('{ jwks_file: policies.ts, allow_http: true }'),
    [
      '4:49: issuers[0].keys.allow_http: has no use with jwks_file, but with jwks_url and discovery',
    ],
  ],
  [
    'HMAC and public keys mixed',
    issuer('{ jwks_file: policies.ts }', '[RS256, HS256]'),
    [
      '5:25: issuers[0].algorithms[1]: HS256 read beside RS256; HMAC and public keys cannot be mixed',
    ],
  ],
  [
    'HMAC with fetched keys',
    issuer('{ discovery: true }', '[HS256]'),
    ['5:18: issuers[0].algorithms[0]: HS256 read; with discovery one for public keys wanted'],
  ],
  [
    'HMAC with a public key',
    issuer('{ public_key_file: policies.ts }', '[HS512]'),
    ['5:18: issuers[0].algorithms[0]: HS512 read; with public_key_file one for public keys wanted'],
  ],
  [
    'a public key algorithm with a secret',
    issuer('{ secret_env: SECRET }', '[ES256]'),
    [
      '5:18: issuers[0].algorithms[0]: ES256 read; with secret_env one of HS256, HS384, HS512 wanted',
    ],
  ],
  [
    'the same cookie twice',
    `${ISSUER}tokens:\n  - cookie: a\n  - cookie: a\n`,
    ['9:13: tokens[1].cookie: a read a second time; first in line 8'],
  ],
  [
    'everybody let in',
    `${ISSUER}defaults: { anonymous: allow }\n`,
    [
      '7:24: defaults.anonymous: allow read; deny wanted, or allow_unverified: true at the top of the file',
    ],
  ],
  [
    'everybody let in, in so many words',
    `${ISSUER}defaults: { anonymous: allow }\nallow_unverified: false\n`,
    [
      '7:24: defaults.anonymous: allow read; deny wanted, or allow_unverified: true at the top of the file',
    ],
  ],
  [
    'a policy that is not there',
    `${ISSUER}policies: { public: {}, admin: {} }\nroutes: [{ path: /, policy: publc }]\n`,
    ['8:29: routes[0].policy: publc read; one of public, admin wanted'],
  ],
  [
    'a policy where there are none',
    `${ISSUER}routes: [{ path: /, policy: public }]\n`,
    ['7:29: routes[0].policy: public read; a name in policies wanted'],
  ],
  [
    'a route below one like it',
    `${ISSUER}routes:\n  - path: /a\n  - path: /b\n  - path: /a\n    methods: [GET]\n`,
    ['10:5: routes[2]: never matches: routes[0] in line 8 takes all of it'],
  ],
  [
    'a route below one for its methods',
    ISSUER +
      'routes:\n  - path_template: "/{a}"\n    methods: [GET, PUT]\n  - path_template: "/{b}"\n    methods: [PUT]\n',
    ['10:5: routes[1]: never matches: routes[0] in line 8 takes all of it'],
  ],
];

describe('what one field demands of another', () => {
  it.each(table)('%s', async (_, text, faults) => {
    expect(await faultsOf(text)).toEqual(faults.map((fault) => `p.yaml:${fault}`));
  });
});
