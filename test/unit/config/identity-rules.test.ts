import { describe, expect, it } from 'vitest';
import type { Environment } from '../../../src/config/read.ts';
import { readSettings, SettingsError } from '../../../src/config/read.ts';
import { checkNothing } from './environment.ts';

const file = import.meta.filename;
const REDIS = { AUTH_REDIS_URL: 'redis://redis.example' };
const ISSUER = { AUTH_ISSUER: 'https://issuer.example', AUTH_AUDIENCE: 'api' };
const SECRET = { AUTH_SECRET_KEY: 'x'.repeat(32) };
const RS256 = { AUTH_ALGORITHM: 'RS256' };
const JWKS = { AUTH_JWKS: 'https://issuer.example/jwks.json' };

async function faultsOf(env: Environment): Promise<readonly string[]> {
  try {
    await readSettings({ ...REDIS, ...env }, checkNothing);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
}

const HTTP =
  'where keys are fetched from it; it must be an https:// URL (http:// with AUTH_JWKS_ALLOW_HTTP at true)';

describe('who issues tokens, and with which keys', () => {
  it.each<[string, Environment]>([
    ['a secret', { ...ISSUER, ...SECRET }],
    ['two secrets', { ...ISSUER, ...SECRET, AUTH_SECRET_KEY_PREVIOUS: 'y'.repeat(32) }],
    ['keys at a URL', { ...ISSUER, ...RS256, ...JWKS, KEYS_STALE_MAX_SEC: '600' }],
    ['keys that are discovered', { ...ISSUER, ...RS256, AUTH_JWKS: 'discovery' }],
    ['keys in a file', { ...ISSUER, AUTH_JWKS: file }],
    ['a policy', { AUTH_POLICY_FILE: file }],
    [
      'keys without TLS, if that is wanted',
      { ...ISSUER, ...RS256, AUTH_JWKS: 'http://idp/jwks', AUTH_JWKS_ALLOW_HTTP: 'true' },
    ],
    [
      'the same, discovered',
      {
        ...{ ...RS256, AUTH_ISSUER: 'http://idp', AUTH_AUDIENCE: 'api' },
        ...{ AUTH_JWKS: 'discovery', AUTH_JWKS_ALLOW_HTTP: 'true' },
      },
    ],
  ])('is told by %s', async (_, env) => {
    expect(await faultsOf(env)).toEqual([]);
  });

  it.each<[string, Environment, string[]]>([
    [
      'nothing',
      {},
      [
        expect.stringMatching(/^AUTH_SECRET_KEY \(or AUTH_SECRET_KEY_FILE\) is not set/),
        expect.stringMatching(/^AUTH_ISSUER is not set/),
        expect.stringMatching(/^AUTH_AUDIENCE is not set/),
      ],
    ],
    [
      'keys without an issuer',
      { ...RS256, ...JWKS },
      [
        expect.stringMatching(/^AUTH_ISSUER is not set/),
        expect.stringMatching(/^AUTH_AUDIENCE is not set/),
      ],
    ],
    [
      'a secret beside keys',
      { ...ISSUER, ...RS256, ...JWKS, ...SECRET },
      ['AUTH_SECRET_KEY and AUTH_JWKS are both set; keys come from one of them'],
    ],
    [
      'keys for a secret algorithm',
      { ...ISSUER, ...JWKS },
      [
        'AUTH_ALGORITHM cannot be HS256 with keys that anybody can fetch; it must be the one they are for, such as RS256',
      ],
    ],
    [
      'keys without TLS',
      { ...ISSUER, ...RS256, AUTH_JWKS: 'http://idp/jwks' },
      [`AUTH_JWKS cannot be "http://idp/jwks" ${HTTP}`],
    ],
    [
      'an issuer that is no URL',
      { ...RS256, AUTH_ISSUER: 'me', AUTH_AUDIENCE: 'api', AUTH_JWKS: 'discovery' },
      [`AUTH_ISSUER cannot be "me" ${HTTP}`],
    ],
    [
      'what is about keys that are fetched, and none are',
      { ...ISSUER, ...SECRET, KEYS_CACHE_FILE: '/tmp/keys', KEYS_STALE_MAX_SEC: '600' },
      [
        'AUTH_JWKS is not set; KEYS_STALE_MAX_SEC needs it',
        'AUTH_JWKS is not set; KEYS_CACHE_FILE needs it',
      ],
    ],
    [
      'a policy and the environment',
      { AUTH_POLICY_FILE: file, ...ISSUER, AUTH_REQUIRED_SCOPE: 'read' },
      ['AUTH_ISSUER', 'AUTH_AUDIENCE', 'AUTH_REQUIRED_SCOPE'].map(
        (name) => `${name} is set beside AUTH_POLICY_FILE; it is the file that says that`,
      ),
    ],
    [
      'what cannot be a time, or a path',
      { ...ISSUER, ...RS256, ...JWKS, KEYS_STALE_MAX_SEC: '59', KEYS_CACHE_FILE: 'keys' },
      [
        'KEYS_STALE_MAX_SEC cannot be "59"; it must be an integer of seconds from 60 to 604800',
        'KEYS_CACHE_FILE cannot be "keys"; it must be an absolute path',
      ],
    ],
    [
      'a policy that is not there',
      { AUTH_POLICY_FILE: '/no/such/policy.yaml' },
      [
        'AUTH_POLICY_FILE cannot be "/no/such/policy.yaml"; it must be the path of a file that can be read',
      ],
    ],
    ...['idp/jwks', 'ftp://idp/jwks', 'https://a:b@idp/jwks', 'https://idp/#jwks', 'discover'].map(
      (value): [string, Environment, string[]] => [
        `keys at ${value}`,
        { ...ISSUER, ...RS256, AUTH_JWKS: value },
        [
          `AUTH_JWKS cannot be ${value.includes('@') ? 'what it holds (not shown)' : JSON.stringify(value)}; it must be the https:// URL of a JWK set, the absolute path of a file that holds one, or discovery`,
        ],
      ],
    ),
  ])('is not told by %s', async (_, env, faults) => {
    expect(await faultsOf(env)).toEqual(faults);
  });
});
