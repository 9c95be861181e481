import { type Container, type Deployment, type Manifest, named, type Volume } from './manifest.ts';

/** Where the value of a variable is from. */
export type EnvValue = { readonly text: string } | { readonly secret: string };

export interface Resolved {
  /** The environment that the container gets, as far as it can be known. */
  readonly env: ReadonlyMap<string, EnvValue>;
  /** Absolute paths of what is mounted from Secrets and ConfigMaps. */
  readonly files: ReadonlySet<string>;
  readonly faults: readonly string[];
}

type Kind = 'Secret' | 'ConfigMap';

/**
 * What a container gets from the objects it refers to. `all`: what is built, and what is said to be
 * in the cluster already. A reference that leads nowhere is a fault.
 */
export function resolve(
  container: Container,
  { spec }: Deployment,
  all: readonly Manifest[],
): Resolved {
  const faults: string[] = [];
  const env = new Map<string, EnvValue>();

  const contentsOf = (kind: Kind, name: string, asker: string) => {
    const { data, stringData } = named(all, kind, name) ?? {};
    const contents = data ?? stringData;
    if (contents === undefined) faults.push(`${asker}: there is no ${kind} ${name}`);
    return contents;
  };
  const take = (kind: Kind, variable: string, text: string) =>
    env.set(variable, kind === 'Secret' ? { secret: variable } : { text });
  const takeAll = (kind: Kind, name: string) => {
    for (const [key, text] of Object.entries(contentsOf(kind, name, 'envFrom') ?? {})) {
      take(kind, key, text);
    }
  };
  const takeKey = (kind: Kind, variable: string, name: string, key: string) => {
    const contents = contentsOf(kind, name, `env ${variable}`);
    const text = contents?.[key];
    if (text !== undefined) take(kind, variable, text);
    else if (contents) faults.push(`env ${variable}: ${lacks(kind, name, key, contents)}`);
  };

  for (const { configMapRef, secretRef } of container.envFrom ?? []) {
    if (configMapRef) takeAll('ConfigMap', configMapRef.name);
    if (secretRef) takeAll('Secret', secretRef.name);
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    const { secretKeyRef: secret, configMapKeyRef: map } = valueFrom ?? {};
    if (value !== undefined) env.set(name, { text: value });
    if (secret) takeKey('Secret', name, secret.name, secret.key);
    if (map) takeKey('ConfigMap', name, map.name, map.key);
  }

  const pathsIn = (volume: Volume): readonly string[] => {
    const { secret, configMap } = volume;
    const kind = secret ? 'Secret' : 'ConfigMap';
    const name = secret?.secretName ?? configMap?.name;
    if (name === undefined) return [];
    const contents = contentsOf(kind, name, `volume ${volume.name}`);
    if (contents === undefined) return [];
    const items = (secret ?? configMap)?.items;
    for (const { key } of items ?? []) {
      if (key in contents) continue;
      faults.push(`volume ${volume.name}: ${lacks(kind, name, key, contents)}`);
    }
    return items?.map(({ path }) => path) ?? Object.keys(contents);
  };
  const files = new Set<string>();
  for (const { name, mountPath } of container.volumeMounts ?? []) {
    const volume = spec.template.spec.volumes?.find((candidate) => candidate.name === name);
    if (volume === undefined) faults.push(`volumeMount ${name}: there is no volume of that name`);
    else for (const path of pathsIn(volume)) files.add(`${mountPath}/${path}`);
  }
  return { env, files, faults };
}

function lacks(kind: Kind, name: string, key: string, contents: object): string {
  return `${kind} ${name} has no key ${key}; it has ${Object.keys(contents).join(', ') || 'none'}`;
}
