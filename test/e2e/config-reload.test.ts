import { describe, expect, it } from 'vitest';
import { DiscoveryFile, NODE } from '../support/discovery-file.ts';
import { startEnvoy } from '../support/envoy.ts';
import { PATIENT_SETTINGS, strictConfig, swap, withoutRetries } from '../support/envoy-edits.ts';
import { Load } from '../support/load.ts';
import { type Sluice, startSluice } from '../support/sluice.ts';
import { bearer, token } from '../support/stack.ts';
import { missing } from '../support/tools.ts';
import { until } from '../support/until.ts';
import { startValkey } from '../support/valkey.ts';

const RELOADS = 10;
/** Requests a second. */
const RATE = 250;
/** Checks that a Sluice has to be asked after a reload has turned to it. */
const CHECKS = 100;
const PATIENCE_MS = 30_000;
const CLUSTERS = ['sluice', 'other'] as const;
const ALLOWED = 'ext_authz_requests_total{result="allow",reason="success"}';
const IN_PLACE = 'listener_manager.listener_in_place_updated';
// A connection of before a reload ends with its next answer, and not minutes later.
const ARGS = ['--drain-strategy', 'immediate'];

/*
 * The listener is what changes. A cluster that changes is replaced: Envoy resets the checks that are
 * on their way to the old one, whoever serves them.
 */
describe.skipIf(missing('envoy', 'valkey'))(
  'the listener changes, and asks another cluster',
  () => {
    it(`loses no check in ${RELOADS} reloads, without a retry`, async () => {
      await using valkey = await startValkey();
      const settings = { ...PATIENT_SETTINGS, AUTH_REDIS_URL: valkey.url };
      await using first = await startSluice(settings);
      await using second = await startSluice(settings);
      const replicas = [first, second] as const;
      for (const replica of replicas) {
        await until(async () => (await replica.ready()).status === 200);
      }
      const config = strictConfig(first.grpcPort, withoutRetries);
      const [head = '', listener = '', clusters = ''] = config.split(
        /^ {2}(?:listeners|clusters):$/m,
      );
      await using listeners = await DiscoveryFile.create(typed(listener));
      const twin = otherCluster(clusters, first, second);
      const discovery = `${NODE}dynamic_resources: { lds_config: ${listeners.source} }\n`;
      const bootstrap = `${discovery}${head}  clusters:\n${twin}${clusters}`;
      await using envoy = await startEnvoy(bootstrap, { concurrency: 2, args: ARGS });
      await using load = new Load(envoy.url('ingress'), { headers: bearer(token()), rate: RATE });
      for (let reload = 1; reload <= RELOADS; reload++) {
        const turn = reload % 2 === 0 ? 0 : 1;
        const asked = async () => (await replicas[turn].metric(ALLOWED)) ?? 0;
        const before = await asked();
        const turned = swap('cluster_name: sluice', `cluster_name: ${CLUSTERS[turn]}`);
        await listeners.write(typed(turned(listener)));
        await until(async () => (await asked()) >= before + CHECKS, PATIENCE_MS);
      }
      const outcomes = await load.stop();
      expect(outcomes).toEqual({ 200: load.sent });
      expect((await envoy.stats(IN_PLACE))[IN_PLACE]).toBe(RELOADS);
    });
  },
);

/** The second Sluice, in a cluster like that of the first. */
function otherCluster(clusters: string, first: Sluice, second: Sluice): string {
  const [, cluster = ''] = /^( {4}- name: sluice\n.*?)^ {4}- /ms.exec(clusters) ?? [];
  return [
    swap('name: sluice\n      type', 'name: other\n      type'),
    swap('cluster_name: sluice', 'cluster_name: other'),
    swap(`port_value: ${first.grpcPort} `, `port_value: ${second.grpcPort} `),
  ].reduce((text, edit) => edit(text), cluster);
}

/** A discovered listener names its type. */
const typed = swap(
  '    - name: ingress',
  '    - "@type": type.googleapis.com/envoy.config.listener.v3.Listener\n      name: ingress',
);
