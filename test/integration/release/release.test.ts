import { execFile, execFileSync } from 'node:child_process';
import { appendFile, cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
/** Each installs the dependencies of the image. */
const RUN_MS = 300_000;
const AUTHOR = ['-c', 'user.name=Nobody', '-c', 'user.email=nobody@example.com'];
const exec = promisify(execFile);
let scratch = '';
let root = '';

const git = (...args: readonly string[]) =>
  execFileSync('git', ['-C', root, ...AUTHOR, ...args], { encoding: 'utf8' });
const commit = (subject: string) => git('commit', '--quiet', '--allow-empty', '-m', subject);

/** Runs the script there; what it printed to both. `umask`: with which files are made. */
const release = async (args: readonly string[], umask = '022') => {
  const script = ['-c', `umask ${umask}; exec "$@"`, 'release', process.execPath];
  const command = [...script, join(root, 'scripts/release.ts'), ...args];
  const { stdout } = await exec('sh', command, { maxBuffer: 1 << 24 });
  return stdout;
};
const read = (name: string) => readFile(join(root, name), 'utf8');

/** A repository of its own with the files that are here, committed or not. */
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'sluice-release-test-'));
  root = join(scratch, 'repository');
  const listed = execFileSync('git', ['-C', ROOT, 'ls-files', '-co', '--exclude-standard'], {
    encoding: 'utf8',
  });
  for (const name of listed.trim().split('\n')) {
    if (/^(test|bench|docs)\//.test(name)) continue; // nothing of a release
    await cp(join(ROOT, name), join(root, name)).catch(() => undefined); // deleted, not committed
  }
  await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  git('init', '--quiet');
  await appendFile(join(root, '.git/info/exclude'), 'node_modules\n');
  git('add', '--all');
  commit('Begin');
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

describe('npm run release', () => {
  it('says what it does', async () => {
    expect(await release(['--help'])).toMatch(/^Usage: npm run release -- \[--dry-run\]\n/);
  });

  it('names all that is in the way, and makes nothing', async () => {
    const manifest = await read('package.json');
    await writeFile(join(root, 'package.json'), manifest.replace('"version": "', '"version": "v'));
    await writeFile(join(root, 'new-file'), '');
    const { version } = JSON.parse(manifest) as { version: string };
    git('tag', `vv${version}`);
    const failed = await release([]).catch((error: Error & { stderr: string }) => error);
    expect(failed).toMatchObject({ code: 1 });
    expect(String((failed as { stderr: string }).stderr)).toBe(
      `v${version} cannot be released:
  - package.json: the version is "v${version}"; it must be MAJOR.MINOR.PATCH, such as 1.2.3 or 1.2.3-rc.1 (semver.org)
  - the work tree is not what is committed: M package.json, ?? new-file; commit or stash it
  - vv${version} is a tag already; raise the version of package.json
  - deploy/docker/Dockerfile: has "ARG VERSION=${version}"; package.json says v${version}
  - deploy/kubernetes/base/kustomization.yaml: has "newTag: ${version}"; package.json says v${version}
`,
    );
    git('tag', '--delete', `vv${version}`);
    git('checkout', '--quiet', 'package.json');
    await rm(join(root, 'new-file'));
    expect(git('status', '--porcelain')).toBe('');
  });

  it(
    'makes the same bytes twice, and the entry of the changelog the second time',
    async () => {
      const { version } = JSON.parse(await read('package.json')) as { version: string };
      const changelog = await read('CHANGELOG.md');
      const dry = await release(['--dry-run']);
      const sums = await read('release/SHA256SUMS');
      expect(dry).toContain(`CHANGELOG.md would get:\n\n## ${version} - `);
      expect(git('status', '--porcelain')).toBe('');
      const named = `sluice-${version}`;
      const line = '[0-9a-f]{64}  ';
      expect(sums).toMatch(new RegExp(`^${line}${named}.tar.gz\n${line}${named}.cdx.json\n$`));

      git('tag', 'v0.0.0');
      commit('proxy: is kinder');
      const told = await release([], '077');
      expect(await read('release/SHA256SUMS')).toBe(sums);
      const { stdout } = await exec('sha256sum', ['--check', 'SHA256SUMS'], {
        cwd: join(root, 'release'),
      });
      expect(stdout).toBe(`${named}.tar.gz: OK\n${named}.cdx.json: OK\n`);
      expect(told).toContain(`git tag -a v${version} `);
      expect(git('status', '--porcelain').trim()).toBe('M CHANGELOG.md');
      const [, after = ''] = (await read('CHANGELOG.md')).split(
        `## Unreleased\n\n## ${version} - `,
      );
      expect(after).toContain('### Commits\n\n- **proxy**: is kinder\n');
      expect(changelog).toContain(/### Added\n\n.*\n/.exec(after)?.[0]);

      const sbom = JSON.parse(await read(`release/${named}.cdx.json`)) as {
        metadata: { component: { name: string; version: string } };
        components: readonly { name: string }[];
      };
      expect(sbom.metadata.component).toMatchObject({ name: 'sluice', version });
      const components = sbom.components.map(({ name }) => name);
      expect(components).toContain('rxjs');
      expect(components).not.toContain('vitest');
    },
    2 * RUN_MS,
  );
});
