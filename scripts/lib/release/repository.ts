import { run } from '../run.ts';

/** MAJOR.MINOR.PATCH, with a pre-release and a build if there are (semver.org, 2.0.0). */
const NUMBER = '(?:0|[1-9]\\d*)';
const SEMVER = new RegExp(
  `^${NUMBER}\\.${NUMBER}\\.${NUMBER}` +
    `(?:-(?:${NUMBER}|\\d*[a-zA-Z-][\\w-]*)(?:\\.(?:${NUMBER}|\\d*[a-zA-Z-][\\w-]*))*)?` +
    '(?:\\+[\\da-zA-Z-]+(?:\\.[\\da-zA-Z-]+)*)?$',
);
const GIT_MS = 30_000;
const SHOWN = 5;

export const isSemver = (version: string): boolean => SEMVER.test(version);
export const tagOf = (version: string): string => `v${version}`;

/** What a release has to know of the git repository in a folder. */
export class Repository {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Why this version cannot be released from what is there, a line each. */
  async faults(version: string): Promise<readonly string[]> {
    const faults: string[] = [];
    if (!isSemver(version)) {
      faults.push(`package.json: the version is ${JSON.stringify(version)}; ${SEMVER_WANTED}`);
    }
    const changed = (await this.#lines('status', '--porcelain')).map((line) => line.trim());
    if (changed.length > 0) {
      const more = changed.length > SHOWN ? ` and ${changed.length - SHOWN} more` : '';
      const shown = changed.slice(0, SHOWN).join(', ');
      faults.push(`the work tree is not what is committed: ${shown}${more}; commit or stash it`);
    }
    const [tagged] = await this.#lines('tag', '--list', tagOf(version));
    if (tagged !== undefined) {
      faults.push(`${tagged} is a tag already; raise the version of package.json`);
    }
    return faults;
  }

  /** Subjects of the commits since the last tag of a version, newest first; none without a tag. */
  async commitsSinceTag(): Promise<readonly string[]> {
    const merged = ['tag', '--list', 'v*', '--merged', 'HEAD', '--sort=-creatordate'];
    const [last] = await this.#lines(...merged);
    if (last === undefined) return [];
    return this.#lines('log', '--no-merges', '--format=%s', `${last}..HEAD`);
  }

  /** Of the last commit, as in 2026-11-29. */
  async date(): Promise<string> {
    return (await this.#lines('log', '-1', '--format=%cs'))[0] as string;
  }

  async #lines(...args: readonly string[]): Promise<readonly string[]> {
    const printed = await run('git', ['-C', this.#folder, ...args], GIT_MS);
    return printed.split('\n').filter((line) => line !== '');
  }
}

const SEMVER_WANTED = 'it must be MAJOR.MINOR.PATCH, such as 1.2.3 or 1.2.3-rc.1 (semver.org)';
