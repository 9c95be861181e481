import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { envoyConfig } from '../../scripts/lib/envoy-config.ts';
import { startUpstream } from '../../scripts/lib/upstream.ts';
import { startEnvoy } from '../../test/support/envoy.ts';
import { type Prometheus, startPrometheus } from '../../test/support/prometheus.ts';
import { AUDIENCE, ISSUER, SECRET } from '../../test/support/tokens.ts';
import { until } from '../../test/support/until.ts';
import type { Environment, Subject } from '../lib/subject.ts';

export type TokenPlace = 'header' | 'cookie';

/** Of the load's own file, ext_authz.py. */
const COOKIE = 's_access';
const SCRAPE_EVERY = '1s';
const TARGETS_MS = 30_000;

/** Locust's side of it all: Envoy before Sluice and an upstream, and a Prometheus that looks on. */
export interface LocustRig extends AsyncDisposable {
  /** Where Envoy takes requests. */
  readonly url: string;
  readonly prometheus: Prometheus;
  readonly sluice: Subject;
  /** By role, but for Locust and Redis. */
  pids(): Readonly<Record<string, readonly number[]>>;
}

/** `startService`: starts Sluice with the settings that let it find the token, on top of its own. */
export async function locustRig(
  place: TokenPlace,
  startService: (settings: Environment) => Promise<Subject>,
): Promise<LocustRig> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'sluice-locust-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const sluice = stack.use(await startService(await settingsFor(place, folder)));
  const upstream = stack.use(await startUpstream());
  const ports = {
    ingress: 0,
    sluice: Number(sluice.address.split(':').at(-1)),
    upstream: upstream.httpPort,
    upstreamGrpc: upstream.grpcPort,
  };
  const envoy = stack.use(await startEnvoy(envoyConfig(ports)));
  const prometheus = stack.use(
    await startPrometheus(prometheusConfig(sluice.adminUrl as string, envoy.adminUrl)),
  );
  // It looks for its targets in its own time; what was counted before then is lost to it.
  await until(async () => (await prometheus.query('up == 1')).length === 2, TARGETS_MS);
  const pids = () => ({
    sluice: sluice.pids(),
    envoy: [envoy.pid],
    upstream: [process.pid],
    prometheus: [prometheus.pid],
  });
  const owned = stack.move();
  return {
    ...{ url: envoy.url(), prometheus, sluice, pids },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A cookie is a place that only a policy file can name. */
async function settingsFor(place: TokenPlace, folder: string): Promise<Environment> {
  if (place === 'header') return {};
  const issuer = {
    ...{ issuer: ISSUER, keys: { secret_env: 'LOCUST_SECRET' } },
    ...{ algorithms: ['HS256'], audiences: [AUDIENCE] },
  };
  const file = join(folder, 'policy.yaml');
  await writeFile(
    file,
    JSON.stringify({ version: 1, issuers: [issuer], tokens: [{ cookie: COOKIE }] }),
  );
  return {
    ...{ AUTH_POLICY_FILE: file, LOCUST_SECRET: SECRET },
    ...{ AUTH_ALGORITHM: '', AUTH_SECRET_KEY: '', AUTH_ISSUER: '', AUTH_AUDIENCE: '' },
  };
}

/** Of Envoy, its histogram of how long requests took. */
function prometheusConfig(sluiceAdmin: string, envoyAdmin: string): object {
  const job = (name: string, url: string, more: object = {}) => ({
    ...{ job_name: name, static_configs: [{ targets: [new URL(url).host] }] },
    ...more,
  });
  return {
    global: { scrape_interval: SCRAPE_EVERY, scrape_timeout: SCRAPE_EVERY },
    scrape_configs: [
      job('ext-authz', sluiceAdmin),
      job('envoy', envoyAdmin, {
        metrics_path: '/stats/prometheus',
        params: { filter: ['^http\\.ingress\\.downstream_rq_time$'] },
      }),
    ],
  };
}
