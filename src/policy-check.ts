import { loadPolicy } from './config/policy/load.ts';
import type { PolicyFile, PolicyIssuer } from './config/policy/policy-file.ts';
import { type Environment, SettingsError } from './config/read.ts';
import type { Settings } from './config/settings.ts';
import { systemClock } from './domain/clock.ts';
import { ImportedKeys } from './jwt/keys.ts';
import { KeySets } from './key-sets.ts';
import { keyMaterial } from './options.ts';
import { takesScopes } from './revocation/redis/keys.ts';
import { silentLogger } from './sinks/log/silent.ts';

/**
 * What is wrong with issuers, their keys and the policy file, as far as that can be known before the
 * first fetch. What is not set is not looked at.
 */
export async function policyFaults(
  settings: Partial<Settings>,
  env: Environment,
): Promise<readonly string[]> {
  const { AUTH_POLICY_FILE: path, REVOCATION_KEY_PREFIX: prefix } = settings;
  if (path === undefined) return settingFaults(settings);
  try {
    const policy = await loadPolicy(path, env);
    return [...prefixFaults(policy, prefix), ...(await keyFaults(policy.issuers))];
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
}

async function settingFaults(settings: Partial<Settings>): Promise<readonly string[]> {
  const { AUTH_ALGORITHM: algorithm, AUTH_JWKS: jwks } = settings;
  if (algorithm === undefined) return [];
  const keys = new ImportedKeys();
  const faults: string[] = [];
  for (const name of ['AUTH_SECRET_KEY', 'AUTH_SECRET_KEY_PREVIOUS'] as const) {
    const secret = settings[name];
    if (secret === undefined) continue;
    await keys.import(algorithm, keyMaterial(secret)).catch((error: Error) => {
      faults.push(`${name}: ${error.message}`);
    });
  }
  if (jwks?.kind !== 'file') return faults;
  const issuer = {
    ...{ issuer: '', keys: { kind: 'jwks_file', file: jwks.path } as const, clockSkewSec: 0 },
    ...{ keysAt: 'AUTH_JWKS: ', algorithms: [algorithm] },
  };
  return [...faults, ...(await keyFaults([issuer]))];
}

type Keyed = Parameters<KeySets['take']>[0];

async function keyFaults(issuers: readonly Keyed[]): Promise<readonly string[]> {
  const keySets = new KeySets(systemClock, silentLogger);
  const faults: string[] = [];
  for (const issuer of issuers) {
    if (issuer.keys.kind === 'jwks_url' || issuer.keys.kind === 'discovery') continue;
    await keySets.take(issuer).then(
      ({ giveBack }) => giveBack(),
      (error: Error) => {
        faults.push(error.message);
      },
    );
  }
  return faults;
}

/** A prefix that leaves no room for keys of other scopes than `jti`. */
export function prefixFaults(
  { issuers }: PolicyFile,
  prefix: string | undefined,
): readonly string[] {
  const isWide = ({ revocation, revokeBy }: PolicyIssuer): boolean =>
    revocation === 'sid' || revokeBy.length > 0;
  if (prefix === undefined || takesScopes(prefix) || !issuers.some(isWide)) return [];
  return [
    `REVOCATION_KEY_PREFIX cannot be ${JSON.stringify(prefix)} where the policy revokes by more ` +
      'than jti; it must end in ":"',
  ];
}
