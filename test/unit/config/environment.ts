import { checkSettings } from '../../../src/app.ts';
import {
  type Environment,
  type ReadSettings,
  readSettings,
  type SettingsCheck,
  SettingsError,
} from '../../../src/config/read.ts';

/** What has no default. */
export const REQUIRED = {
  AUTH_REDIS_URL: 'redis://redis.example',
  AUTH_SECRET_KEY: 'a secret for tests only, sixty-four bytes long, which is for HS512',
  AUTH_ISSUER: 'https://issuer.example',
  AUTH_AUDIENCE: 'api',
};

/** Reads as `serve` does, on top of what is required. */
export function read(env: Environment = {}, check = checkSettings): Promise<ReadSettings> {
  return readSettings({ ...REQUIRED, ...env }, check);
}

/** For settings that name files which are there, but are not what they should be. */
export const checkNothing = async () => [];

/** What is wrong with an environment; none when it can be used. */
export async function faultsOf(
  env: Environment,
  check?: SettingsCheck,
): Promise<readonly string[]> {
  try {
    await read(env, check);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
}
