/** "http2: callers are held back": what a commit is about, if it says so in a word or two. */
const PREFIX = /^([\w.-]+(?: [\w.-]+)?): (.+)$/;
const UNRELEASED = '## Unreleased';

export interface Release {
  readonly version: string;
  /** As in 2026-11-29. */
  readonly date: string;
  /** Subjects of the commits since the release before; empty where there was none. */
  readonly commits: readonly string[];
}

/**
 * The entry of a release in the form of Keep a Changelog: what people have written under Unreleased,
 * then the commits by what they are about. Throws when the changelog has no such heading.
 */
export function changelogEntry(changelog: string, { version, date, commits }: Release): string {
  const [, written] = partsOf(changelog);
  const listed = commits.length === 0 ? [] : [`### Commits\n\n${listOf(commits)}`];
  const body = [written.trim(), ...listed].filter((part) => part !== '');
  return [`## ${version} - ${date}`, ...body].join('\n\n');
}

/** The changelog with that entry in it, and nothing left under Unreleased. */
export function withEntry(changelog: string, entry: string): string {
  const [before, , after] = partsOf(changelog);
  return `${[`${before}${UNRELEASED}`, entry, after.trim()].join('\n\n').trim()}\n`;
}

/** What stands before Unreleased, under it, and from the next release on. */
function partsOf(changelog: string): readonly [before: string, written: string, after: string] {
  const [before, rest, ...more] = changelog.split(`${UNRELEASED}\n`);
  if (before === undefined || rest === undefined || more.length > 0) {
    throw new Error(`the changelog must have the heading "${UNRELEASED}" once`);
  }
  const next = rest.search(/^## /m);
  return next < 0 ? [before, `${rest}`, ''] : [before, rest.slice(0, next), rest.slice(next)];
}

/** By prefix, in the order of the alphabet; those that have none come last. */
function listOf(commits: readonly string[]): string {
  const groups = Map.groupBy(commits, (subject) => PREFIX.exec(subject)?.[1] ?? '');
  const { '': others = [], ...named } = Object.fromEntries(groups);
  const lines = Object.entries(named)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, subjects]) => subjects.map((subject) => subject.replace(PREFIX, '**$1**: $2')));
  return [...lines, ...others].map((line) => `- ${line}`).join('\n');
}
