import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requestAttributes } from '../../../src/sinks/request-attributes.ts';
import { fakeCheck } from '../../support/calls.ts';

const pathOf = (path: string) => requestAttributes(fakeCheck({ path }))['url.path'];
const domainOf = (host: string) => requestAttributes(fakeCheck({ host }))['url.domain'];
const methodOf = (method: string) =>
  requestAttributes(fakeCheck({ method }))['http.request.method'];

describe('requestAttributes', () => {
  it('tells method, host and path', () => {
    expect(
      requestAttributes(fakeCheck({ method: 'PUT', path: '/a/b', host: 'a.example' })),
    ).toEqual({
      'http.request.method': 'PUT',
      'url.domain': 'a.example',
      'url.path': '/a/b',
    });
  });

  it('tells nothing of a check that is not HTTP', () => {
    expect(requestAttributes(fakeCheck({ method: '', path: '', host: '' }))).toEqual({});
  });

  it.each([
    ['get', '_OTHER'],
    ['BREW', '_OTHER'],
    ['QUERY', 'QUERY'],
  ])('tells the method %s as %s', (method, expected) => {
    expect(methodOf(method)).toBe(expected);
  });

  it.each([
    ['api.example', 'api.example'],
    ['api.example:8443', 'api.example'],
    ['10.0.0.1:80', '10.0.0.1'],
    ['[::1]:80', '[::1]'],
    ['user:pass@api.example', undefined],
    ['api.example/path', undefined],
    ['api example', undefined],
    ['api.example:', undefined],
    ['a'.repeat(254), undefined],
  ])('tells the host %j as %j', (host, expected) => {
    expect(domainOf(host)).toBe(expected);
  });

  it.each([
    ['/', '/'],
    ['/a?token=secret', '/a'],
    ['/a#secret', '/a'],
    ['/a;jsessionid=secret/b', '/a'],
    ['/a%3Fsecret', '/a'],
    ['/a%3bsecret', '/a'],
    ['/a/eyJhbGciOiJIUzI1NiJ9.e30.x/b', '/a/'],
    ['https://user:pass@api.example/a', undefined],
    ['*', undefined],
    [`/${'a'.repeat(300)}`, `/${'a'.repeat(255)}`],
  ])('tells the path %j as %j', (path, expected) => {
    expect(pathOf(path)).toBe(expected);
  });

  it('never tells what stands behind a mark of something secret', () => {
    const mark = fc.constantFrom('?', '#', ';', '%3f', '%3B', 'eyJ');
    fc.assert(
      fc.property(fc.string(), mark, (before, sign) => {
        const told = JSON.stringify(
          requestAttributes(fakeCheck({ path: `/${before}${sign}s3cr3t` })),
        );
        expect(told).not.toContain('s3cr3t');
      }),
    );
  });
});
