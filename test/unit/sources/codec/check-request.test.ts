import { describe, expect, it } from 'vitest';
import { CheckRequest } from '../../../../src/sources/codec/check-request.ts';
import { extensionOf, NOTHING, partsOf, readCheck as read } from '../../../support/check-parts.ts';
import { type CheckRequestFields, encodeCheckRequest } from '../../../support/protobuf.ts';
import {
  attributes,
  bytes,
  extension,
  field,
  header,
  headerMap,
  host,
  http,
  method,
  path,
  plain,
  raw,
  request,
  tag,
} from '../../../support/wire.ts';

const encoded = (fields: CheckRequestFields) => read(encodeCheckRequest(fields));

const full = http(method('GET'), path('/'), host('h'), header('a', 'v'), headerMap(raw('b', 'w')));
const fullRequest = bytes(full, attributes(extension('a', 'x')));

describe('CheckRequest', () => {
  it('reads what Envoy sends', () => {
    const check = encoded({
      method: 'POST',
      path: '/orders?id=1',
      host: 'shop.example:8080',
      headers: { authorization: 'Bearer t', 'x-empty': '' },
      contextExtensions: { scopes: 'read write' },
    });
    expect(check.fault).toBeUndefined();
    expect(check.method).toBe('POST');
    expect(check.path).toBe('/orders?id=1');
    expect(check.host).toBe('shop.example:8080');
    expect(check.header('authorization')).toBe('Bearer t');
    expect(check.header('x-empty')).toBe('');
    expect(check.header('x-absent')).toBeUndefined();
    expect(extensionOf(check, 'scopes')).toBe('read write');
    expect(extensionOf(check, 'authorization')).toBeUndefined();
    expect(check.header('scopes')).toBeUndefined();
  });

  it('asks for gRPC metadata where it is given', () => {
    const check = new CheckRequest(fullRequest, { rpcHeader: (name) => `the ${name}` });
    expect(check.rpcHeader('traceparent')).toBe('the traceparent');
  });

  it.each<[name: string, check: CheckRequest]>([
    ['an empty message', read()],
    ['no request', read(attributes())],
    ['an empty request', read(request())],
    ['an empty http', read(http())],
    ['a TCP check', encoded({ tcp: true })],
  ])('finds nothing wrong with %s', (_, check) => {
    expect(check.fault).toBeUndefined();
    expect(partsOf(check)).toEqual(NOTHING);
  });

  it('reads the extensions of a TCP check', () => {
    const check = encoded({ tcp: true, contextExtensions: { a: 'b' } });
    expect(extensionOf(check, 'a')).toBe('b');
  });

  it.each<[name: string, expected: string | undefined, ...fields: Uint8Array[]]>([
    ['the last of equal headers', '2', header('a', '1'), header('b', '9'), header('a', '2')],
    ['the last one, which is empty', '', header('a', '1'), header('a', '')],
    ['the last one, which has no value', '', header('a', '1'), field(3, field(1, 'a'))],
    ['a header without a key as none', undefined, field(3, field(2, 'v'))],
    [
      'a header of headers before one of header_map',
      'v',
      headerMap(raw('a', 'r')),
      header('a', 'v'),
    ],
    ['one of headers that is empty before it', '', header('a', ''), headerMap(raw('a', 'r'))],
    ['value', 'v', headerMap(plain('a', 'v'))],
    ['raw_value', 'r', headerMap(raw('a', 'r'))],
    [
      'raw_value before value',
      'r',
      headerMap(field(1, field(3, 'r'), field(2, 'v'), field(1, 'a'))),
    ],
    ['neither', '', headerMap(field(1, field(1, 'a')))],
    ['repeated headers, joined', 'r,v,s', headerMap(raw('a', 'r'), plain('a', 'v'), raw('a', 's'))],
    ['only those of the name', 'r,s', headerMap(raw('a', 'r'), raw('aa', 'x'), raw('a', 's'))],
    ['empty ones, joined', ',', headerMap(raw('a', ''), raw('a', ''))],
    ['those of several header_maps', 'r,s', headerMap(raw('a', 'r')), headerMap(raw('a', 's'))],
    ['an empty header_map', undefined, headerMap()],
    ['no raw_value of a map entry', 'v', field(3, field(1, 'a'), field(2, 'v'), field(3, 'r'))],
    ['no raw_value alone of a map entry', '', field(3, field(1, 'a'), field(3, 'r'))],
    ['no other case of the name', undefined, header('A', 'v'), headerMap(raw('A', 'r'))],
  ])('takes %s', (_, expected, ...fields) => {
    const check = read(http(...fields));
    expect(check.fault).toBeUndefined();
    expect(check.header('a')).toBe(expected);
  });

  it.each<[name: string, expected: object, ...parts: Uint8Array[]]>([
    ['takes the last method', { method: 'B' }, http(method('A'), method('B'))],
    ['takes the last path', { path: '/b' }, http(path('/a'), path('/b'))],
    ['takes the last host', { host: 'b' }, http(host('a'), host('b'))],
    ['takes a last one that is empty', { method: '' }, http(method('A'), method(''))],
    [
      'merges http',
      { method: 'A', path: '/b' },
      request(field(2, method('A')), field(2, path('/b'))),
    ],
    [
      'merges request',
      { method: 'A', host: 'h' },
      attributes(field(4, field(2, method('A'))), field(4, field(2, host('h')))),
    ],
    [
      'merges attributes',
      { method: 'A', extension: 'x' },
      http(method('A')),
      attributes(extension('a', 'x')),
    ],
    [
      'takes the last across them',
      { method: 'B', header: '2' },
      http(method('A'), header('a', '1')),
      http(method('B'), header('a', '2')),
    ],
    [
      'keeps what a later one lacks',
      { method: 'A', header: '1' },
      http(method('A'), header('a', '1')),
      http(),
    ],
    [
      'takes the last extension',
      { extension: '2' },
      attributes(extension('a', '1'), extension('a', '2')),
    ],
    [
      'takes the last extension across',
      { extension: '2' },
      attributes(extension('a', '1')),
      attributes(extension('a', '2')),
    ],
  ])('%s', (_, expected, ...parts) => {
    const check = read(...parts);
    expect(check.fault).toBeUndefined();
    expect(partsOf(check)).toEqual({ ...NOTHING, ...expected });
  });

  it('reads 10,000 headers', () => {
    const names = Array.from({ length: 10_000 }, (_, i) => `x-header-${i}`);
    const headers = Object.fromEntries(names.map((name) => [name, `${name}'s`]));
    const values = names.map((key) => ({ key: `raw-${key}`, raw_value: `${key}'s` }));
    const check = encoded({ headers, headerMap: values });
    expect(check.fault).toBeUndefined();
    for (const name of ['x-header-0', 'x-header-9999', 'raw-x-header-0', 'raw-x-header-9999']) {
      expect(check.header(name)).toBe(`${name.replace('raw-', '')}'s`);
    }
    expect(check.header('x-header-10000')).toBeUndefined();
  });

  it('keeps checks apart', () => {
    const first = encoded({ method: 'A', headers: { a: '1' }, contextExtensions: { a: '1' } });
    const second = encoded({ method: 'B', headers: { a: '2' }, contextExtensions: { a: '2' } });
    const third = read(tag(1, 7));
    expect(partsOf(first)).toMatchObject({ method: 'A', header: '1', extension: '1' });
    expect(partsOf(second)).toMatchObject({ method: 'B', header: '2', extension: '2' });
    expect(partsOf(third)).toEqual(NOTHING);
    expect(partsOf(first)).toMatchObject({ method: 'A', header: '1', extension: '1' });
  });
});
