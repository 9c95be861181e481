import { loadPolicy } from '../config/policy/load.ts';
import { parseSettings } from '../config/read.ts';
import type { ValuesOf } from '../config/setting.ts';
import { schema } from '../config/settings.ts';
import { readRevocable, untilText } from '../dev/revocable.ts';
import type { RevocationPolicy } from '../dev/revocation-policy.ts';
import { type RevokeOptions, type RevokeTask, readRevokeOptions } from '../dev/revoke-options.ts';
import { REVOKE_PATH } from '../dev/revoke-route.ts';
import { readToken } from '../dev/token-argument.ts';
import { redisAddress } from '../options.ts';
import { restoreInRedis, revokeInRedis } from '../revocation/redis/revoke.ts';
import { UsageError } from '../usage-error.ts';

const { AUTH_METRICS_PORT, AUTH_CLOCK_SKEW_SEC, AUTH_MAX_TOKEN_LIFETIME_SEC } = schema;
const { REVOCATION_KEY_PREFIX, REVOCATION_TTL_MARGIN_SEC, REDIS_SENTINEL_PASSWORD } = schema;
const wanted = {
  ...{ AUTH_METRICS_PORT, AUTH_CLOCK_SKEW_SEC, AUTH_MAX_TOKEN_LIFETIME_SEC },
  ...{ REVOCATION_KEY_PREFIX, REVOCATION_TTL_MARGIN_SEC, REDIS_SENTINEL_PASSWORD },
  AUTH_ISSUER: schema.AUTH_ISSUER.optional(),
  AUTH_REDIS_URL: schema.AUTH_REDIS_URL.optional(),
  AUTH_POLICY_FILE: schema.AUTH_POLICY_FILE,
};
type Wanted = ValuesOf<typeof wanted>;

/** How long a key is kept beyond need: this machine's clock may be off. */
const SPARE_SEC = 60;

/**
 * Puts something on the denylist, or takes it off: of Redis where AUTH_REDIS_URL is set, else, a token
 * alone, of a dev server. Prints what it did, and no token.
 */
export async function revoke(args: readonly string[], options: RevokeOptions): Promise<void> {
  const settings = parseSettings(process.env, wanted);
  const now = Math.floor(Date.now() / 1000);
  const { AUTH_POLICY_FILE: file, AUTH_CLOCK_SKEW_SEC: clockSkewSec } = settings;
  const policies = file === undefined ? undefined : (await loadPolicy(file, process.env)).issuers;
  const only = policies?.length === 1 ? policies[0]?.issuer : undefined;
  const context = { issuer: settings.AUTH_ISSUER ?? only, now, clockSkewSec, policies };
  const task = readRevokeOptions(args, options, context);
  const done =
    task.kind === 'token'
      ? await withToken(task, settings, now, policies)
      : await withNamed(task, settings, now, policies);
  process.stdout.write(`${done}\n`);
}

type Task<K extends RevokeTask['kind']> = Extract<RevokeTask, { kind: K }>;

async function withToken(
  { argument, undo }: Task<'token'>,
  settings: Wanted,
  now: number,
  policies: Policies,
): Promise<string> {
  const token = await readToken(argument);
  const { scope, id, exp } = readRevocable(token, policies);
  const denylist = denylistOf(settings);
  const revocation = { scope, id };
  if (undo) {
    if (denylist === undefined) throw new Error(needsRedis('--undo'));
    return restored(await restoreInRedis(...denylist, revocation), 'the token');
  }
  const ttlSec = exp - now + sparesOf(settings, policies);
  if (ttlSec <= 0) return 'nothing to revoke: the token has expired';
  if (denylist === undefined) await revokeInDev(settings.AUTH_METRICS_PORT, token);
  else await revokeInRedis(...denylist, revocation, ttlSec);
  const what = scope === 'sid' ? 'revoked, with all of its session' : 'revoked';
  return `${what}, until ${untilText(exp)}`;
}

async function withNamed(
  task: Task<'named'>,
  settings: Wanted,
  now: number,
  policies: Policies,
): Promise<string> {
  const { revocation, what, by, undo } = task;
  const denylist = denylistOf(settings);
  if (denylist === undefined) throw new Error(needsRedis(by));
  if (undo) return restored(await restoreInRedis(...denylist, revocation), what);
  const lifetimeSec = task.ttlSec ?? longestOf(settings, policies);
  if (lifetimeSec === 0) {
    throw new UsageError(
      `${by} needs --ttl, the seconds that tokens live at most (AUTH_MAX_TOKEN_LIFETIME_SEC does not ` +
        'say): forgotten any sooner, tokens that are left would pass again',
    );
  }
  const aheadSec = revocation.scope === 'sub' ? Math.max(revocation.cutOff - now, 0) : 0;
  const ttlSec = lifetimeSec + aheadSec + sparesOf(settings, policies);
  if (policies === undefined && revocation.scope !== 'jti') {
    process.stderr.write(
      'sluice: nothing asks for this unless revoke_by in a policy file says so, and AUTH_POLICY_FILE ' +
        'names none\n',
    );
  }
  const cutOff = await revokeInRedis(...denylist, revocation, ttlSec);
  const issued = cutOff === undefined ? '' : ` issued up to ${untilText(cutOff)}`;
  return `revoked ${what}${issued}, until ${untilText(now + ttlSec)}`;
}

type Policies = readonly RevocationPolicy[] | undefined;

/** Longest that tokens are taken after they should have ended, and more. */
function sparesOf(settings: Wanted, policies: Policies = []): number {
  const { AUTH_CLOCK_SKEW_SEC, REVOCATION_TTL_MARGIN_SEC } = settings;
  const skews = policies.map(({ clockSkewSec }) => clockSkewSec);
  return Math.max(AUTH_CLOCK_SKEW_SEC, REVOCATION_TTL_MARGIN_SEC, ...skews) + SPARE_SEC;
}

/** How long tokens live at most, in seconds; 0: of some nobody says. */
function longestOf({ AUTH_MAX_TOKEN_LIFETIME_SEC }: Wanted, policies: Policies): number {
  const lifetimes = policies?.map(({ maxLifetimeSec }) => maxLifetimeSec);
  if (lifetimes === undefined) return AUTH_MAX_TOKEN_LIFETIME_SEC;
  return lifetimes.includes(0) ? 0 : Math.max(...lifetimes);
}

function denylistOf({ AUTH_REDIS_URL, REVOCATION_KEY_PREFIX, REDIS_SENTINEL_PASSWORD }: Wanted) {
  if (AUTH_REDIS_URL === undefined) return undefined;
  const address = redisAddress({ AUTH_REDIS_URL, REDIS_SENTINEL_PASSWORD });
  return [address, REVOCATION_KEY_PREFIX] as const;
}

function restored(wasThere: boolean, what: string): string {
  return wasThere ? `no longer revoked: ${what}` : `nothing to undo: ${what} was not revoked`;
}

function needsRedis(option: string): string {
  return `${option} needs AUTH_REDIS_URL: a dev server can only be told to revoke a token`;
}

async function revokeInDev(port: number, token: string): Promise<void> {
  const url = `http://127.0.0.1:${port}${REVOKE_PATH}`;
  const response = await fetch(url, { method: 'POST', body: token }).catch(() => undefined);
  if (response === undefined) {
    throw new Error(
      `no dev server at ${url}: start one with "npm start", name its AUTH_METRICS_PORT, ` +
        'or set AUTH_REDIS_URL',
    );
  }
  if (response.status === 404) throw new Error(`${url} is not a dev server; set AUTH_REDIS_URL`);
  if (!response.ok) throw new Error((await response.text()).trim());
}
