import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where the version stands besides package.json; the canary has another one by its nature. */
const PLACES: Readonly<Record<string, RegExp>> = {
  'deploy/docker/Dockerfile': /^ARG VERSION=(.*)$/m,
  'deploy/kubernetes/base/kustomization.yaml': /^ *newTag: (.*)$/m,
};

/** Where in `folder` another version stands than this, a line each. */
export async function versionFaults(folder: string, version: string): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const [file, place] of Object.entries(PLACES)) {
    const [line, found] = place.exec(await readFile(join(folder, file), 'utf8')) ?? [];
    if (found === version) continue;
    const read = line === undefined ? 'no version' : JSON.stringify(line.trim());
    faults.push(`${file}: has ${read}; package.json says ${version}`);
  }
  return faults;
}
