import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Without a name of its own an Envoy takes no discovery. */
export const NODE = 'node: { id: test, cluster: test }\n';

/** Resources of Envoy's xDS in a file, which is read again when another is moved in its place. */
export class DiscoveryFile implements AsyncDisposable {
  readonly #folder: string;
  readonly #path: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#path = join(folder, 'resources.yaml');
  }

  /** @param resources As in `write`. */
  static async create(resources: string): Promise<DiscoveryFile> {
    const file = new DiscoveryFile(await mkdtemp(join(tmpdir(), 'sluice-discovery-')));
    await file.write(resources);
    return file;
  }

  /** What a configuration says of it: a ConfigSource of Envoy. */
  get source(): string {
    return `{ resource_api_version: V3, path_config_source: { path: ${this.#path} } }`;
  }

  /** @param resources A list in YAML, each of its entries with its "@type". */
  async write(resources: string): Promise<void> {
    await writeFile(`${this.#path}.new`, `resources:\n${resources}`);
    await rename(`${this.#path}.new`, this.#path);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.#folder, { recursive: true });
  }
}
