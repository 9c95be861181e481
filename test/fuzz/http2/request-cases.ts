import {
  CHECK_PATH,
  check,
  checkBlock,
  checkFields,
  data,
  fieldsFor,
  head,
  messageOf,
  prefixed,
} from './checks.ts';
import type { Cases } from './exchange.ts';
import { END_HEADERS, END_STREAM, frame, Type, uint32 } from './frames.ts';
import { type Fields, indexed, indexedLiteral, literal, literals, tableSize } from './hpack.ts';

const NOTHING = Buffer.alloc(0);
const bytes = (...values: readonly number[]): Buffer => Buffer.from(values);

const end = (id: number, content: Buffer = messageOf(`/${id}`)): Buffer =>
  data(id, content, END_STREAM);
/** A Check with more fields, or fewer. */
const asking = (id: number, ...fields: Fields): Buffer[] => [
  head(id, literals([...checkFields, ...fields])),
  end(id),
];
const without = (name: string): Buffer[] => [
  head(1, literals(checkFields.filter(([field]) => field !== name))),
  end(1),
];
const instead = (name: string, value: string): Buffer[] => [
  head(1, literals(checkFields.map((field) => (field[0] === name ? [name, value] : field)))),
  end(1),
];
/** Requests: their header blocks, their messages. */
export const requestCases: Cases = {
  'one Check': check(1),
  'three Checks': [...check(1), ...check(3), ...check(5)],
  'ids that are left out': [...check(3), ...check(9)],
  'a table that is built up and used': [
    head(1, Buffer.concat(checkFields.map(([name, value]) => indexedLiteral(name, value)))),
    end(1),
    head(3, Buffer.concat([67, 66, 65, 64, 63, 62].map(indexed))),
    end(3),
  ],
  'headers in three parts': [
    frame(Type.HEADERS, 0, 1, checkBlock.subarray(0, 9)),
    frame(Type.CONTINUATION, 0, 1, checkBlock.subarray(9, 50)),
    frame(Type.CONTINUATION, END_HEADERS, 1, checkBlock.subarray(50)),
    end(1),
  ],
  'a message in parts': [
    head(1),
    ...[0, 3, 5, 6].map((at, i, all) => data(1, messageOf('/parts').subarray(at, all[i + 1]))),
    end(1, NOTHING),
  ],
  trailers: [head(1), data(1, messageOf('/1')), head(1, literal('x-t', 'y'), END_STREAM)],
  'trailers that do not end': [head(1), data(1, messageOf('/1')), head(1, literal('x-t', 'y'))],
  'trailers with a pseudo-header': [
    head(1),
    data(1, messageOf('/1')),
    head(1, literal(':path', '/'), END_STREAM),
  ],
  'trailers with an upper-case name': [
    head(1),
    data(1, messageOf('/1')),
    head(1, literal('X-T', 'y'), END_STREAM),
  ],
  'no message': [head(1, checkBlock, END_STREAM)],
  'no message, and empty DATA': [head(1), end(1, NOTHING)],
  'an empty message': [head(1), end(1, prefixed(NOTHING))],
  'two messages': [head(1), end(1, Buffer.concat([messageOf('/1'), messageOf('/2')]))],
  'half a message': [head(1), end(1, messageOf('/half').subarray(0, 9))],
  'half a prefix': [head(1), end(1, bytes(0, 0, 0))],
  'a message that protobuf cannot read': [head(1), end(1, prefixed(bytes(0xff, 0xff)))],
  'a message marked as compressed': [
    head(1),
    end(1, Buffer.concat([bytes(1), uint32(2), bytes(8, 1)])),
  ],
  'a message of more than 1 MiB announced': [
    head(1),
    end(1, Buffer.concat([bytes(0), uint32(2 ** 20 + 1)])),
  ],
  'a message of more than 4 MiB announced': [
    head(1),
    data(1, Buffer.concat([bytes(0), uint32(2 ** 23), bytes(1)])),
  ],
  'a large message': [
    head(1),
    ...[0, 1, 2, 3].map((part) =>
      data(1, messageOf('/large', 60_000).subarray(part * 16_000, (part + 1) * 16_000)),
    ),
    end(1, NOTHING),
  ],
  'a method that nobody serves': [head(1, literals(fieldsFor('/nobody/Knows'))), end(1)],
  'a path without a slash': instead(':path', 'nobody'),
  'an empty path': instead(':path', ''),
  'a Check of Health': [
    head(1, literals(fieldsFor('/grpc.health.v1.Health/Check'))),
    end(1, prefixed(NOTHING)),
  ],
  GET: instead(':method', 'GET'),
  PUT: instead(':method', 'PUT'),
  CONNECT: [
    head(
      1,
      literals([
        [':method', 'CONNECT'],
        [':authority', 'sluice'],
      ]),
    ),
    end(1),
  ],
  https: instead(':scheme', 'https'),
  'no :method': without(':method'),
  'no :scheme': without(':scheme'),
  'no :path': without(':path'),
  'no :authority': without(':authority'),
  'no te': without('te'),
  'no content-type': without('content-type'),
  'another content-type': instead('content-type', 'application/json'),
  'content-type with +proto': instead('content-type', 'application/grpc+proto'),
  'content-type with a parameter': instead('content-type', 'application/grpc;v=1'),
  'content-type with +json': instead('content-type', 'application/grpc+json'),
  'content-type of grpc-web': instead('content-type', 'application/grpc-web'),
  'te with another value': instead('te', 'gzip'),
  ':path twice': [head(1, Buffer.concat([literal(':path', CHECK_PATH), checkBlock])), end(1)],
  'a pseudo-header after the others': [
    head(1, Buffer.concat([literal('x-a', 'b'), checkBlock])),
    end(1),
  ],
  'an unknown pseudo-header': [head(1, Buffer.concat([literal(':x', 'y'), checkBlock])), end(1)],
  ':status in a request': [head(1, Buffer.concat([literal(':status', '200'), checkBlock])), end(1)],
  'an upper-case name': asking(1, ['X-Upper', 'a']),
  'a name with a space': asking(1, ['x a', 'a']),
  'a name with a colon': asking(1, ['x:a', 'a']),
  'an empty name': asking(1, ['', 'a']),
  'an empty value': asking(1, ['x-a', '']),
  'a value with NUL': asking(1, ['x-a', 'a\0b']),
  'a value with a line feed': asking(1, ['x-a', 'a\nb']),
  'a value with a control character': asking(1, ['x-a', 'a\x01b']),
  'a value with a space in front': asking(1, ['x-a', ' a']),
  'a value with a tab behind': asking(1, ['x-a', 'a\t']),
  'a value beyond ASCII': asking(1, ['x-request-id', 'caf\xe9']),
  connection: asking(1, ['connection', 'close']),
  'keep-alive': asking(1, ['keep-alive', '5']),
  'transfer-encoding': asking(1, ['transfer-encoding', 'chunked']),
  upgrade: asking(1, ['upgrade', 'h2c']),
  'proxy-connection': asking(1, ['proxy-connection', 'close']),
  'a cookie in two crumbs': asking(1, ['cookie', 'a=b'], ['cookie', 'c=d']),
  'host beside :authority': asking(1, ['host', 'another']),
  metadata: asking(1, ['x-request-id', 'metadata']),
  'metadata twice': asking(1, ['x-request-id', 'one'], ['x-request-id', 'two']),
  'metadata that is binary': asking(1, ['x-request-id-bin', 'AAEC']),
  'metadata that is binary but is not base64': asking(1, ['x-id-bin', '***']),
  'content-length that holds': asking(1, ['content-length', String(messageOf('/1').length)]),
  'content-length that is too large': asking(1, ['content-length', '1000']),
  'content-length that is too small': asking(1, ['content-length', '1']),
  'content-length that is no number': asking(1, ['content-length', 'x']),
  'content-length twice, and equal': asking(1, ['content-length', '23'], ['content-length', '23']),
  'content-length without a body': [
    head(1, literals([...checkFields, ['content-length', '5']]), END_STREAM),
  ],
  'grpc-timeout': asking(1, ['grpc-timeout', '10S']),
  'grpc-timeout that is none': asking(1, ['grpc-timeout', 'soon']),
  'grpc-timeout of nine digits': asking(1, ['grpc-timeout', '123456789m']),
  'grpc-encoding of identity': asking(1, ['grpc-encoding', 'identity']),
  'grpc-encoding of gzip': asking(1, ['grpc-encoding', 'gzip']),
  'grpc-encoding that nobody knows': asking(1, ['grpc-encoding', 'snow']),
  '130 fields': asking(1, ...Array.from({ length: 130 }, (_, i) => ['x-many', `${i}`] as const)),
  'a table of size 0': [head(1, Buffer.concat([tableSize(0), checkBlock])), end(1)],
  'a table that is too large': [head(1, Buffer.concat([tableSize(4_097), checkBlock])), end(1)],
  'a table size amid the fields': [head(1, Buffer.concat([checkBlock, tableSize(0)])), end(1)],
  'an index that is not there': [head(1, Buffer.concat([checkBlock, indexed(62)])), end(1)],
  'index 0': [head(1, Buffer.concat([checkBlock, bytes(0x80)])), end(1)],
  'a literal that is cut short': [head(1, Buffer.concat([checkBlock, bytes(0, 9, 0x61)])), end(1)],
  'Huffman that is padded with zeros': [
    head(1, Buffer.concat([checkBlock, bytes(0, 0x82, 0x1c, 0x64, 0x81, 0x18)])),
    end(1),
  ],
  'Huffman with the end of the string': [
    head(1, Buffer.concat([checkBlock, bytes(0, 0x82, 0x1c, 0x64, 0x84, 0xff, 0xff, 0xff, 0xff)])),
    end(1),
  ],
  'an empty header checkBlock': [head(1, NOTHING), end(1)],
};
