import { globSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { manifestFaults } from './lib/deploy/check.ts';
import { customFaults, isCustom } from './lib/deploy/custom-kinds.ts';
import { type Manifest, parseManifests, titleOf } from './lib/deploy/manifest.ts';
import {
  type DeployTools,
  deployTools,
  KUBERNETES_VERSIONS,
  writeManifests,
} from './lib/deploy/tools.ts';

const USAGE = `Usage: node scripts/check-deploy.ts [--folder deploy]

Builds the kustomize base and every overlay, and holds what comes of it to the schemas of Kubernetes
${KUBERNETES_VERSIONS.join(' and ')} and to the service itself: names and values of settings, secrets, ports,
probes, resources. Asks no cluster. Exit code 1 and a line for each fault.
`;

/** What is in the cluster beside an overlay. */
const BESIDE: Readonly<Record<string, string>> = {
  'overlays/canary': 'overlays/prod',
  'overlays/shadow': 'overlays/prod',
};

const say = (line: string) => process.stdout.write(`${line}\n`);

class Check {
  readonly #folder: string;
  readonly #tools: DeployTools;
  readonly #scratch: string;
  /** A line each. */
  readonly faults: string[] = [];

  constructor(folder: string, tools: DeployTools, scratch: string) {
    this.#folder = folder;
    this.#tools = tools;
    this.#scratch = scratch;
  }

  async kustomization(name: string, secrets: readonly Manifest[]): Promise<void> {
    const built = await this.#build(name);
    const beside = BESIDE[name] === undefined ? [] : await this.#build(BESIDE[name]);
    if (built.length === 0) return;
    const schemas = await this.#schemaFaults(built);
    // Where the shape is wrong, what reads it would stumble.
    const faults =
      schemas.length > 0 ? schemas : await manifestFaults(built, [...secrets, ...beside]);
    this.#note(name, faults);
    const custom = built.filter(isCustom).map(titleOf);
    const note = custom.length > 0 ? `; no schema, required fields only: ${custom.join(', ')}` : '';
    say(`${name}: ${built.length} objects${note}`);
  }

  async application(file: string): Promise<void> {
    const manifests = await this.#read(file);
    this.#note(file, manifests.flatMap(customFaults));
    say(`${file}: no schema, required fields only: ${manifests.map(titleOf).join(', ')}`);
    for (const { spec } of manifests) {
      const { path = '' } = (spec as { source?: { path?: string } }).source ?? {};
      if (globSync(`${join(this.#folder, '..', path)}/kustomization.yaml`).length > 0) continue;
      this.#note(file, [`source.path: ${path} holds no kustomization.yaml`]);
    }
  }

  async secrets(file: string): Promise<readonly Manifest[]> {
    const secrets = await this.#read(file);
    this.#note(file, await this.#schemaFaults(secrets));
    return secrets;
  }

  async dockerfile(file: string): Promise<void> {
    this.#note(file, await this.#tools.lintDockerfile(join(this.#folder, file)));
    say(`${file}: linted`);
  }

  #note(name: string, faults: readonly string[]): void {
    this.faults.push(...faults.map((fault) => `${name}: ${fault}`));
  }

  async #read(file: string): Promise<readonly Manifest[]> {
    return parseManifests(await readFile(join(this.#folder, file), 'utf8'));
  }

  async #build(name: string): Promise<readonly Manifest[]> {
    try {
      return parseManifests(await this.#tools.kustomize(join(this.#folder, 'kubernetes', name)));
    } catch (error) {
      this.#note(name, [(error as Error).message]);
      return [];
    }
  }

  async #schemaFaults(manifests: readonly Manifest[]): Promise<readonly string[]> {
    const file = join(this.#scratch, 'manifests.yaml');
    await writeManifests(
      file,
      manifests.filter((manifest) => !isCustom(manifest)),
    );
    const faults: string[] = [];
    for (const version of KUBERNETES_VERSIONS) {
      faults.push(...(await this.#tools.validate(file, version)));
    }
    return faults.map((fault) => fault.replace(`${file} `, ''));
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { help: { type: 'boolean' }, folder: { type: 'string', default: 'deploy' } },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const folder = resolve(values.folder);
  const tools = await deployTools((line) => process.stderr.write(`${line}\n`));
  const scratch = await mkdtemp(join(tmpdir(), 'sluice-deploy-'));
  try {
    const check = new Check(folder, tools, scratch);
    const secrets = await check.secrets('kubernetes/secret.example.yaml');
    const overlays = globSync('overlays/*', { cwd: join(folder, 'kubernetes') }).sort();
    for (const name of ['base', ...overlays]) await check.kustomization(name, secrets);
    await check.application('argocd/application.yaml');
    await check.dockerfile('docker/Dockerfile');
    for (const fault of check.faults) process.stderr.write(`${fault}\n`);
    const versions = KUBERNETES_VERSIONS.join(' and ');
    say(`deploy: ${check.faults.length} faults, by the schemas of Kubernetes ${versions}`);
    return check.faults.length > 0 ? 1 : 0;
  } finally {
    await rm(scratch, { recursive: true });
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
