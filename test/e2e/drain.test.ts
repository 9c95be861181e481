import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { envoyConfig } from '../../scripts/lib/envoy-config.ts';
import { startUpstream } from '../../scripts/lib/upstream.ts';
import { startEnvoy } from '../support/envoy.ts';
import { PATIENT_SETTINGS } from '../support/envoy-edits.ts';
import { http } from '../support/http.ts';
import { startSluice } from '../support/sluice.ts';
import { bearer, token } from '../support/stack.ts';
import { missing } from '../support/tools.ts';
import { until } from '../support/until.ts';
import { startValkey } from '../support/valkey.ts';

/** Requests a second. */
const RATE = 500;

describe.skipIf(missing('envoy', 'valkey'))('SIGTERM under 500 checks a second', () => {
  it('loses none of them while another replica takes over, and ends with 0', async () => {
    await using valkey = await startValkey();
    await using upstream = await startUpstream();
    // A check that is late is not one that is lost: on a busy machine nothing may run out of time.
    const settings = {
      ...PATIENT_SETTINGS,
      AUTH_REDIS_URL: valkey.url,
      DRAIN_DELAY_MS: '10000',
    };
    await using leaving = await startSluice(settings);
    await using staying = await startSluice(settings);
    for (const replica of [leaving, staying]) {
      await until(async () => (await replica.ready()).status === 200);
    }
    const ports = {
      ingress: 0,
      sluice: leaving.grpcPort,
      upstream: upstream.httpPort,
      upstreamGrpc: upstream.grpcPort,
    };
    const endpoint = (port: number) =>
      `- endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } }`;
    const both = (yaml: string) =>
      yaml
        .replace('timeout: 0.2s', 'timeout: 20s')
        .replace(
          endpoint(leaving.grpcPort),
          `${endpoint(leaving.grpcPort)}\n              ${endpoint(staying.grpcPort)}`,
        );
    await using envoy = await startEnvoy(envoyConfig(ports, both));

    const statuses: Promise<number>[] = [];
    const headers = bearer(token());
    const send = setInterval(() => {
      for (let i = 0; i < RATE / 50; i++) {
        statuses.push(http(envoy.url(), { headers }).then(({ status }) => status));
      }
    }, 20);
    await sleep(1_000);
    const servedBefore = (await leaving.metric(ALLOWED)) ?? 0;
    leaving.signal('SIGTERM');
    await until(async () => (await leaving.ready()).status === 503);
    expect(await leaving.exitCode).toBe(0);
    await sleep(500);
    clearInterval(send);

    expect(servedBefore).toBeGreaterThan(0);
    const counts = Map.groupBy(await Promise.all(statuses), (status) => status);
    expect([...counts.keys()]).toEqual([200]);
    expect(leaving.lines.map(({ message }) => message)).toContain('drained');
  });
});

const ALLOWED = 'ext_authz_requests_total{result="allow",reason="success"}';
