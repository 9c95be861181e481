import { describe, expect, it } from 'vitest';
import type { TokenVerifier } from '../../../src/domain/claims.ts';
import { type Group, hashOf, TokenGroups } from '../../../src/pipeline/token-groups.ts';

const verifier = () => ({}) as TokenVerifier;
const ours = verifier();

const groupOf = (token: string, by = ours): Group => ({
  verifier: by,
  ...{
    token,
    hash: hashOf(token),
    read: undefined,
    since: 0,
    calls: [],
    started: false,
    next: undefined,
  },
});

function groupsOf(...all: readonly Group[]): TokenGroups {
  const groups = new TokenGroups();
  for (const group of all) groups.add(group);
  return groups;
}

const find = (groups: TokenGroups, token: string, by = ours) =>
  groups.get(hashOf(token), token, by);

/** Two texts of which every polynomial modulo 2^32, of any odd factor, has the same value: Thue-Morse. */
function wordsThatMeet(): readonly [string, string] {
  const ones = (n: number): number => (n === 0 ? 0 : (n & 1) ^ ones(n >>> 1));
  const word = (flip: number) =>
    Array.from({ length: 256 }, (_, i) => (ones(i) ^ flip ? 'a' : 'b')).join('');
  return [word(0), word(1)];
}

it('has no words that meet for every factor', () => {
  const words = wordsThatMeet();
  const tokens = Array.from({ length: 1_024 }, (_, n) =>
    Array.from({ length: 10 }, (_, bit) => words[(n >> bit) & 1]).join(''),
  );
  expect(new Set(tokens.map(hashOf)).size).toBeGreaterThan(1_000);
});

describe('TokenGroups', () => {
  it.each(['', 'a', 'ab', 'a.b.signature', 'x'.repeat(60_000), '\u{1f600}'.repeat(9)])(
    'finds the group of a token, whatever that is',
    (token) => {
      const group = groupOf(token);
      const groups = groupsOf(group);
      expect([find(groups, token, ours), groups.size]).toEqual([group, 1]);
      expect(find(groups, `${token}.`, ours)).toBeUndefined();
    },
  );

  it.each([
    ['but for the end', (i: number) => `header.payload.signature-${i}`],
    ['but for the beginning', (i: number) => `${i}.payload.signature`],
    ['but for the middle', (i: number) => `header.${i}${'x'.repeat(800)}.signature`],
  ])('has no place for many tokens that are alike %s', (_, tokenOf) => {
    const places = new Set(Array.from({ length: 1_024 }, (_, i) => hashOf(tokenOf(i)) & 1_023));
    expect(places.size).toBeGreaterThan(64); // mostly 650; 129 by the worst of 6,000 factors
  });

  it('tells tokens apart that end alike', () => {
    const tokens = Array.from({ length: 50 }, (_, i) => `${i}.signature`);
    const all = tokens.map((token) => groupOf(token));
    const groups = groupsOf(...all);
    expect(tokens.map((token) => find(groups, token, ours))).toEqual(all);
    expect(find(groups, '50.signature', ours)).toBeUndefined();
  });

  it('gives nobody what another verifier has begun', () => {
    const theirs = verifier();
    const [first, second] = [groupOf('a.b.c'), groupOf('a.b.c', theirs)];
    const groups = groupsOf(first);
    expect(find(groups, 'a.b.c', theirs)).toBeUndefined();
    groups.add(second);
    expect([find(groups, 'a.b.c', ours), find(groups, 'a.b.c', theirs)]).toEqual([first, second]);
    groups.delete(first);
    expect([find(groups, 'a.b.c', ours), find(groups, 'a.b.c', theirs)]).toEqual([
      undefined,
      second,
    ]);
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
    expect([groups.size, find(groups, 'a.b.c', ours)]).toEqual([0, undefined]);
  });
});
