import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeployCheck } from '../../../scripts/lib/deploy/deploy-check.ts';
import { type DeployTools, deployTools } from '../../../scripts/lib/deploy/tools.ts';
import { run } from '../../../scripts/lib/run.ts';
import { missingGo } from '../../support/go.ts';

const ROOT = join(import.meta.dirname, '../../..');
const SCRIPT = join(ROOT, 'scripts/check-deploy.ts');
const RUN_MS = 60_000;
const INSTALL_MS = 600_000;
let scratch = '';
let tools: DeployTools;

/** A copy of deploy/ in which a text is another. */
async function changed(file: string, from: string, to: string): Promise<string> {
  const folder = join(await mkdtemp(join(scratch, 'copy-')), 'deploy');
  await cp(join(ROOT, 'deploy'), folder, { recursive: true });
  const path = join(folder, file);
  const text = await readFile(path, 'utf8');
  expect(text.split(from), from).toHaveLength(2);
  await writeFile(path, text.replace(from, to));
  return folder;
}

/** What a checker said of a file is what it says of every one with the same content. */
function remembering(checker: (file: string, ...rest: string[]) => Promise<readonly string[]>) {
  const said = new Map<string, Promise<readonly string[]>>();
  return async (file: string, ...rest: string[]) => {
    const key = [await readFile(file, 'utf8'), ...rest].join('\0');
    const lines = said.get(key) ?? checker(file, ...rest);
    said.set(key, lines);
    return lines;
  };
}

const DEPLOYMENT = 'kubernetes/base/deployment.yaml';

describe.skipIf(missingGo())('the check of deploy/', { timeout: RUN_MS }, () => {
  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'sluice-check-deploy-'));
    const { validate, validateEnvoy, lintDockerfile, ...rest } = await deployTools(() => {});
    tools = {
      ...rest,
      validate: remembering(validate),
      validateEnvoy: remembering(validateEnvoy),
      lintDockerfile: remembering(lintDockerfile),
    };
  }, INSTALL_MS);
  afterAll(() => rm(scratch, { recursive: true, force: true }));

  it('finds nothing in what is there, and says what it looked at', async () => {
    const printed = await run(process.execPath, [SCRIPT], RUN_MS);
    expect(printed).toContain('deploy: 0 faults, by the schemas of Kubernetes 1.30.0 and 1.37.0');
    for (const name of [
      'base',
      ...['canary', 'dev', 'prod', 'shadow'].map((name) => `overlays/${name}`),
    ]) {
      expect(printed).toMatch(new RegExp(`^${name}: \\d+ objects`, 'm'));
    }
    for (const line of [
      'argocd/application.yaml: Application prod-api-ext-authz',
      'envoy/envoy.yaml: as it is, and with each of ',
      'istio/ext-authz.yaml: AuthorizationPolicy ext-authz, DestinationRule ext-authz, EnvoyFilter',
      'istio/istiod-values.yaml: meshConfig',
      'envoy-gateway/ext-authz.yaml: SecurityPolicy ext-authz, ClientTrafficPolicy ext-authz',
    ]) {
      expect(printed).toContain(line);
    }
  });

  it('fails with a line for each fault', async () => {
    const folder = await changed('docker/Dockerfile', 'WORKDIR /app', 'WORKDIR app');
    const checked = run(process.execPath, [SCRIPT, '--folder', folder], RUN_MS);
    await expect(checked).rejects.toThrow(/^docker\/Dockerfile: .*DL3000/m);
  });

  it.each([
    [
      'kubernetes/secret.example.yaml',
      '  secret-key:',
      '  secret-kee:',
      'Secret ext-authz has no key secret-key; it has redis-url, secret-kee',
    ],
    [
      'kubernetes/overlays/dev/kustomization.yaml',
      'LOG_LEVEL',
      'LOG_LEVL',
      'overlays/dev: Deployment ext-authz: env LOG_LEVL is no setting, perhaps LOG_LEVEL is meant',
    ],
    [
      DEPLOYMENT,
      'cpu: 100m, memory: 128Mi',
      'cpu: 100m, memory: 256Mi',
      'memory of 256Mi is requested, above its limit of 192Mi',
    ],
    [
      DEPLOYMENT,
      'progressDeadlineSeconds: 120',
      'progressDeadlineSeconds: soon',
      "spec.progressDeadlineSeconds: 'soon' is not of type",
    ],
    [
      DEPLOYMENT,
      'revisionHistoryLimit',
      'revisionHistryLimit',
      "('revisionHistryLimit' was unexpected)",
    ],
    [
      'kubernetes/base/pdb.yaml',
      'kind: PodDisruptionBudget',
      'kind: PodDisruptionBuget',
      "Couldn't find schema for kind PodDisruptionBuget",
    ],
    [
      'kubernetes/overlays/prod/kustomization.yaml',
      'ENVIRONMENT=prod',
      'SHADOW_MODE=true',
      'SHADOW_MODE is true with ENVIRONMENT at production: every request would pass',
    ],
    [
      'kubernetes/overlays/shadow/kustomization.yaml',
      'labels:\n  - pairs: { app.kubernetes.io/name: ext-authz-shadow }',
      'labels:\n  - pairs: { app.kubernetes.io/name: ext-authz }',
      'Service ext-authz: finds pods of Deployment ext-authz-shadow too, which is in SHADOW_MODE',
    ],
    ['kubernetes/overlays/prod/kustomization.yaml', '../../base', '../../bas', 'overlays/prod: '],
    [
      'argocd/application.yaml',
      'overlays/prod',
      'overlays/prd',
      'overlays/prd holds no kustomization.yaml',
    ],
    [
      'kubernetes/base/service-monitor.yaml',
      'endpoints:',
      'endpoint:',
      'ServiceMonitor ext-authz: spec.endpoint is no field, perhaps endpoints is meant',
    ],
    [
      'argocd/application.yaml',
      'prune: true',
      'prune: yes please',
      'automated.prune is "yes please"',
    ],
    ['envoy/envoy.yaml', 'max_ejection_percent', 'max_ejection_percents', 'max_ejection_percents'],
    [
      'envoy/envoy.yaml',
      '#+ clear_route_cache',
      '#+ clear_route_caches',
      'with clear_route_caches: ',
    ],
    [
      'envoy/envoy.yaml',
      'sluice.outage_policy: deny',
      'sluice.outage_policy: pass',
      'bad_extension_value',
    ],
    [
      'istio/istiod-values.yaml',
      'statusOnError',
      'statusOnErrors',
      'meshConfig.extensionProviders.0.envoyExtAuthzGrpc.statusOnErrors is no field',
    ],
    ['istio/istiod-values.yaml', 'port: 50051', 'port: 50052', 'has no port 50052; 50051, 9090'],
    [
      'istio/ext-authz.yaml',
      'action: CUSTOM',
      'action: CUSTOMISED',
      'spec.action is "CUSTOMISED"; one of',
    ],
    [
      'envoy-gateway/ext-authz.yaml',
      'x-user-id, ',
      '',
      'envoy-gateway removes x-auth-provider, x-envoy-auth-failure-mode-allowed; the others',
    ],
    ['docker/Dockerfile', 'WORKDIR /app', 'WORKDIR app', 'DL3000'],
  ])('in %s with %s as %s: %s', async (file, from, to, fault) => {
    const check = new DeployCheck(await changed(file, from, to), tools, scratch, () => {});
    await check.all();
    expect(check.faults.join('\n')).toContain(fault);
  });
});
