import { parseSettings } from '../config/read.ts';
import { schema } from '../config/settings.ts';
import { readRevocable, untilText } from '../dev/revocable.ts';
import { REVOKE_PATH } from '../dev/revoke-route.ts';
import { readToken } from '../dev/token-argument.ts';
import { redisAddress } from '../options.ts';
import { revokeInRedis } from '../revocation/redis/revoke.ts';

const { AUTH_METRICS_PORT, REVOCATION_KEY_PREFIX, REVOCATION_TTL_MARGIN_SEC } = schema;
const wanted = {
  ...{ AUTH_METRICS_PORT, REVOCATION_KEY_PREFIX, REVOCATION_TTL_MARGIN_SEC },
  REDIS_SENTINEL_PASSWORD: schema.REDIS_SENTINEL_PASSWORD,
  AUTH_REDIS_URL: schema.AUTH_REDIS_URL.optional(),
};

/** Puts one token on the denylist: of Redis where AUTH_REDIS_URL is set, else of a dev server. */
export async function revoke(argument: string): Promise<void> {
  const token = await readToken(argument);
  const { jti, exp } = readRevocable(token);
  const settings = parseSettings(process.env, wanted);
  const ttlSec = exp - Date.now() / 1000 + settings.REVOCATION_TTL_MARGIN_SEC;
  if (ttlSec <= 0) {
    process.stdout.write('nothing to revoke: the token has expired\n');
    return;
  }
  const { AUTH_REDIS_URL, ...rest } = settings;
  if (AUTH_REDIS_URL === undefined) await revokeInDev(settings.AUTH_METRICS_PORT, token);
  else {
    const address = redisAddress({ ...rest, AUTH_REDIS_URL });
    await revokeInRedis(address, settings.REVOCATION_KEY_PREFIX + jti, ttlSec);
  }
  process.stdout.write(`revoked, until ${untilText(exp)}\n`);
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
