import { ownExtensions, readOverrides } from '../../../src/policy/extensions.ts';
import { type Manifest, ofKind, titleOf } from './manifest.ts';

/** What in front of Sluice has to agree with it, and with one another. */
export interface Examples {
  /** As parsed. */
  readonly envoy: unknown;
  readonly meshConfig: unknown;
  readonly istio: readonly Manifest[];
  readonly gateway: readonly Manifest[];
}

interface Provider {
  readonly name: string;
  readonly envoyExtAuthzGrpc: { readonly service: string; readonly port: number };
}

interface Backend {
  readonly name: string;
  readonly namespace: string;
  readonly port: number;
}

/** Where they lead nowhere, say what Sluice does not know, or let other headers pass; a line each. */
export function exampleFaults(
  examples: Examples,
  services: readonly Manifest[],
): readonly string[] {
  const { envoy, meshConfig, istio, gateway } = examples;
  const hosts = new Map(services.flatMap(addressesOf));
  const places = { 'envoy/envoy.yaml': envoy, istio, 'envoy-gateway': gateway };
  const removed = Object.entries(places).map(
    ([place, tree]) => [place, removedHeaders(tree).sort().join(', ')] as const,
  );
  const [, wanted] = removed[0] as readonly [string, string];
  return [
    ...istioFaults(meshConfig, istio, hosts),
    ...gatewayFaults(gateway, hosts),
    ...removed
      .filter(([, names]) => names !== wanted)
      .map(([place, names]) => `${place} removes ${names || 'nothing'}; the others ${wanted}`),
    ...Object.entries(places).flatMap(([place, tree]) =>
      extensionsIn(tree).flatMap((extensions) => extensionFaults(place, extensions)),
    ),
  ];
}

type Hosts = ReadonlyMap<string, readonly number[]>;

function addressesOf({ kind, metadata, spec }: Manifest): [string, readonly number[]][] {
  if (kind !== 'Service') return [];
  const { ports } = spec as { readonly ports: readonly { readonly port: number }[] };
  const { name, namespace } = metadata as { readonly name: string; readonly namespace?: string };
  return [[`${name}.${namespace}.svc.cluster.local`, ports.map(({ port }) => port)]];
}

function addressFaults(who: string, host: string, port: number, hosts: Hosts): readonly string[] {
  const ports = hosts.get(host);
  if (ports === undefined) return [`${who}: there is no ${host}; ${[...hosts.keys()].join(', ')}`];
  return ports.includes(port) ? [] : [`${who}: ${host} has no port ${port}; ${ports.join(', ')}`];
}

function istioFaults(meshConfig: unknown, all: readonly Manifest[], hosts: Hosts) {
  const providers = valuesOf(meshConfig, 'extensionProviders').flat() as readonly Provider[];
  const names = providers.map(({ name }) => name);
  const services = providers.map(({ envoyExtAuthzGrpc: { service } }) => service);
  return [
    ...providers.flatMap(({ name, envoyExtAuthzGrpc: { service, port } }) =>
      addressFaults(`provider ${name}`, service, port, hosts),
    ),
    ...ofKind(all, 'AuthorizationPolicy').flatMap((policy) => {
      const { provider } = policy.spec as { readonly provider?: { readonly name: string } };
      if (provider === undefined || names.includes(provider.name)) return [];
      return [`${titleOf(policy)}: there is no provider ${provider.name}; ${names.join(', ')}`];
    }),
    ...ofKind(all, 'DestinationRule').flatMap((rule) => {
      const { host } = rule.spec as { readonly host: string };
      if (services.includes(host)) return [];
      return [`${titleOf(rule)}: host is ${host}, and that of the provider ${services.join(', ')}`];
    }),
  ];
}

function gatewayFaults(all: readonly Manifest[], hosts: Hosts): readonly string[] {
  return ofKind(all, 'SecurityPolicy').flatMap((policy) => {
    const title = titleOf(policy);
    const backends = valuesOf(policy.spec, 'backendRefs').flat() as readonly Backend[];
    return backends.flatMap(({ name, namespace, port }) => {
      const granted = ofKind(all, 'ReferenceGrant').some(({ metadata, spec }) => {
        const { to } = spec as { readonly to: readonly { readonly name?: string }[] };
        const isThere = (metadata as { namespace?: string }).namespace === namespace;
        return isThere && to.some((one) => one.name === undefined || one.name === name);
      });
      return [
        ...addressFaults(title, `${name}.${namespace}.svc.cluster.local`, port, hosts),
        ...(granted ? [] : [`${title}: no ReferenceGrant lets it refer to ${namespace}/${name}`]),
      ];
    });
  });
}

/** Of requests, before anything else. */
function removedHeaders(tree: unknown): string[] {
  const mutations = valuesOf(tree, 'request_mutations').flat() as { readonly remove?: string }[];
  const early = valuesOf(tree, 'earlyRequestHeaders') as { readonly remove?: readonly string[] }[];
  return [
    ...mutations.flatMap(({ remove }) => remove ?? []),
    ...early.flatMap(({ remove }) => remove ?? []),
  ];
}

type Extensions = readonly (readonly [name: string, value: string])[];

function extensionsIn(tree: unknown): readonly Extensions[] {
  const maps = valuesOf(tree, 'context_extensions') as readonly Record<string, string>[];
  const lists = valuesOf(tree, 'contextExtensions') as { name: string; value: string }[][];
  return [
    ...maps.map((map) => Object.entries(map)),
    ...lists.map((list) => list.map(({ name, value }) => [name, value] as const)),
  ];
}

/** By the service's own parser. */
function extensionFaults(place: string, extensions: Extensions): string[] {
  const own = ownExtensions(extensions);
  if (own === undefined) return [];
  const read = 'reason' in own ? own : readOverrides(own);
  if (!('reason' in read)) return [];
  const text = JSON.stringify(Object.fromEntries(extensions));
  return [`${place}: context extensions ${text}: ${read.detail}; docs/policy.md has them all`];
}

/** Whatever stands under that name, at any depth. */
function valuesOf(tree: unknown, name: string): readonly unknown[] {
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap(([key, value]) =>
    key === name ? [value] : valuesOf(value, name),
  );
}
