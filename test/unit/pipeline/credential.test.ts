import { describe, expect, it } from 'vitest';
import type { TokenPlace } from '../../../src/domain/claims.ts';
import { findCredential, withoutCookies } from '../../../src/pipeline/credential.ts';
import { type FakeCallOptions, fakeCheck } from '../../support/calls.ts';

const HEADER: TokenPlace = { kind: 'header', remove: false };
const COOKIE: TokenPlace = { kind: 'cookie', name: 'session', remove: true };
const QUERY: TokenPlace = { kind: 'query', name: 'access_token', remove: true };

const ALL = [HEADER, COOKIE, QUERY];

const find = (request: FakeCallOptions, places = ALL) => {
  const found = findCredential(fakeCheck(request), places);
  return typeof found === 'string' ? found : [found.token, found.place.kind];
};

const authorization = (value: string): FakeCallOptions => ({ headers: { authorization: value } });
const cookie = (value: string): FakeCallOptions => ({ headers: { cookie: value } });
const path = (value: string): FakeCallOptions => ({ path: value });

describe('a token', () => {
  it.each(['/x?access%5Ftoken=t', '/?access_token=a&%61ccess_token=a', '/?a=1&access_toke%6e=t'])(
    'is refused where Envoy could not remove it: %s',
    (text) => {
      expect(find(path(text))).toBe('not_one_bearer_token');
    },
  );

  it.each<[string, FakeCallOptions, unknown]>([
    ['in the header', authorization('Bearer t'), ['t', 'header']],
    ['after any case and more than one space', authorization('bEARER   t'), ['t', 'header']],
    ['in a cookie', cookie('session=t'), ['t', 'cookie']],
    ['in a cookie among others', cookie('a=1; session=t; b=2'), ['t', 'cookie']],
    ['in a cookie without spaces', cookie('a=1;session=t;b=2'), ['t', 'cookie']],
    ['in quotes', cookie('session="t"'), ['t', 'cookie']],
    ['in one of two Cookie headers', cookie('a=1,session=t'), ['t', 'cookie']],
    ['in the query', path('/x?access_token=t'), ['t', 'query']],
    ['in the query among others', path('/x?a=1&access_token=t&b=2'), ['t', 'query']],
    [
      'in two places, the same',
      { ...path('/?access_token=t'), ...cookie('session=t') },
      ['t', 'cookie'],
    ],
    ['twice in a cookie, the same', cookie('session=t; session=t'), ['t', 'cookie']],
  ])('is found %s', (_, request, found) => {
    expect(find(request)).toEqual(found);
  });

  it.each<[string, FakeCallOptions]>([
    ['nothing', {}],
    ['an empty header', authorization('')],
    ['an empty cookie', cookie('session=')],
    ['empty quotes', cookie('session=""')],
    ['a cookie without a value', cookie('session')],
    ['cookies of other names', cookie('Session=t; xsession=t; session2=t; s=session=t')],
    ['an empty parameter', path('/x?access_token=')],
    ['a parameter of another name', path('/x?Access_token=t&xaccess_token=t&access_token[]=t')],
    ['a parameter in the path', path('/access_token=t')],
    ['a parameter after a fragment, which is never sent', path('/x#?access=t')],
  ])('is not in %s', (_, request) => {
    expect(find(request)).toBe('none');
  });

  it.each([
    'Basic dXNlcjpwYXNz',
    'Bearer',
    'Bearer ',
    'Bearer a b',
    'Bearer a,Bearer b',
    'Bearer a, b',
    'Bearert',
    'token',
  ])('is not %j, nor is anything else then looked for', (value) => {
    const request = { headers: { authorization: value, cookie: 'session=t' } };
    expect(find(request)).toBe('not_one_bearer_token');
    expect(find(request, [COOKIE])).toEqual(['t', 'cookie']);
  });

  it.each<[string, FakeCallOptions]>([
    ['header and cookie', { headers: { authorization: 'Bearer a', cookie: 'session=b' } }],
    ['cookie and query', { ...cookie('session=a'), ...path('/?access_token=b') }],
    ['two cookies', cookie('session=a; session=b')],
    ['a cookie in quotes and one without', cookie('session="a"; session=b')],
    ['two Cookie headers', cookie('session=a,session=b')],
    ['two parameters', path('/?access_token=a&access_token=b')],
  ])('is refused beside another one: %s', (_, request) => {
    expect(find(request)).toBe('two_tokens');
  });

  it('is looked for where the policy says, and nowhere else', () => {
    const everywhere = {
      path: '/?access_token=q',
      headers: { authorization: 'Bearer h', cookie: 'session=c' },
    };
    expect(find(everywhere, [HEADER])).toEqual(['h', 'header']);
    expect(find(everywhere, [COOKIE])).toEqual(['c', 'cookie']);
    expect(find(everywhere, [QUERY])).toEqual(['q', 'query']);
    expect(find(everywhere, [])).toBe('none');
  });
});

describe('cookies without one', () => {
  it.each([
    ['session=t', ''],
    ['a=1; session=t; b=2', 'a=1; b=2'],
    ['session=t;a=1', 'a=1'],
    ['session=t; session=u; a=1', 'a=1'],
    ['session; a=1', 'a=1'],
    [' session = t ; a=1 ', 'a=1'],
    ['a=1,2,3; session=t; b="x,y"', 'a=1,2,3; b="x,y"'],
    ['a=1,session=t; b=2', 'a=1; b=2'],
    ['Session=t; xsession=t', 'Session=t; xsession=t'],
    ['', ''],
    [';;', ''],
  ])('%j becomes %j', (header, rest) => {
    expect(withoutCookies(header, ['session'])).toBe(rest);
  });
});
