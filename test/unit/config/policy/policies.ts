import { parsePolicy } from '../../../../src/config/policy/parse.ts';
import type { PolicyFile } from '../../../../src/config/policy/policy-file.ts';
import { SettingsError } from '../../../../src/config/read.ts';

/** What the variables hold that these policies name. */
export const ENV = {
  SECRET: 'a secret for tests only, thirty-two bytes or more',
  OLD_SECRET: 'the secret before it, for tests only as well',
};

/** The least that a policy has; more of the issuer may follow, four spaces in. */
export const ISSUER = `version: 1
issuers:
  - issuer: https://login.example
    keys: { discovery: true }
    algorithms: [RS256]
    audiences: [api]
`;

/** The same with other keys, and what they call for. */
export function issuer(keys: string, algorithms = '[RS256]'): string {
  return ISSUER.replace('{ discovery: true }', keys)
    .replace('[RS256]', algorithms)
    .replace('[api]', 'any');
}

export function parse(text: string, env: Record<string, string> = ENV): Promise<PolicyFile> {
  return parsePolicy(text, { file: 'p.yaml', folder: import.meta.dirname, env });
}

/** What is wrong with a policy; none when it can be used. Whatever else is thrown goes on. */
export async function faultsOf(text: string, env?: Record<string, string>) {
  try {
    await parse(text, env);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
}
