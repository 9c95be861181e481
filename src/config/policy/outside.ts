import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Environment, secretOf } from '../read.ts';
import type { Spot } from './spot.ts';

/*
 * What a policy names and does not hold: variables with secrets, files with keys. Tells the spots
 * what is not there.
 */

/** What the variables hold, by name; each may have it from the file that NAME_FILE names. */
export function readSecrets(root: Spot, env: Environment): ReadonlyMap<string, string> {
  const secrets = new Map<string, string>();
  for (const variable of keyFields(root, ['secret_env', 'previous_secret_env'], 'secret_env')) {
    const name = variable.text;
    // What is no name may be the secret itself.
    if (name === undefined || !/^[A-Z_][A-Z0-9_]*$/.test(name)) continue;
    const { text, fault } = secretOf(env, name);
    if (fault !== undefined) variable.fault(fault);
    else if (!text?.trim())
      variable.fault(`${name} (or ${name}_FILE) is not set; it must hold the secret`);
    else secrets.set(name, text);
  }
  return secrets;
}

/** `folder`: where relative paths start. */
export async function findFiles(root: Spot, folder: string): Promise<void> {
  for (const file of keyFields(root, ['jwks_file', 'public_key_file'])) {
    const { text } = file;
    if (text === undefined || text === '' || text.includes('\0')) continue;
    const path = resolve(folder, text);
    try {
      await access(path, constants.R_OK);
    } catch (error) {
      file.fault(`cannot read ${path}: ${(error as NodeJS.ErrnoException).code}`);
    }
  }
}

/** `beside`: a field without which they have no use. */
function keyFields(root: Spot, names: readonly string[], beside?: string): readonly Spot[] {
  const keys = (root.field('issuers')?.items ?? []).map((issuer) => issuer.field('keys'));
  return keys
    .filter((one) => beside === undefined || one?.field(beside) !== undefined)
    .flatMap((one) => names.map((name) => one?.field(name)))
    .filter((spot) => spot !== undefined);
}
