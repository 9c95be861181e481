import { describe, expect, it } from 'vitest';
import { MAX_REQUEST_BYTES } from '../../../../src/sources/codec/check-request.ts';
import { extensionOf, NOTHING, partsOf, readCheck as read } from '../../../support/check-parts.ts';
import { encodeCheckRequest } from '../../../support/protobuf.ts';
import {
  attributes,
  bytes,
  entry,
  extension,
  field,
  fixed32,
  fixed64,
  group,
  groups,
  header,
  headerMap,
  host,
  http,
  method,
  number,
  path,
  plain,
  raw,
  request,
  tag,
  varint,
} from '../../../support/wire.ts';

const full = http(method('GET'), path('/'), host('h'), header('a', 'v'), headerMap(raw('b', 'w')));
const fullRequest = bytes(full, attributes(extension('a', 'x')));

describe('CheckRequest, of hostile bytes,', () => {
  const noise: readonly [name: string, noise: Uint8Array][] = [
    ['varints', number(500, 2 ** 40)],
    ['64 bits', fixed64(500)],
    ['32 bits', fixed32(500)],
    ['content', field(500, 'x')],
    ['content that is no message', field(500, tag(0, 7))],
    ['groups', group(500, method('EVIL'), header('a', 'evil'), group(2, path('/evil')))],
  ];
  const levels: readonly [name: string, build: (noise: Uint8Array) => Uint8Array][] = [
    ['CheckRequest', (noise) => bytes(noise, fullRequest, noise)],
    ['attributes', (noise) => bytes(attributes(noise), fullRequest, attributes(noise))],
    ['request', (noise) => bytes(request(noise), fullRequest, request(noise))],
    ['http', (noise) => bytes(http(noise), fullRequest, http(noise))],
    ['header_map', (noise) => bytes(fullRequest, http(headerMap(noise)))],
    ['a header', (noise) => bytes(fullRequest, http(field(3, noise, entry('a', 'v'), noise)))],
    ['an extension', (noise) => bytes(fullRequest, attributes(field(10, noise, entry('a', 'x'))))],
  ];
  const everywhere = levels.flatMap(([level, build]) =>
    noise.map(([name, piece]) => [name, level, build(piece)] as const),
  );

  it.each(everywhere)('leaves out unknown %s in %s', (_name, _level, message) => {
    const check = read(message);
    expect(check.fault).toBeUndefined();
    expect(partsOf(check)).toEqual({
      method: 'GET',
      path: '/',
      host: 'h',
      header: 'v',
      extension: 'x',
    });
    expect(check.header('b')).toBe('w');
  });

  it.each([0, 1, 3, 5])(
    'takes a known number with wire type %i for an unknown field',
    (wireType) => {
      const other = (at: number) =>
        [number(at, 1), fixed64(at), undefined, group(at), undefined, fixed32(at)][
          wireType
        ] as Buffer;
      const check = read(
        other(1),
        fullRequest,
        attributes(other(4), other(10), field(4, other(2))),
        http(other(2), other(3), other(4), other(5), other(13), headerMap(other(1))),
        http(
          field(3, field(1, 'c'), other(1), other(2)),
          headerMap(field(1, field(1, 'd'), other(3))),
        ),
      );
      expect(check.fault).toBeUndefined();
      expect(partsOf(check)).toEqual({
        method: 'GET',
        path: '/',
        host: 'h',
        header: 'v',
        extension: 'x',
      });
      expect([check.header('b'), check.header('c'), check.header('d')]).toEqual(['w', '', '']);
    },
  );

  const broken: readonly [name: string, broken: Uint8Array][] = [
    ['field number 0', Buffer.from([0x02, 0x00])],
    ['wire type 7', tag(500, 7)],
    ['the end of no group', tag(500, 4)],
    ['a group without an end', tag(500, 3)],
    ['a group that ends as another', bytes(tag(500, 3), tag(501, 4))],
    ['too many groups', groups(101)],
    ['a length past the end', bytes(tag(500, 2), varint(100_000))],
    ['a length of 2^32 - 1', bytes(tag(2, 2), varint(2 ** 32 - 1))],
    ['a varint of eleven bytes', bytes(tag(500, 0), Buffer.alloc(10, 0x80), Buffer.from([1]))],
    ['a varint that is cut off', bytes(tag(500, 0), Buffer.from([0x80]))],
    ['a tag that is cut off', Buffer.from([0x80])],
    ['four of eight bytes', fixed64(500).subarray(0, -4)],
  ];
  const allBroken = levels.flatMap(([level, build]) =>
    broken.map(([name, piece]) => [name, level, build(piece)] as const),
  );

  it.each(allBroken)('refuses %s in %s, and has no parts then', (_name, _level, message) => {
    const check = read(message);
    expect(check.fault).toBe('malformed_request');
    expect(partsOf(check)).toEqual(NOTHING);
    expect(check.header('b')).toBeUndefined();
  });

  it('refuses a message that is cut off anywhere but between fields', () => {
    const message = encodeCheckRequest({ headers: { a: 'v' }, contextExtensions: { a: 'x' } });
    for (let length = 1; length < message.length; length++) {
      const check = read(message.subarray(0, length));
      expect(check.fault, `${length} bytes`).toBe('malformed_request');
      expect(partsOf(check)).toEqual(NOTHING);
    }
  });

  it.each([
    ['in http', 97, (inner: Uint8Array) => http(inner)],
    ['in a header', 96, (inner: Uint8Array) => http(field(3, inner))],
    ['in a value of header_map', 95, (inner: Uint8Array) => http(headerMap(field(1, inner)))],
    ['in an extension', 98, (inner: Uint8Array) => attributes(field(10, inner))],
  ] as const)('follows no more than 100 messages and groups %s', (_, depth, around) => {
    expect(read(around(groups(depth))).fault).toBeUndefined();
    expect(read(around(groups(depth + 1))).fault).toBe('malformed_request');
  });

  it('takes up to 1 MiB, and does not look into more', () => {
    expect(MAX_REQUEST_BYTES).toBe(2 ** 20);
    const sized = (length: number) => {
      const rest = length - fullRequest.length;
      return bytes(fullRequest, field(500, Buffer.alloc(rest - 5)));
    };
    const largest = sized(2 ** 20);
    expect(largest).toHaveLength(2 ** 20);
    expect(partsOf(read(largest))).toMatchObject({ method: 'GET', header: 'v', extension: 'x' });
    const larger = read(sized(2 ** 20 + 1));
    expect(larger.fault).toBe('request_too_large');
    expect(partsOf(larger)).toEqual(NOTHING);
    expect(read(Buffer.alloc(2 ** 20 + 1)).fault).toBe('request_too_large');
    expect(read(Buffer.alloc(2 ** 20)).fault).toBe('malformed_request');
  });

  const bad: readonly [name: string, bytes: Buffer][] = [
    ['a lone continuation byte', Buffer.from([0x80])],
    ['a byte UTF-8 does not have', Buffer.from([0xff])],
    ['a sequence that is cut off', Buffer.from([0xe2, 0x82])],
    ['more bytes than needed', Buffer.from([0xc1, 0x81])],
    ['a surrogate', Buffer.from([0xed, 0xa0, 0x80])],
    ['a NUL of two bytes', Buffer.from([0xc0, 0x80])],
  ];

  it.each(bad)('never makes a value that passes of %s', (_, byte) => {
    for (const [before, after] of [
      ['Bearer t', ''],
      ['', 'Bearer t'],
      ['Bear', 'er t'],
    ] as const) {
      const value = bytes(before, byte, after);
      for (const check of [
        read(http(header('authorization', value), method(value), path(value), host(value))),
        read(
          http(headerMap(plain('authorization', value)), method(value), path(value), host(value)),
        ),
        read(http(headerMap(raw('authorization', value)), method(value), path(value), host(value))),
      ]) {
        expect(check.fault).toBeUndefined();
        for (const text of [check.header('authorization'), check.method, check.path, check.host]) {
          expect(text).toContain('\ufffd');
          expect(text).not.toBe('Bearer t');
        }
      }
    }
  });

  it.each(bad)('never takes a name with %s for another', (_, byte) => {
    const key = bytes('authorization', byte);
    const check = read(
      http(header(key, 'v'), headerMap(raw(key, 'v'))),
      attributes(extension(key, 'v')),
    );
    expect(check.fault).toBeUndefined();
    expect(check.header('authorization')).toBeUndefined();
    expect(extensionOf(check, 'authorization')).toBeUndefined();
  });
});
