import { randomBytes } from 'node:crypto';
import { checkSettings, createAppLogger, type Denylist } from '../app.ts';
import { readSettings } from '../config/read.ts';
import { banner } from '../dev/banner.ts';
import { askCheck } from '../dev/client.ts';
import { REVOKE_PATH, revokeRoute } from '../dev/revoke-route.ts';
import { SAMPLE_TTL_SEC, sampleTokens } from '../dev/tokens.ts';
import { systemClock } from '../domain/clock.ts';
import { exitOnCrash } from '../lifecycle/crash.ts';
import { MemoryRevocations } from '../revocation/memory.ts';
import { type Ports, serveAlone } from '../run.ts';

const SECRET_BYTES = 48;

/** Serves with a random key and no Redis, and shows that it works. Rejects where it must not run. */
export async function dev(): Promise<void> {
  refuseInProduction(process.env);
  const signer = {
    secret: randomBytes(SECRET_BYTES).toString('base64'),
    issuer: 'https://issuer.example',
    audience: 'sluice-dev',
  };
  const { settings, warnings } = await readSettings(
    {
      DRAIN_DELAY_MS: '0',
      ENVIRONMENT: 'development',
      ...process.env,
      BIND_ADDRESS: '127.0.0.1',
      WORKERS: '1',
      AUTH_ALGORITHM: 'HS256',
      AUTH_SECRET_KEY: signer.secret,
      AUTH_SECRET_KEY_FILE: '',
      AUTH_ISSUER: signer.issuer,
      AUTH_AUDIENCE: signer.audience,
      AUTH_JWKS: '',
      AUTH_POLICY_FILE: '',
      AUTH_SECRET_KEY_PREVIOUS: '',
      AUTH_SECRET_KEY_PREVIOUS_FILE: '',
      AUTH_REDIS_URL: 'redis://127.0.0.1',
      AUTH_REDIS_URL_FILE: '',
    },
    checkSettings,
  );
  const logger = createAppLogger(settings);
  exitOnCrash(logger);
  for (const warning of warnings) logger.warn({}, warning);
  const clock = systemClock;
  const marginSec = settings.REVOCATION_TTL_MARGIN_SEC;
  const revocations = new MemoryRevocations(clock);
  const tokens = await sampleTokens(signer);
  const revoke = (id: string, ttlSec: number): void =>
    revocations.revoke({ scope: 'jti', id }, ttlSec + marginSec);
  revoke(tokens.revokedJti, SAMPLE_TTL_SEC);
  const show = async (ports: Ports): Promise<void> => {
    const outcome = await askCheck(`127.0.0.1:${ports.grpc}`, '/hello', tokens.valid);
    process.stdout.write(banner(ports, tokens, outcome));
  };
  const showOrTell = (ports: Ports): void => {
    show(ports).catch((error: Error) => {
      process.stderr.write(`sluice: it serves, but a Check of its own failed: ${error.message}\n`);
    });
  };
  try {
    await serveAlone(
      settings,
      { denylist: memoryDenylist(revocations), clock, logger, env: {}, reflection: true },
      {
        routes: { [REVOKE_PATH]: revokeRoute(revoke) },
        onListening: showOrTell,
      },
    );
  } finally {
    logger.close();
  }
}

/** A key that everyone is given tokens of must never guard anything. */
function refuseInProduction(env: NodeJS.ProcessEnv): void {
  const sign =
    env.NODE_ENV === 'production'
      ? 'NODE_ENV is production'
      : env.KUBERNETES_SERVICE_HOST
        ? 'this is a Kubernetes pod (KUBERNETES_SERVICE_HOST is set)'
        : undefined;
  if (sign === undefined) return;
  throw new Error(`dev mode signs tokens for everyone and does not run here: ${sign}; use "serve"`);
}

function memoryDenylist(store: MemoryRevocations): Denylist {
  return {
    store,
    instruments: [],
    askedBy: () => undefined,
    component: () => ({ name: 'denylist', state: 'ok', detail: 'in memory' }),
    start: () => undefined,
    stop: async () => store.close(),
  };
}
