import { describe, expect, it } from 'vitest';
import { PATIENT_SETTINGS, patient, quickToNotice } from '../support/envoy-edits.ts';
import { Fleet } from '../support/fleet.ts';
import { Load } from '../support/load.ts';
import type { Sluice } from '../support/sluice.ts';
import { bearer, token } from '../support/stack.ts';
import { missing } from '../support/tools.ts';
import { until } from '../support/until.ts';

/** Requests a second. */
const RATE = 250;
/** That each has to be asked before it counts as serving. */
const CHECKS = 200;
const PATIENCE_MS = 30_000;
const POOL = 4;
const ALLOWED = 'ext_authz_requests_total{result="allow",reason="success"}';
const SETTINGS = {
  ...PATIENT_SETTINGS,
  REDIS_POOL_SIZE: String(POOL),
  DRAIN_DELAY_MS: '60000', // the test ends it, once Envoy has noticed
};

describe.skipIf(missing('envoy', 'valkey'))('replicas come and go', () => {
  it('2, 3, 2, then another Envoy, without a check lost and without a retry', async () => {
    const edits = [patient, ...quickToNotice];
    await using fleet = await Fleet.start({ size: 2, settings: SETTINGS, edits });
    await using load = new Load(fleet.envoy.url(), { headers: bearer(token()), rate: RATE });
    await allServe(fleet);

    await fleet.tell([...fleet.members, ...(await fleet.startSluices(1))]);
    await fleet.untilSeen();
    await allServe(fleet);
    expect(await fleet.redisConnections()).toBeLessThanOrEqual(3 * POOL);

    const [leaving, ...staying] = fleet.members as [Sluice, ...Sluice[]];
    leaving.signal('SIGTERM');
    const connections = () => fleet.envoy.connectionsTo('sluice', leaving.grpcPort);
    await until(async () => (await connections()) === 0, PATIENCE_MS);
    await fleet.tell(staying);
    await fleet.untilSeen();
    leaving.signal('SIGTERM');
    expect(await leaving.exitCode).toBe(0);
    await allServe(fleet);
    expect(await fleet.redisConnections()).toBeLessThanOrEqual(2 * POOL);

    await fleet.hotRestart();
    await allServe(fleet);
    const outcomes = await load.stop();
    expect(outcomes).toEqual({ 200: load.sent });
  });
});

/** Until every member has been asked so many more times. */
async function allServe({ members }: Fleet): Promise<void> {
  const asked = (sluice: Sluice) => async () => (await sluice.metric(ALLOWED)) ?? 0;
  await Promise.all(
    members.map(asked).map(async (count) => {
      const before = await count();
      await until(async () => (await count()) >= before + CHECKS, PATIENCE_MS);
    }),
  );
}
