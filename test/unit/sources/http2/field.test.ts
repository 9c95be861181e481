import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Field, Kind } from '../../../../src/sources/http2/field.ts';
import { Route } from '../../../../src/sources/http2/route.ts';
import { CHECK, fieldOf } from './request.ts';

const kindOf = (name: string | Uint8Array, value: string | Uint8Array) => fieldOf(name, value).kind;
const numberOf = (name: string, value: string) => fieldOf(name, value).number;
const byte = (value: number) => Uint8Array.of(0x61, value, 0x61);
const bytesWhere = (test: (value: number) => boolean) =>
  Array.from({ length: 256 }, (_, value) => value).filter(test);

describe('the kind of a field', () => {
  it.each<[name: string, value: string, kind: keyof typeof Kind]>([
    [':method', 'POST', 'METHOD'],
    [':scheme', 'https', 'SCHEME'],
    [':authority', 'sluice:9001', 'AUTHORITY'],
    [':path', '/', 'PATH'],
    ['content-type', 'application/grpc', 'CONTENT_TYPE'],
    ['content-length', '5', 'CONTENT_LENGTH'],
    ['te', 'trailers', 'TE'],
    ['grpc-timeout', '1S', 'GRPC_TIMEOUT'],
    ['grpc-encoding', 'gzip', 'GRPC_ENCODING'],
    ['grpc-accept-encoding', 'gzip', 'IGNORED'],
    ['accept-encoding', 'gzip', 'IGNORED'],
    ['connection', 'close', 'FORBIDDEN'],
    ['keep-alive', '1', 'FORBIDDEN'],
    ['proxy-connection', 'close', 'FORBIDDEN'],
    ['transfer-encoding', 'chunked', 'FORBIDDEN'],
    ['upgrade', 'h2c', 'FORBIDDEN'],
    ['traceparent', '00-1-2-01', 'METADATA'],
    ['user-agent', 'grpc-go', 'METADATA'],
    ['a-name-that-is-longer-than-all-that-are-known', 'x', 'METADATA'],
    ['grpc-accept-encodings', 'x', 'METADATA'],
    ['host', 'sluice', 'METADATA'],
    ['x', '', 'METADATA'],
    // Of responses, or of nothing that is registered.
    [':status', '200', 'FORBIDDEN'],
    [':protocol', 'websocket', 'FORBIDDEN'],
    [':paths', '/', 'FORBIDDEN'],
    [':', '', 'FORBIDDEN'],
    [':a-pseudo-header-of-25-bytes', 'x', 'FORBIDDEN'],
  ])('of %s: %s is %s', (name, value, kind) => {
    expect(kindOf(name, value)).toBe(Kind[kind]);
  });

  it('is that of its own name when one object serves many', () => {
    const field = new Field();
    const read = (name: string, value: string) => {
      Object.assign(field, { ...fieldOf(name, value), kind: field.kind, number: field.number });
      field.judgeName();
      field.judgeValue();
      return [field.nameKind, field.kind, field.number];
    };
    expect(read('grpc-timeout', '2m')).toEqual([Kind.GRPC_TIMEOUT, Kind.GRPC_TIMEOUT, 2]);
    expect(read('te', 'deflate')).toEqual([Kind.TE, Kind.FORBIDDEN, 0]);
    expect(read('x', 'y')).toEqual([Kind.METADATA, Kind.METADATA, 0]);
  });

  it('is judged anew for another value of the same name', () => {
    const field = fieldOf('te', 'deflate');
    const other = fieldOf('te', 'trailers');
    const { valueBytes, valueStart, valueStop } = other;
    Object.assign(field, { valueBytes, valueStart, valueStop });
    field.judgeValue();
    expect(field.kind).toBe(Kind.TE);
  });
});

describe('a name', () => {
  it('has no byte that RFC 9113 forbids, at either end or between', () => {
    const forbidden = bytesWhere(
      (value) => value <= 0x20 || value >= 0x7f || (value >= 0x41 && value <= 0x5a),
    );
    for (const value of forbidden) {
      expect(kindOf(byte(value), 'x'), `byte ${value}`).toBe(Kind.FORBIDDEN);
      expect(kindOf(Uint8Array.of(value), 'x'), `byte ${value}`).toBe(Kind.FORBIDDEN);
      expect(kindOf(Uint8Array.of(value, 0x61), 'x'), `byte ${value}`).toBe(Kind.FORBIDDEN);
      expect(kindOf(Uint8Array.of(0x61, value), 'x'), `byte ${value}`).toBe(Kind.FORBIDDEN);
    }
  });

  it('has any other', () => {
    const allowed = bytesWhere(
      (value) =>
        value > 0x20 && value < 0x7f && !(value >= 0x41 && value <= 0x5a) && value !== 0x3a,
    );
    for (const value of allowed) {
      expect(kindOf(byte(value), 'x'), `byte ${value}`).toBe(Kind.METADATA);
    }
  });

  it.each(['', 'a:', 'a:b', '::method', 'Content-Type', 'content-typE'])('is not %j', (name) => {
    expect(kindOf(name, 'x')).toBe(Kind.FORBIDDEN);
  });
});

