import { checkKey } from '../../../src/app.ts';
import {
  type Environment,
  type ReadSettings,
  readSettings,
  SettingsError,
} from '../../../src/config/read.ts';

/** What has no default. */
export const REQUIRED = {
  AUTH_REDIS_URL: 'redis://redis.example',
  AUTH_SECRET_KEY: 'a secret for tests only, sixty-four bytes long, which is for HS512',
  AUTH_ISSUER: 'https://issuer.example',
  AUTH_AUDIENCE: 'api',
};

/** Reads as `serve` does; on top of what is required. */
export function read(env: Environment = {}): Promise<ReadSettings> {
  return readSettings({ ...REQUIRED, ...env }, checkKey);
}

/** What is wrong with an environment; none when it can be used. */
export async function faultsOf(env: Environment): Promise<readonly string[]> {
  try {
    await read(env);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
}
