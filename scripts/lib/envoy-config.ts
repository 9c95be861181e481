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

/** A change of the text of deploy/envoy/envoy.yaml. */
export type Edit = (yaml: string) => string;

/** deploy/envoy/envoy.yaml with other ports, and with more in its ext_authz filter or cluster. */
export function envoyConfig(ports: EnvoyPorts, edit: Edit = (yaml) => yaml): string {
  const yaml = readFileSync(FILE, 'utf8');
  const moved = Object.entries(DEFAULT_PORTS).reduce((text, [name, port]) => {
    const place = `port_value: ${port} }`;
    if (text.split(place).length !== 2) throw new Error(`${FILE} does not name ${place} once`);
    return text.replace(place, `port_value: ${ports[name as keyof EnvoyPorts]} }`);
  }, yaml);
  return edit(moved);
}

/** Lines on end that are marked as an option. */
const OPTION = /(?:^ *#\+ .*\n)+/gm;
/** What the first of them sets. */
const NAME = /^ *#\+ (?:- name: )?([\w.]+)/;

/** Names of the options in deploy/envoy/envoy.yaml, or in a text of it, in their order. */
export function optionNames(yaml = readFileSync(FILE, 'utf8')): readonly string[] {
  return (yaml.match(OPTION) ?? []).map((lines) => NAME.exec(lines)?.[1] ?? lines);
}

/** Takes an option, by its name. */
export function withOption(name: string): Edit {
  return (yaml) => {
    const count = optionNames(yaml).filter((option) => option === name).length;
    if (count !== 1) throw new Error(`${FILE} has ${count} options ${name}`);
    return yaml.replace(OPTION, (lines) =>
      NAME.exec(lines)?.[1] === name ? lines.replace(/^( *)#\+ /gm, '$1') : lines,
    );
  };
}