describe('a value', () => {
  it('has no NUL, LF or CR, whatever the name', () => {
    for (const value of bytesWhere((candidate) => [0x00, 0x0a, 0x0d].includes(candidate))) {
      for (const name of ['x', ':authority', 'accept-encoding', ':path']) {
        expect(kindOf(name, byte(value)), `byte ${value}`).toBe(Kind.FORBIDDEN);
        expect(kindOf(name, Uint8Array.of(value)), `byte ${value}`).toBe(Kind.FORBIDDEN);
      }
    }
  });

  it('has any other byte', () => {
    for (const value of bytesWhere((candidate) => ![0x00, 0x0a, 0x0d].includes(candidate))) {
      expect(kindOf('x', byte(value)), `byte ${value}`).toBe(Kind.METADATA);
    }
  });

  it.each([' x', 'x ', '\tx', 'x\t', ' ', '\t'])('is not %j', (value) => {
    expect(kindOf('x', value)).toBe(Kind.FORBIDDEN);
  });

  it.each(['', 'a b', 'a\tb'])('may be %j', (value) => {
    expect(kindOf('x', value)).toBe(Kind.METADATA);
  });

  it('may be long, and is interpreted by its beginning only where that tells all', () => {
    const long = 'x'.repeat(10_000);
    expect(kindOf('x', long)).toBe(Kind.METADATA);
    expect(kindOf('content-length', '0'.repeat(10_000))).toBe(Kind.FORBIDDEN);
    expect(numberOf('content-type', `application/grpc;${long}`)).toBe(1);
    expect(numberOf('grpc-timeout', `${'0'.repeat(10_000)}1S`)).toBeNaN();
    expect(numberOf(':path', CHECK.padEnd(10_000, 'k'))).toBe(Route.UNKNOWN);
    expect(numberOf('grpc-encoding', 'identity'.padEnd(10_000, 'y'))).toBe(0);
  });
});

describe('content-type', () => {
  it.each([
    ['application/grpc', 1],
    ['application/grpc+proto', 1],
    ['application/grpc;charset=utf-8', 1],
    ['application/grpc+proto; charset=utf-8', 1],
    ['application/grpc+json', 0],
    ['application/grpc+protobuf', 0],
    ['application/grpc-web', 0],
    ['application/grpc-web+proto', 0],
    ['application/grpcx', 0],
    ['xapplication/grpc', 0],
    ['text/plain, application/grpc', 0],
    ['application/json', 0],
    ['', 0],
  ])('%s: gRPC is %i', (value, expected) => {
    expect(fieldOf('content-type', value)).toMatchObject({
      kind: Kind.CONTENT_TYPE,
      number: expected,
    });
  });
});

describe('content-length', () => {
  it.each([
    ['0', 0],
    ['5', 5],
    ['007', 7],
    ['999999999999999', 999_999_999_999_999],
  ])('%s is %i', (value, expected) => {
    expect(fieldOf('content-length', value)).toMatchObject({
      kind: Kind.CONTENT_LENGTH,
      number: expected,
    });
  });

  it.each(['', '-1', '+1', '1.0', '1e3', '0x10', '1, 1', 'one', '9'.repeat(16)])(
    'is not %j',
    (value) => {
      expect(kindOf('content-length', value)).toBe(Kind.FORBIDDEN);
    },
  );
});

describe('te', () => {
  it.each(['', 'Trailers', 'trailers, deflate', 'trailers;q=1', 'gzip', 'trailer'])(
    'is trailers, and not %j',
    (value) => {
      expect(kindOf('te', value)).toBe(Kind.FORBIDDEN);
    },
  );
});

describe('what a value comes to', () => {
  it.each([
    [':method', 'POST', 1],
    [':method', 'GET', 0],
    [':method', 'post', 0],
    [':method', 'POSTS', 0],
    ['grpc-encoding', 'identity', 1],
    ['grpc-encoding', 'gzip', 0],
    ['grpc-encoding', '', 0],
    ['grpc-timeout', '250m', 250],
    ['grpc-timeout', 'soon', Number.NaN],
    ['x', '7', 0],
  ])('%s: %s comes to %d', (name, value, expected) => {
    expect(numberOf(name, value)).toBe(expected);
  });
});

describe(':path', () => {
  it.each<[path: string, route: keyof typeof Route]>([
    [CHECK, 'CHECK'],
    ['/grpc.health.v1.Health/Check', 'HEALTH_CHECK'],
    ['/grpc.health.v1.Health/Watch', 'HEALTH_WATCH'],
    ['/grpc.reflection.v1.ServerReflection/ServerReflectionInfo', 'REFLECTION_V1'],
    ['/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo', 'REFLECTION_V1ALPHA'],
    ['/', 'UNKNOWN'],
    ['*', 'UNKNOWN'],
    [`${CHECK}/`, 'UNKNOWN'],
    [`${CHECK}?a=b`, 'UNKNOWN'],
    [CHECK.toLowerCase(), 'UNKNOWN'],
  ])('%s leads to %s', (path, route) => {
    expect(fieldOf(':path', path)).toMatchObject({ kind: Kind.PATH, number: Route[route] });
  });

  it.each(['', CHECK.slice(1), 'http://sluice/', '?', '**'])('is not %j', (path) => {
    expect(kindOf(':path', path)).toBe(Kind.FORBIDDEN);
  });
});

describe('any bytes', () => {
  it('are judged without a throw, and a forbidden name is so with any value', () => {
    const someBytes = fc.uint8Array({ maxLength: 90 });
    fc.assert(
      fc.property(someBytes, someBytes, (name, value) => {
        const field = fieldOf(name, value);
        expect(Object.values(Kind)).toContain(field.kind);
        if (field.nameKind === Kind.FORBIDDEN) expect(field.kind).toBe(Kind.FORBIDDEN);
      }),
    );
  });
});
