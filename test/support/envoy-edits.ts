import { type Edit, envoyConfig } from '../../scripts/lib/envoy-config.ts';
import { type DiscoveryFile, NODE } from './discovery-file.ts';
import { type Envoy, startEnvoy } from './envoy.ts';
import { patience } from './sluice.ts';

export type { Edit };

/** One edit after the other. */
export const all =
  (...edits: readonly Edit[]): Edit =>
  (yaml) =>
    edits.reduce((text, edit) => edit(text), yaml);

/** Puts text in the place of other text, which has to be there, and once. */
export const swap =
  (before: string, after: string): Edit =>
  (yaml) => {
    const parts = yaml.split(before);
    if (parts.length !== 2) throw new Error(`${before} is there ${parts.length - 1} times`);
    return parts.join(after);
  };

const endpoint = (port: number) =>
  `- endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } }`;

/** Another Sluice in the cluster of the one on `port`. */
export const alsoAt = (port: number, other: number): Edit =>
  swap(endpoint(port), `${endpoint(port)}\n              ${endpoint(other)}`);

/** A check that its connection refuses is lost. */
export const withoutRetries = swap(
  'retry_policy: { num_retries: 1, retry_on: refused-stream }',
  '# nothing is asked twice',
);

/** A check that is late is not one that is lost: on a busy machine nothing may run out of time. */
export const patient = swap('timeout: 0.2s', 'timeout: 20s');

/** The same of Sluice. */
export const PATIENT_SETTINGS = patience(10_000);

/** One that drains is noticed within a moment, and not within three seconds. */
export const quickToNotice: readonly Edit[] = [
  swap('timeout: 1s\n          interval: 1s', 'timeout: 20s\n          interval: 0.1s'),
  swap('no_traffic_interval: 1s', 'no_traffic_interval: 0.1s'),
  swap('unhealthy_threshold: 2', 'unhealthy_threshold: 1'),
  // By default Envoy's workers are told of changes once a second.
  swap('common_lb_config: {', 'common_lb_config: { update_merge_window: 0s,'),
];

/** Of the cluster of the Sluice on `port`: its endpoints are what a DiscoveryFile holds. */
export const discovered = (port: number, { source }: DiscoveryFile): readonly Edit[] => [
  swap('static_resources:', `${NODE}static_resources:`),
  swap(
    'name: sluice\n      type: STRICT_DNS',
    `name: sluice\n      type: EDS\n      eds_cluster_config: { eds_config: ${source} }`,
  ),
  swap(`      load_assignment:\n${assignment('        ', [port])}`, ''),
];

/** What such a file holds. */
export const loadAssignment = (ports: readonly number[]): string =>
  `  - "@type": type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment\n${assignment('    ', ports)}`;

const assignment = (indent: string, ports: readonly number[]): string =>
  [
    'cluster_name: sluice',
    'endpoints:',
    '  - lb_endpoints:',
    ...ports.map((port) => `      ${endpoint(port)}`),
  ]
    .map((line) => `${indent}${line}\n`)
    .join('');

/** On another port than any free one. */
export const listeningAt = (port: number): Edit =>
  swap(
    'address: { socket_address: { address: 127.0.0.1, port_value: 0 } }',
    `address: { socket_address: { address: 127.0.0.1, port_value: ${port} } }`,
  );

/** Envoy answers itself what is allowed: nothing is lost on the way to an upstream. */
const withoutUpstream = swap('route: { cluster: upstream }', 'direct_response: { status: 200 }');
const NO_PORT = 1;

/** deploy/envoy/envoy.yaml, but that Envoy itself answers what is allowed. */
export const answeringConfig = (sluice: number, ...edits: readonly Edit[]): string => {
  const ports = { ingress: 0, sluice, upstream: NO_PORT, upstreamGrpc: NO_PORT };
  const all = [withoutUpstream, ...edits];
  return envoyConfig(ports, (yaml) => all.reduce((text, edit) => edit(text), yaml));
};

/** Of an Envoy that loses what Sluice loses, and nothing else. */
export const strictConfig = (sluice: number, ...edits: readonly Edit[]): string =>
  answeringConfig(sluice, patient, ...edits);

/** With two workers. */
export const startStrictEnvoy = (sluice: number, ...edits: readonly Edit[]): Promise<Envoy> =>
  startEnvoy(strictConfig(sluice, ...edits), { concurrency: 2 });
