import { describe, expect, it } from 'vitest';
import { faultsOf, issuer } from './policies.ts';

/** Faults without the name of the file. */
const table: readonly (readonly [what: string, text: string, faults: readonly string[]])[] = [
  [
    'keys in a file that is not there',
    issuer('{ jwks_file: nowhere.json }'),
    [`4:24: issuers[0].keys.jwks_file: cannot read ${import.meta.dirname}/nowhere.json: ENOENT`],
  ],
  [
    'a public key in a file that is not there',
    issuer('{ public_key_file: /nowhere/key.pem }'),
    ['4:30: issuers[0].keys.public_key_file: cannot read /nowhere/key.pem: ENOENT'],
  ],
  [
    'a variable without use that is not set',
    issuer('{ discovery: true, previous_secret_env: UNSET }'),
    ['4:51: issuers[0].keys.previous_secret_env: has no use with discovery, but with secret_env'],
  ],
  [
    'a variable that is not set',
    issuer('{ secret_env: UNSET }', '[HS256]'),
    ['4:25: issuers[0].keys.secret_env: UNSET (or UNSET_FILE) is not set; it must hold the secret'],
  ],
];

describe('what a policy names', () => {
  it.each(table)('%s', async (_, text, faults) => {
    expect(await faultsOf(text)).toEqual(faults.map((fault) => `p.yaml:${fault}`));
  });
});
