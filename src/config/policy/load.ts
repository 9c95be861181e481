import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Environment, SettingsError } from '../read.ts';
import type { PolicyFile } from './policy-file.ts';

const MAX_BYTES = 1 << 20;

/**
 * Reads the policy of AUTH_POLICY_FILE; docs/policy.md has its form. Rejects with a SettingsError
 * that lists all faults at once, each as `PATH:LINE:COLUMN: FIELD: WHAT`, and shows no secret.
 *
 * `env`: has the variables that the file names.
 */
export async function loadPolicy(path: string, env: Environment): Promise<PolicyFile> {
  return parsePolicyText(await readPolicyText(path), path, env);
}

/** The policy that `text` is, which was read from `path`. */
export async function parsePolicyText(
  text: string,
  path: string,
  env: Environment,
): Promise<PolicyFile> {
  // Only who has a policy needs YAML.
  const { parsePolicy } = await import('./parse.ts');
  return parsePolicy(text, { file: path, folder: dirname(resolve(path)), env });
}

export async function readPolicyText(path: string): Promise<string> {
  const refuse = (what: string): never => {
    throw new SettingsError([`${path}:${what}`]);
  };
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) return refuse(`1:1: ${size} bytes read; at most ${MAX_BYTES} wanted`);
    const bytes = await readFile(path);
    const text = utf8Of(bytes);
    return text ?? refuse(`${lineOfBadByte(bytes)}:1: not UTF-8`);
  } catch (error) {
    if (error instanceof SettingsError) throw error;
    return refuse(`1:1: cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
}

/** Without its byte order mark. */
function utf8Of(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** No character of UTF-8 but the line feed has its byte. */
function lineOfBadByte(bytes: Buffer): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const feed = bytes.indexOf(0x0a, start);
    const end = feed < 0 ? bytes.length : feed + 1;
    if (utf8Of(bytes.subarray(start, end)) === undefined) return line;
    start = end;
  }
  return line;
}
