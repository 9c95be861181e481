import { globSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { optionNames, withOption } from '../envoy-config.ts';
import { manifestFaults } from './check.ts';
import { exampleFaults } from './examples.ts';
import { type Manifest, parseManifests, titleOf } from './manifest.ts';
import { type DeployTools, KUBERNETES_VERSIONS, writeManifests } from './tools.ts';

/** What is in the cluster beside an overlay. */
const BESIDE: Readonly<Record<string, string>> = {
  'overlays/canary': 'overlays/prod',
  'overlays/shadow': 'overlays/prod',
};
/** Its files are not there; a test has some. */
const TLS_OPTION = 'transport_socket';
const SECRETS = 'kubernetes/secret.example.yaml';
const APPLICATION = 'argocd/application.yaml';
const DOCKERFILE = 'docker/Dockerfile';
/** Makes the Services that the examples refer to. */
const SERVICES = 'overlays/prod';
const ENVOY = 'envoy/envoy.yaml';
const ISTIO = 'istio/ext-authz.yaml';
const MESH_CONFIG = 'istio/istiod-values.yaml';
const GATEWAY = 'envoy-gateway/ext-authz.yaml';

/** Holds a folder such as deploy/ to everything it has to agree with. */
export class DeployCheck {
  readonly #folder: string;
  readonly #tools: DeployTools;
  readonly #scratch: string;
  readonly #say: (line: string) => void;
  /** What kustomize made, by name: an overlay is also what others count on. */
  readonly #built = new Map<string, Promise<readonly Manifest[]>>();
  /** A line each. */
  readonly faults: string[] = [];

  /** `scratch`: an empty folder; `say`: hears what was looked at. */
  constructor(folder: string, tools: DeployTools, scratch: string, say: (line: string) => void) {
    this.#folder = folder;
    this.#tools = tools;
    this.#scratch = scratch;
    this.#say = say;
  }

  /** Everything there is. */
  async all(): Promise<void> {
    const secrets = await this.#secrets(SECRETS);
    const overlays = globSync('overlays/*', { cwd: join(this.#folder, 'kubernetes') }).sort();
    for (const name of ['base', ...overlays]) await this.#kustomization(name, secrets);
    await this.#application(APPLICATION);
    await this.#examples(SERVICES);
    await this.#dockerfile(DOCKERFILE);
  }

  async #kustomization(name: string, secrets: readonly Manifest[]): Promise<void> {
    const built = await this.#build(name);
    const beside = BESIDE[name] === undefined ? [] : await this.#build(BESIDE[name]);
    if (built.length === 0) return;
    const schemas = await this.#schemaFaults(built);
    // Where the shape is wrong, what reads it would stumble.
    const faults =
      schemas.length > 0 ? schemas : await manifestFaults(built, [...secrets, ...beside]);
    this.#note(name, faults);
    this.#say(`${name}: ${built.length} objects`);
  }

  async #application(file: string): Promise<void> {
    for (const { spec } of await this.#objects(file)) {
      const { path = '' } = (spec as { source?: { path?: string } }).source ?? {};
      if (globSync(`${join(this.#folder, '..', path)}/kustomization.yaml`).length > 0) continue;
      this.#note(file, [`source.path: ${path} holds no kustomization.yaml`]);
    }
  }

  /** What asks Sluice. `name`: the kustomization that they refer to. */
  async #examples(name: string): Promise<void> {
    const yaml = await readFile(join(this.#folder, ENVOY), 'utf8');
    await this.#envoy(yaml);
    const { meshConfig } = parse(await readFile(join(this.#folder, MESH_CONFIG), 'utf8'));
    const [istio, gateway] = [await this.#objects(ISTIO), await this.#objects(GATEWAY)];
    this.#note(MESH_CONFIG, this.#tools.meshConfig.faults(meshConfig));
    this.#say(`${MESH_CONFIG}: meshConfig`);
    // Where the shape is wrong, what reads it would stumble.
    if (this.faults.length > 0) return;
    const examples = { envoy: parse(yaml), meshConfig, istio, gateway };
    this.faults.push(...exampleFaults(examples, await this.#build(name)));
  }

  async #secrets(file: string): Promise<readonly Manifest[]> {
    const secrets = await this.#read(file);
    this.#note(file, await this.#schemaFaults(secrets));
    return secrets;
  }

  async #dockerfile(file: string): Promise<void> {
    this.#note(file, await this.#tools.lintDockerfile(join(this.#folder, file)));
    this.#say(`${file}: linted`);
  }

  async #envoy(yaml: string): Promise<void> {
    const options = optionNames(yaml).filter((option) => option !== TLS_OPTION);
    for (const option of [undefined, ...options]) {
      const file = join(this.#scratch, 'envoy.yaml');
      await writeFile(file, option === undefined ? yaml : withOption(option)(yaml));
      const name = option === undefined ? ENVOY : `${ENVOY} with ${option}`;
      this.#note(name, await this.#tools.validateEnvoy(file));
    }
    this.#say(`${ENVOY}: as it is, and with each of ${options.join(', ')}`);
  }

  /** Those of a file that is no kustomization, once they have been held to their schemas. */
  async #objects(file: string): Promise<readonly Manifest[]> {
    const manifests = await this.#read(file);
    this.#note(file, await this.#schemaFaults(manifests));
    this.#say(`${file}: ${manifests.map(titleOf).join(', ')}`);
    return manifests;
  }

  #note(name: string, faults: readonly string[]): void {
    this.faults.push(...faults.map((fault) => `${name}: ${fault}`));
  }

  async #read(file: string): Promise<readonly Manifest[]> {
    return parseManifests(await readFile(join(this.#folder, file), 'utf8'));
  }

  #build(name: string): Promise<readonly Manifest[]> {
    let built = this.#built.get(name);
    if (built === undefined) {
      built = this.#kustomize(name);
      this.#built.set(name, built);
    }
    return built;
  }

  async #kustomize(name: string): Promise<readonly Manifest[]> {
    try {
      return parseManifests(await this.#tools.kustomize(join(this.#folder, 'kubernetes', name)));
    } catch (error) {
      this.#note(name, [(error as Error).message]);
      return [];
    }
  }

  async #schemaFaults(manifests: readonly Manifest[]): Promise<readonly string[]> {
    const { customKinds } = this.#tools;
    const ofKubernetes = manifests.filter((manifest) => !customKinds.has(manifest));
    const faults = manifests
      .filter((manifest) => customKinds.has(manifest))
      .flatMap((manifest) => customKinds.faults(manifest));
    if (ofKubernetes.length === 0) return faults;
    const file = join(this.#scratch, 'manifests.yaml');
    await writeManifests(file, ofKubernetes);
    for (const version of KUBERNETES_VERSIONS) {
      faults.push(...(await this.#tools.validate(file, version)));
    }
    return faults.map((fault) => fault.replace(`${file} `, ''));
  }
}
