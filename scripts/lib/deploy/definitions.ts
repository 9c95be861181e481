import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureGoFiles } from '../go.ts';
import { CustomKinds, type Definition } from './custom-kinds.ts';
import { parseManifests } from './manifest.ts';
import { MeshConfig } from './mesh-config.ts';

/** What publishes the kinds that are none of Kubernetes; the newest that Go 1.26 takes. */
const ISTIO = 'istio.io/api@v1.32.0';
const SOURCES = {
  [ISTIO]: [
    'kubernetes/customresourcedefinitions.gen.yaml',
    '{mesh,networking,type}/**/*.proto',
    'common-protos/google/{api/field_behavior,protobuf/descriptor}.proto',
  ],
  // With those of Gateway API that it is made for.
  'github.com/envoyproxy/gateway@v1.9.1': [
    'charts/gateway-helm/charts/crds/crds/gatewayapi-crds.yaml',
    'charts/gateway-helm/charts/crds/crds/generated/*.yaml',
  ],
  'github.com/prometheus-operator/prometheus-operator@v0.94.1': [
    'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml',
  ],
  'github.com/argoproj/argo-cd/v3@v3.5.7': ['manifests/crds/application-crd.yaml'],
} as const;

export interface Definitions {
  readonly customKinds: CustomKinds;
  readonly meshConfig: MeshConfig;
}

/** Read from .tools, where they are put first if need be. Rejects with what is missing. */
export async function definitions(log: (line: string) => void): Promise<Definitions> {
  const folders = await Promise.all(
    Object.entries(SOURCES).map(([module, files]) => ensureGoFiles(module, files, log)),
  );
  const files = folders.flatMap((folder) =>
    globSync('**/*.yaml', { cwd: folder }).map((file) => join(folder, file)),
  );
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const objects = texts.flatMap(parseManifests) as readonly Definition[];
  return {
    customKinds: new CustomKinds(objects.filter(({ kind }) => kind === 'CustomResourceDefinition')),
    meshConfig: new MeshConfig(folders[0] as string),
  };
}
