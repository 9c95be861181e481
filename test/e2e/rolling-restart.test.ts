import { describe, expect, it } from 'vitest';
import { Load } from '../support/load.ts';
import { startSluice } from '../support/sluice.ts';
import { bearer, token } from '../support/stack.ts';
import { missing } from '../support/tools.ts';
import { startValkey } from '../support/valkey.ts';
import { Replicas, type StartReplica } from './replicas.ts';

const RESTARTS = 10;
/** Requests a second. */
const RATE = 250;

describe.skipIf(missing('envoy', 'valkey'))('one replica after the other is restarted', () => {
  it(`loses no check in ${RESTARTS} restarts, without a retry`, async () => {
    await using valkey = await startValkey();
    const start: StartReplica = (settings) =>
      startSluice({ ...settings, AUTH_REDIS_URL: valkey.url });
    await using replicas = await Replicas.start(start);
    await using load = new Load(replicas.envoy.url(), { headers: bearer(token()), rate: RATE });
    for (let restart = 0; restart < RESTARTS; restart++) {
      expect(await replicas.replaceOldest(start)).toBe(0);
    }
    const outcomes = await load.stop();
    expect(outcomes).toEqual({ 200: load.sent });
  }, 120_000);
});
