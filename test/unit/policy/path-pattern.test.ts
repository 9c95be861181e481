import { describe, expect, it } from 'vitest';
import { type PathRule, readPattern } from '../../../src/policy/path-pattern.ts';

type Kind = PathRule['kind'];

describe('what is read', () => {
  it.each<[Kind, string, (string | undefined)[], boolean]>([
    ['exact', '/', [], false],
    ['exact', '/a', ['a'], false],
    ['exact', '/a/', ['a'], false],
    ['exact', '/a/B.c', ['a', 'B.c'], false],
    ['exact', '/%61%7Eb/%ed%95%9c', ['a~b', '%ED%95%9C'], false],
    ['exact', '/a%40b:c', ['a@b:c'], false],
    ['exact', '/%7bid%7D/%2a', ['%7Bid%7D', '*'], false],
    ['prefix', '/', [], true],
    ['prefix', '/a', ['a'], true],
    ['prefix', '/a/', ['a'], true],
    ['template', '/', [], false],
    ['template', '/**', [], true],
    ['template', '/a/{id}', ['a', undefined], false],
    ['template', '/a/{id}/', ['a', undefined], false],
    ['template', '/{a}/b/{c_2}/**', [undefined, 'b', undefined], true],
    ['template', '/a/%2a%2A/**', ['a', '**'], true],
  ])('%s %s', (kind, value, segments, open) => {
    expect(readPattern({ kind, value })).toEqual({ segments, open });
  });
});

describe('what cannot be meant', () => {
  it.each<[Kind, string, string]>([
    ['exact', '', 'must begin with "/"'],
    ['template', '**', 'must begin with "/"'],
    ['prefix', 'a/b', 'must begin with "/"'],
    ['exact', '*', 'must begin with "/"'],
    ['exact', '//', 'the segment ""'],
    ['exact', '/a//b', 'the segment ""'],
    ['template', '/a//**', 'the segment ""'],
    ['exact', '/a/../b', 'the segment ".."'],
    ['prefix', '/a;b', 'the segment "a;b"'],
    ['prefix', '/a?b=c', 'the segment "a?b=c"'],
    ['prefix', '/a#b', 'the segment "a#b"'],
    ['prefix', '/a%2Fb', 'the segment "a%2Fb"'],
    ['exact', '/한', 'the segment "한"'],
    ['exact', '/a b', 'the segment "a b"'],
    ['exact', '/a/{id}', 'the segment "{id}"'],
    ['exact', '/a/*', 'the segment "*"'],
    ['prefix', '/a/**', 'the segment "**"'],
    ['template', '/a/*', 'the segment "*"'],
    ['template', '/a/**/b', 'the segment "**"'],
    ['template', '/a**', 'the segment "a**"'],
    ['template', '/{}', 'the segment "{}"'],
    ['template', '/{a-b}', 'the segment "{a-b}"'],
    ['template', '/x{a}', 'the segment "x{a}"'],
    ['template', '/{a}{b}', 'the segment "{a}{b}"'],
  ])('%s %s', (kind, value, said) => {
    expect(() => readPattern({ kind, value })).toThrow(`path ${JSON.stringify(value)}: ${said}`);
  });
});
