import { describe, expect, it } from 'vitest';
import type { TokenVerifier } from '../../../src/domain/claims.ts';
import { type Group, TokenGroups } from '../../../src/pipeline/token-groups.ts';

const verifier = () => ({}) as TokenVerifier;
const ours = verifier();

const groupOf = (token: string, by = ours): Group => ({
  verifier: by,
  ...{ token, read: undefined, since: 0, calls: [], started: false, next: undefined },
});

function groupsOf(...all: readonly Group[]): TokenGroups {
  const groups = new TokenGroups();
  for (const group of all) groups.add(group);
  return groups;
}

describe('TokenGroups', () => {
  it.each(['', 'a', 'ab', 'a.b.signature', 'x'.repeat(60_000), '\u{1f600}'.repeat(9)])(
    'finds the group of a token, whatever that is',
    (token) => {
      const group = groupOf(token);
      const groups = groupsOf(group);
      expect([groups.get(token, ours), groups.size]).toEqual([group, 1]);
      expect(groups.get(`${token}.`, ours)).toBeUndefined();
    },
  );

  it('tells tokens apart that end alike', () => {
    const tokens = Array.from({ length: 50 }, (_, i) => `${i}.signature`);
    const all = tokens.map((token) => groupOf(token));
    const groups = groupsOf(...all);
    expect(tokens.map((token) => groups.get(token, ours))).toEqual(all);
    expect(groups.get('50.signature', ours)).toBeUndefined();
  });

  it('gives nobody what another verifier has begun', () => {
    const theirs = verifier();
    const [first, second] = [groupOf('a.b.c'), groupOf('a.b.c', theirs)];
    const groups = groupsOf(first);
    expect(groups.get('a.b.c', theirs)).toBeUndefined();
    groups.add(second);
    expect([groups.get('a.b.c', ours), groups.get('a.b.c', theirs)]).toEqual([first, second]);
    groups.delete(first);
    expect([groups.get('a.b.c', ours), groups.get('a.b.c', theirs)]).toEqual([undefined, second]);
  });

  it('lets a group be deleted twice, and while all are visited', () => {
    const all = ['a.b.1234567', 'a.b.7654321', 'a.b.c'].map((token) => groupOf(token));
    const groups = groupsOf(...all);
    const visited: Group[] = [];
    groups.forEach((group) => {
      visited.push(group);
      groups.delete(group);
      groups.delete(group);
    });
    expect(new Set(visited)).toEqual(new Set(all));
    expect([groups.size, groups.get('a.b.c', ours)]).toEqual([0, undefined]);
  });
});
