import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  PATIENT_SETTINGS,
  startStrictEnvoy,
  swap,
  withoutRetries,
} from '../support/envoy-edits.ts';
import { Load } from '../support/load.ts';
import { startSluice } from '../support/sluice.ts';
import { bearer, token } from '../support/stack.ts';
import { missing } from '../support/tools.ts';
import { transport } from '../support/transport.ts';
import { until } from '../support/until.ts';
import { startValkey } from '../support/valkey.ts';

const AGE_MS = 1_000;
const LOAD_MS = 10_000;
/** Requests a second. */
const RATE = 500;
const TOTAL = 'cluster.sluice.upstream_cx_total';
const ASKED_TO_GO = 'cluster.sluice.upstream_cx_close_notify';

/** grpc-js refuses what is on its way when it asks a connection to go, and may refuse it again. */
const EDIT = transport === 'http2' ? withoutRetries : swap('num_retries: 1', 'num_retries: 10');

describe.skipIf(missing('envoy', 'valkey'))('connections that are too old after a second', () => {
  it(`are renewed over and over, and no check is lost (${transport})`, async () => {
    await using valkey = await startValkey();
    const settings = {
      ...PATIENT_SETTINGS,
      AUTH_REDIS_URL: valkey.url,
      GRPC_MAX_CONNECTION_AGE_MS: `${AGE_MS}`,
    };
    await using sluice = await startSluice(settings);
    await until(async () => (await sluice.ready()).status === 200);
    await using envoy = await startStrictEnvoy(sluice.grpcPort, EDIT);
    await using load = new Load(envoy.url(), { headers: bearer(token()), rate: RATE });
    await sleep(LOAD_MS);
    const outcomes = await load.stop();
    const stats = await envoy.stats('cluster.sluice.upstream_cx_.*');
    expect(outcomes).toEqual({ 200: load.sent });
    expect(stats[ASKED_TO_GO]).toBeGreaterThan(5);
    expect(stats[TOTAL]).toBeGreaterThan(5);
  });
});
