import { describe, expect, it } from 'vitest';
import { faultsOf, ISSUER, issuer } from './policies.ts';

/** Faults without the name of the file. */
const table: readonly (readonly [what: string, text: string, faults: readonly string[]])[] = [
  ['an anchor', `${ISSUER}defaults: &a {}\n`, ['7:14: anchors are not allowed']],
  [
    'an alias',
    `${ISSUER.replace('[api]', '&a [api]')}    token_types: *a\n`,
    ['6:19: anchors are not allowed', '7:18: aliases are not allowed'],
  ],
  ['an alias of nothing', `${ISSUER}defaults: *a\n`, ['7:11: aliases are not allowed']],
  [
    'a merge key',
    `${ISSUER}defaults:\n  <<: { anonymous: allow }\n`,
    ['8:3: merge keys are not allowed'],
  ],
  ['a tag', `${ISSUER}defaults: !!map {}\n`, ['7:17: tags are not allowed']],
  [
    'a tag of its own',
    `${ISSUER}defaults: !x {}\n`,
    ['7:11: not YAML as it is read here: tags are not allowed'],
  ],
  [
    'a directive',
    `%YAML 1.1\n---\n${ISSUER}`,
    ['1:1: directives are not allowed; the file is read as YAML 1.2'],
  ],
  [
    'a name twice',
    `${ISSUER}defaults: {}\ndefaults: {}\n`,
    ['8:1: defaults occurs twice; first in line 7'],
  ],
  [
    'two documents',
    `${ISSUER}---\n${ISSUER}`,
    ['7:1: not YAML as it is read here: a second document; there can be only one'],
  ],
  [
    'a name that is a prototype',
    `${ISSUER}policies: { __proto__: {} }\n`,
    ['7:13: __proto__ cannot be a name'],
  ],
  [
    'a name that is a constructor',
    `${ISSUER}policies: { constructor: {} }\n`,
    ['7:13: constructor cannot be a name'],
  ],
  [
    'a prototype in a key',
    issuer('{ jwks: { keys: [{ kty: RSA, __proto__: {} }] } }'),
    ['4:40: __proto__ cannot be a name'],
  ],
  [
    'a list for a name',
    `${ISSUER}? [a]\n: b\n`,
    ['7:3: not YAML as it is read here: a name must be a text'],
  ],
  [
    'a tab',
    `${ISSUER}defaults:\n\tanonymous: deny\n`,
    ['8:1: not YAML as it is read here: a tab cannot indent; use spaces'],
  ],
  [
    'a wrong indent',
    `${ISSUER}   audience_claim: aud\n`,
    [
      '7:1: not YAML as it is read here: a colon, comma, bracket, quote or space is missing, or the indentation is wrong',
    ],
  ],
  [
    'a bracket left open',
    `${ISSUER}defaults: { anonymous: deny\n`,
    [
      '8:1: not YAML as it is read here: the indentation does not fit what stands above, or a bracket is not closed',
    ],
  ],
  [
    'a quote left open',
    `${ISSUER}defaults: { anonymous: "deny\n`,
    [
      '8:1: not YAML as it is read here: a colon, comma, bracket, quote or space is missing, or the indentation is wrong',
    ],
  ],
  [
    'a name without its colon',
    `${ISSUER}defaults\n`,
    [
      '7:1: not YAML as it is read here: a colon, comma, bracket, quote or space is missing, or the indentation is wrong',
    ],
  ],
  [
    'an escape that is none',
    `${ISSUER}defaults: { anonymous: "\\q" }\n`,
    [
      '7:25: not YAML as it is read here: this escape sequence is not one of those that double quotes know',
    ],
  ],
];

describe('what YAML can do and a policy may not', () => {
  it.each(table)('%s', async (_, text, faults) => {
    expect(await faultsOf(text)).toEqual(faults.map((fault) => `p.yaml:${fault}`));
  });
});
