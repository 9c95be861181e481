import { describe, expect, it } from 'vitest';
import {
  alsoAt,
  PATIENT_SETTINGS,
  quickToNotice,
  startStrictEnvoy,
  withoutRetries,
} from '../support/envoy-edits.ts';
import { freePort } from '../support/free-port.ts';
import { Load } from '../support/load.ts';
import { type Sluice, startSluice } from '../support/sluice.ts';
import { bearer, token } from '../support/stack.ts';
import { missing } from '../support/tools.ts';
import { until } from '../support/until.ts';
import { startValkey } from '../support/valkey.ts';

const RESTARTS = 10;
/** Requests a second. */
const RATE = 250;
/** For Envoy to notice. */
const PATIENCE_MS = 30_000;
const HEALTHY = 'cluster.sluice.membership_healthy';

describe.skipIf(missing('envoy', 'valkey'))('one replica after the other is restarted', () => {
  it(`loses no check in ${RESTARTS} restarts, without a retry`, async () => {
    await using valkey = await startValkey();
    await using started = new AsyncDisposableStack();
    const start = async (port: number): Promise<Sluice> => {
      const settings = {
        ...PATIENT_SETTINGS,
        AUTH_REDIS_URL: valkey.url,
        AUTH_GRPC_PORT: String(port),
        DRAIN_DELAY_MS: '60000', // the test ends it, once Envoy has noticed
      };
      const replica = started.use(await startSluice(settings));
      await until(async () => (await replica.ready()).status === 200);
      return replica;
    };
    let staying = await start(await freePort());
    let leaving = await start(await freePort());
    const cluster = alsoAt(staying.grpcPort, leaving.grpcPort);
    await using envoy = await startStrictEnvoy(
      staying.grpcPort,
      cluster,
      withoutRetries,
      ...quickToNotice,
    );
    const healthy = (count: number) =>
      until(async () => (await envoy.stats(HEALTHY))[HEALTHY] === count, PATIENCE_MS);
    await healthy(2);

    await using load = new Load(envoy.url(), { headers: bearer(token()), rate: RATE });
    for (let restart = 0; restart < RESTARTS; restart++) {
      leaving.signal('SIGTERM');
      await healthy(1);
      await until(
        async () => (await envoy.connectionsTo('sluice', leaving.grpcPort)) === 0,
        PATIENCE_MS,
      );
      leaving.signal('SIGTERM');
      expect(await leaving.exitCode).toBe(0);
      const fresh = await start(leaving.grpcPort);
      await healthy(2);
      await until(
        async () => (await envoy.connectionsTo('sluice', fresh.grpcPort)) > 0,
        PATIENCE_MS,
      );
      [leaving, staying] = [staying, fresh];
    }
    const outcomes = await load.stop();
    expect(outcomes).toEqual({ 200: load.sent });
  }, 120_000);
});
