import { run } from '../run.ts';

const NPM_MS = 120_000;

interface CycloneDx {
  readonly serialNumber?: string;
  readonly metadata: {
    readonly timestamp?: string;
    readonly component: { readonly name: string };
  };
}

/**
 * What the tree of the image is made of, as CycloneDX in JSON. Without the two fields that npm makes up anew
 * each time, both optional, and under a name that is not the folder's.
 */
export async function sbomOf(tree: string, name: string): Promise<string> {
  // By the lock file, from which the tree was installed: of the tree itself npm misses what is for
  // development.
  const options = ['--package-lock-only', '--omit=dev', '--sbom-type=application'];
  const args = ['--prefix', tree, 'sbom', '--sbom-format=cyclonedx', ...options];
  const printed = await run('npm', args, NPM_MS);
  const { serialNumber: _, metadata, ...rest } = JSON.parse(printed) as CycloneDx;
  const { timestamp: __, component, ...about } = metadata;
  const stable = { ...rest, metadata: { ...about, component: { ...component, name } } };
  return `${JSON.stringify(stable, undefined, 2)}\n`;
}
