import type { SettingName, Settings } from './settings.ts';

/** What AUTH_POLICY_FILE says, for each issuer or route. */
const SAID_BY_POLICY: readonly SettingName[] = [
  'AUTH_ISSUER',
  'AUTH_AUDIENCE',
  'AUTH_ALGORITHM',
  'AUTH_SECRET_KEY',
  'AUTH_SECRET_KEY_PREVIOUS',
  'AUTH_JWKS',
  'AUTH_JWKS_ALLOW_HTTP',
  'AUTH_CLOCK_SKEW_SEC',
  'AUTH_MAX_TOKEN_LIFETIME_SEC',
  'AUTH_REQUIRED_SCOPE',
  'OUTAGE_POLICY',
  'KEYS_STALE_MAX_SEC',
  'KEYS_CACHE_FILE',
];
/** What is about keys that are fetched. */
const OF_JWKS: readonly SettingName[] = [
  'AUTH_JWKS_ALLOW_HTTP',
  'KEYS_STALE_MAX_SEC',
  'KEYS_CACHE_FILE',
];
const SECRETS: readonly SettingName[] = ['AUTH_SECRET_KEY', 'AUTH_SECRET_KEY_PREVIOUS'];

/** Settings about issuers and their keys that exclude each other, a line for each. */
export function identityFaults(
  settings: Partial<Settings>,
  given: ReadonlyMap<SettingName, string>,
): readonly string[] {
  const givenOf = (names: readonly SettingName[]) => names.filter((name) => given.has(name));
  if (given.has('AUTH_POLICY_FILE')) {
    return givenOf(SAID_BY_POLICY).map(
      (name) => `${name} is set beside AUTH_POLICY_FILE; it is the file that says that`,
    );
  }
  if (!given.has('AUTH_JWKS')) {
    return givenOf(OF_JWKS).map((name) => `AUTH_JWKS is not set; ${name} needs it`);
  }
  const both = givenOf(SECRETS).map(
    (name) => `${name} and AUTH_JWKS are both set; keys come from one of them`,
  );
  return [...both, ...fetchFaults(settings)];
}

function fetchFaults(settings: Partial<Settings>): readonly string[] {
  const { AUTH_JWKS: jwks, AUTH_ALGORITHM: algorithm = '', AUTH_ISSUER: issuer } = settings;
  if (jwks === undefined || jwks.kind === 'file') return [];
  const faults: string[] = [];
  if (algorithm.startsWith('HS')) {
    faults.push(
      `AUTH_ALGORITHM cannot be ${algorithm} with keys that anybody can fetch; it must be the one ` +
        'they are for, such as RS256',
    );
  }
  const url = jwks.kind === 'url' ? jwks.url : issuer;
  if (url === undefined) return faults;
  const name = jwks.kind === 'url' ? 'AUTH_JWKS' : 'AUTH_ISSUER';
  const isAllowed = settings.AUTH_JWKS_ALLOW_HTTP === true && url.startsWith('http://');
  if (!url.startsWith('https://') && !isAllowed) {
    faults.push(
      `${name} cannot be ${JSON.stringify(url)} where keys are fetched from it; it must be an ` +
        'https:// URL (http:// with AUTH_JWKS_ALLOW_HTTP at true)',
    );
  }
  return faults;
}
