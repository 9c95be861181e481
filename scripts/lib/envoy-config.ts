import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = join(import.meta.dirname, '../../deploy/envoy/envoy.yaml');

/** The ports that deploy/envoy/envoy.yaml names. */
export const DEFAULT_PORTS = {
  ingress: 8000,
  sluice: 50051,
  upstream: 8001,
  upstreamGrpc: 8002,
} as const;

export type EnvoyPorts = Readonly<Record<keyof typeof DEFAULT_PORTS, number>>;

/** deploy/envoy/envoy.yaml with other ports, and with more in its ext_authz filter or cluster. */
export function envoyConfig(ports: EnvoyPorts, edit = (yaml: string) => yaml): string {
  const yaml = readFileSync(FILE, 'utf8');
  const moved = Object.entries(DEFAULT_PORTS).reduce((text, [name, port]) => {
    const place = `port_value: ${port} }`;
    if (text.split(place).length !== 2) throw new Error(`${FILE} does not name ${place} once`);
    return text.replace(place, `port_value: ${ports[name as keyof EnvoyPorts]} }`);
  }, yaml);
  return edit(moved);
}
