import { type Manifest, titleOf } from './manifest.ts';

/** What has no schema among those of Kubernetes: the fields that its definition requires. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  'monitoring.coreos.com/v1 ServiceMonitor': ['selector', 'endpoints.0.port'],
  'argoproj.io/v1alpha1 Application': [
    'project',
    'source.repoURL',
    'source.path',
    'source.targetRevision',
    'destination.server',
    'destination.namespace',
  ],
};

const KINDS = new Set(Object.keys(REQUIRED).map((known) => known.split(' ')[1]));

/** Whether the kind is one that only its required fields are known of. */
export const isCustom = ({ kind }: Manifest): boolean => KINDS.has(kind);

/** For a custom kind: an apiVersion of another name, and fields of spec that are missing. */
export function customFaults(manifest: Manifest): readonly string[] {
  const { apiVersion, kind, spec } = manifest;
  const fields = REQUIRED[`${apiVersion} ${kind}`];
  if (fields === undefined) {
    const known = Object.keys(REQUIRED).find((candidate) => candidate.endsWith(` ${kind}`));
    return [`${titleOf(manifest)}: apiVersion is ${apiVersion}, and not ${known?.split(' ')[0]}`];
  }
  return fields
    .filter((path) => valueAt(spec, path) === undefined)
    .map((path) => `${titleOf(manifest)}: spec.${path} is missing`);
}

function valueAt(from: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], from);
}
