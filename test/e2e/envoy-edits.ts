import { type Edit, envoyConfig } from '../../scripts/lib/envoy-config.ts';
import { type Envoy, startEnvoy } from '../support/envoy.ts';
import { NO_LATENCY_LIMIT } from '../support/sluice.ts';

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
export const PATIENT_SETTINGS = {
  CHECK_BUDGET_MS: '10000',
  ...NO_LATENCY_LIMIT,
  MAX_QUEUE_MS: '10000',
  REDIS_POOL_TIMEOUT_MS: '10000',
  REDIS_READ_TIMEOUT_MS: '10000',
} as const;

/** Envoy answers itself what is allowed: nothing is lost on the way to an upstream. */
const withoutUpstream = swap('route: { cluster: upstream }', 'direct_response: { status: 200 }');
const NO_PORT = 1;

/** Of an Envoy that loses what Sluice loses, and nothing else. */
export const strictConfig = (sluice: number, ...edits: readonly Edit[]): string => {
  const ports = { ingress: 0, sluice, upstream: NO_PORT, upstreamGrpc: NO_PORT };
  return envoyConfig(ports, all(patient, withoutUpstream, ...edits));
};

/** With two workers. */
export const startStrictEnvoy = (sluice: number, ...edits: readonly Edit[]): Promise<Envoy> =>
  startEnvoy(strictConfig(sluice, ...edits), { concurrency: 2 });
