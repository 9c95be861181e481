import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alsoAt, PATIENT_SETTINGS, startStrictEnvoy, swap } from '../support/envoy-edits.ts';
import { http } from '../support/http.ts';
import { type Sluice, startSluice } from '../support/sluice.ts';
import { bearer, token } from '../support/stack.ts';
import { missing } from '../support/tools.ts';
import { until } from '../support/until.ts';
import { startValkey, type Valkey } from '../support/valkey.ts';

/* outlier_detection of deploy/envoy/envoy.yaml alone: health checks come too late to help it. */

const late = swap(
  'interval: 1s\n          no_traffic_interval: 1s',
  'interval: 60s\n          no_traffic_interval: 60s',
);
/** A check that hangs is given up soon; all others are in time on any machine. */
const hasty = swap('timeout: 20s #', 'timeout: 1s #');
const forLong = swap('base_ejection_time: 5s', 'base_ejection_time: 60s');
const EJECTED = 'cluster.sluice.outlier_detection.ejections_active';
const DENIED = 'http.ingress.ext_authz.denied';

describe.skipIf(missing('envoy', 'valkey'))('of two replicas', () => {
  const started = new AsyncDisposableStack();
  let valkey: Valkey;
  let replicas: readonly [Sluice, Sluice];
  const start = async (): Promise<Sluice> => {
    const settings = {
      ...PATIENT_SETTINGS,
      AUTH_REDIS_URL: valkey.url,
    };
    const sluice = started.use(await startSluice(settings));
    await until(async () => (await sluice.ready()).status === 200);
    return sluice;
  };
  beforeAll(async () => {
    valkey = started.use(await startValkey());
    replicas = [await start(), await start()];
  });
  afterAll(() => started.disposeAsync());

  const envoyOf = ([one, other]: readonly [Sluice, Sluice]) =>
    startStrictEnvoy(one.grpcPort, alsoAt(one.grpcPort, other.grpcPort), late, hasty, forLong);
  const ask = async (url: string) => (await http(url, { headers: bearer(token()) })).status;

  it('the one that hangs is left out after five timeouts', async () => {
    const [hanging] = replicas;
    await using envoy = await envoyOf(replicas);
    hanging.signal('SIGSTOP');
    try {
      const ejected = async () => (await envoy.stats(EJECTED))[EJECTED] === 1;
      await until(async () => {
        await Promise.all(Array.from({ length: 4 }, () => ask(envoy.url())));
        return ejected();
      });
      // Half of them would hang; Envoy's workers hear of it a moment later.
      const ten = () => Promise.all(Array.from({ length: 10 }, () => ask(envoy.url())));
      await until(async () => (await ten()).every((status) => status === 200));
    } finally {
      hanging.signal('SIGCONT');
    }
  });

  it('none is left out for what it answers', async () => {
    await using envoy = await envoyOf(replicas);
    expect(await ask(envoy.url())).toBe(200);
    await valkey.stop();
    await until(async () => {
      const all = await Promise.all(replicas.map((sluice) => sluice.ready()));
      return all.every(({ body }) => body.status === 'degraded');
    });
    for (let i = 0; i < 20; i++) expect(await ask(envoy.url())).toBe(503);
    const stats = await envoy.stats(`${EJECTED}|${DENIED}`);
    expect(stats).toEqual({ [EJECTED]: 0, [DENIED]: 20 });
  });
});
