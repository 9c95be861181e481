import { describe, expect, it } from 'vitest';
import { changelogEntry, withEntry } from '../../../scripts/lib/release/changelog.ts';

const HEAD = '# Changes\n\nAll of them.\n\n';
const OLDER = '## 0.1.0 - 2026-01-02\n\n### Added\n\n- Everything.\n';
const release = { version: '0.2.0', date: '2026-02-03', commits: [] };

describe('the entry of a release', () => {
  it('is what people wrote under Unreleased, and commits by their prefix', () => {
    const changelog = `${HEAD}## Unreleased\n\n### Fixed\n\n- It works.\n\n${OLDER}`;
    const commits = [
      'http2: b',
      'Mend: the thing: again',
      'deploy: c',
      'http2: a',
      'no prefix at all in a long sentence: is there',
      'Plain',
    ];
    expect(changelogEntry(changelog, { ...release, commits })).toBe(
      [
        '## 0.2.0 - 2026-02-03\n\n### Fixed\n\n- It works.\n\n### Commits\n',
        '- **Mend**: the thing: again',
        '- **deploy**: c',
        '- **http2**: b',
        '- **http2**: a',
        '- no prefix at all in a long sentence: is there',
        '- Plain',
      ].join('\n'),
    );
  });

  it('has no list where no release was before', () => {
    const changelog = `${HEAD}## Unreleased\n\n### Added\n\n- Everything.\n`;
    expect(changelogEntry(changelog, release)).toBe(
      '## 0.2.0 - 2026-02-03\n\n### Added\n\n- Everything.',
    );
  });

  it.each([HEAD, `${HEAD}## Unreleased\n\n## Unreleased\n`])('needs its place in %j', (text) => {
    expect(() => changelogEntry(text, release)).toThrow(
      'must have the heading "## Unreleased" once',
    );
  });
});

describe('the changelog after a release', () => {
  it('has nothing under Unreleased, and the entry above the older ones', () => {
    const changelog = `${HEAD}## Unreleased\n\n### Fixed\n\n- It works.\n\n${OLDER}`;
    const entry = changelogEntry(changelog, release);
    const after = withEntry(changelog, entry);
    expect(after).toBe(`${HEAD}## Unreleased\n\n${entry}\n\n${OLDER}`);
    expect(changelogEntry(after, { ...release, version: '0.3.0' })).toBe('## 0.3.0 - 2026-02-03');
  });

  it('ends with a line end also when the entry is the first', () => {
    const changelog = `${HEAD}## Unreleased\n\n- It works.\n`;
    const entry = changelogEntry(changelog, release);
    expect(withEntry(changelog, entry)).toBe(`${HEAD}## Unreleased\n\n${entry}\n`);
  });
});
