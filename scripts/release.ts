import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runMain } from './lib/main.ts';
import { checksumLine, writeArchive } from './lib/release/archive.ts';
import { changelogEntry, withEntry } from './lib/release/changelog.ts';
import { versionFaults } from './lib/release/places.ts';
import { Repository, tagOf } from './lib/release/repository.ts';
import { sbomOf } from './lib/release/sbom.ts';
import { run } from './lib/run.ts';

const USAGE = `Usage: npm run release -- [--dry-run]

Makes of the last commit, under the version of package.json, in the folder release/:

  sluice-VERSION.tar.gz      the tree of the image; the same bytes for the same commit
  sluice-VERSION.cdx.json    what it is made of (SBOM, CycloneDX)
  SHA256SUMS                 checksums of both, for sha256sum --check

and the entry of CHANGELOG.md. Commits, tags and pushes nothing: it prints the commands that do.

  --dry-run                  prints the entry, and leaves CHANGELOG.md as it is
`;

const ROOT = join(import.meta.dirname, '..');
const OUT = join(ROOT, 'release');
const CHANGELOG = join(ROOT, 'CHANGELOG.md');
const NAME = 'sluice';
const BUILD_MS = 600_000;

const say = (text: string) => process.stdout.write(`${text}\n`);

/** The archive, the SBOM and their checksums. */
async function makeFiles(version: string): Promise<readonly string[]> {
  const named = `${NAME}-${version}`;
  const scratch = await mkdtemp(join(tmpdir(), 'sluice-release-'));
  try {
    // What an earlier build has left, and the sources no longer have, is no part of a release.
    await rm(join(ROOT, 'dist'), { recursive: true, force: true });
    await run('npm', ['--prefix', ROOT, 'run', 'build'], BUILD_MS);
    const tree = join(scratch, named);
    await run(process.execPath, [join(ROOT, 'scripts/image-tree.ts'), tree], BUILD_MS);
    await rm(OUT, { recursive: true, force: true });
    await mkdir(OUT);
    const [archive, sbom] = [join(OUT, `${named}.tar.gz`), join(OUT, `${named}.cdx.json`)];
    await writeFile(sbom, await sbomOf(tree, NAME));
    await writeArchive(tree, archive);
    const sums = join(OUT, 'SHA256SUMS');
    await writeFile(sums, `${await checksumLine(archive)}${await checksumLine(sbom)}`);
    return [archive, sbom, sums];
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function nextCommands(version: string): string {
  const tag = tagOf(version);
  return `Read what is new in CHANGELOG.md and mend it. Then:

  git commit -m "Release ${version}" CHANGELOG.md
  git tag -a ${tag} -m "Sluice ${version}"
  git push --follow-tags
  docker build -f deploy/docker/Dockerfile --build-arg VERSION=${version} \\
    --build-arg REVISION=$(git rev-parse HEAD) -t registry.example.com/sluice:${version} .`;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { help: { type: 'boolean' }, 'dry-run': { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const { version } = manifest as { readonly version: string };
  const repository = new Repository(ROOT);
  const faults = [...(await repository.faults(version)), ...(await versionFaults(ROOT, version))];
  if (faults.length > 0) {
    throw new Error(
      `${version} cannot be released:\n${faults.map((it) => `  - ${it}`).join('\n')}`,
    );
  }
  const [date, commits] = [await repository.date(), await repository.commitsSinceTag()];
  const changelog = await readFile(CHANGELOG, 'utf8');
  const entry = changelogEntry(changelog, { version, date, commits });
  for (const file of await makeFiles(version)) say(file);
  if (values['dry-run']) {
    say(`\nCHANGELOG.md would get:\n\n${entry}`);
    return 0;
  }
  await writeFile(CHANGELOG, withEntry(changelog, entry));
  say(`${CHANGELOG}\n\n${nextCommands(version)}`);
  return 0;
}

await runMain(main);
