import { describe, expect, it } from 'vitest';
import {
  findMetadata,
  MAX_HEADER_FIELDS,
  MAX_HEADER_LIST_BYTES,
  RequestHead,
} from '../../../../src/sources/http2/request-head.ts';
import { Route } from '../../../../src/sources/http2/route.ts';
import { CHECK_HEAD, fieldOf, type Pair, readHead } from './request.ts';

const OVERHEAD = 32;
const bytesOf = (fields: readonly Pair[]) =>
  fields.reduce((sum, [name, value]) => sum + name.length + value.length + OVERHEAD, 0);

const without = (name: string) => CHECK_HEAD.filter(([candidate]) => candidate !== name);
const more = (...fields: readonly Pair[]) => [...CHECK_HEAD, ...fields];
const isWellFormed = ({ isMalformed, isComplete }: RequestHead) => !isMalformed && isComplete;

function readTrailers(fields: readonly Pair[], head = new RequestHead()): RequestHead {
  head.beginTrailers();
  for (const [name, value] of fields) head.field(fieldOf(name, value));
  return head;
}

describe('the head of a Check', () => {
  it('comes to what a call needs', () => {
    const head = readHead(more(['grpc-timeout', '2S'], ['content-length', '10']));
    expect(isWellFormed(head)).toBe(true);
    expect(head).toMatchObject({
      isPost: true,
      isGrpc: true,
      isIdentity: true,
      isTooLarge: false,
      route: Route.CHECK,
      timeoutMs: 2_000,
      contentLength: 10,
    });
  });

  it('has no timeout, no length and no metadata unless it says so', () => {
    const head = readHead(CHECK_HEAD);
    expect(head).toMatchObject({ timeoutMs: Number.POSITIVE_INFINITY, contentLength: -1 });
    expect(head.metadata).toBe('');
  });

  it('leaves nothing to the next one', () => {
    const head = readHead(more(['a', 'b'], ['grpc-timeout', 'x'], ['content-length', '3']));
    readHead([[':status', '200'], ...new Array<Pair>(200).fill(['x', 'y'])], head);
    readTrailers([], head);
    readHead(CHECK_HEAD, head);
    expect(isWellFormed(head)).toBe(true);
    expect(head).toMatchObject({
      isTooLarge: false,
      timeoutMs: Number.POSITIVE_INFINITY,
      contentLength: -1,
    });
    expect(head.metadata).toBe('');
    readHead([], head);
    expect(head).toMatchObject({
      isPost: false,
      isGrpc: false,
      isComplete: false,
      route: Route.UNKNOWN,
    });
  });
});

describe('pseudo-headers (RFC 9113, section 8.3)', () => {
  it('may stand in any order among themselves', () => {
    const [pseudo, regular] = [CHECK_HEAD.slice(0, 4), CHECK_HEAD.slice(4)];
    expect(isWellFormed(readHead([...pseudo.toReversed(), ...regular]))).toBe(true);
  });

  it.each<[what: string, fields: readonly Pair[]]>([
    ['without :method', without(':method')],
    ['without :scheme', without(':scheme')],
    ['without :path', without(':path')],
    ['without any', CHECK_HEAD.slice(4)],
    ['with nothing at all', []],
    [
      'of CONNECT',
      [
        [':method', 'CONNECT'],
        [':authority', 'a:1'],
      ],
    ],
    ['with :method twice', [[':method', 'POST'], ...CHECK_HEAD]],
    ['with :scheme twice', [[':scheme', 'http'], ...CHECK_HEAD]],
    ['with :path twice', [[':path', '/'], ...CHECK_HEAD]],
    ['with :authority twice', [[':authority', 'sluice'], ...CHECK_HEAD]],
    ['with one of responses', [...CHECK_HEAD.slice(0, 4), [':status', '200']]],
    ['with one that is unknown', [...CHECK_HEAD.slice(0, 4), [':protocol', 'x']]],
    ['with a long one that is unknown', more([':not-known-to-anybody', 'x'])],
    ['with :path after a header', [...without(':path'), [':path', '/']]],
    ['with :authority after a header', [...without(':authority'), [':authority', 'a']]],
    ['with :method after one that is ignored', [['accept-encoding', 'x'], ...CHECK_HEAD]],
    ['with :method after metadata', [['x', 'y'], ...CHECK_HEAD]],
    ['with :method after te', [['te', 'trailers'], ...without('te')]],
    ['with an empty :path', [...without(':path').slice(0, 3), [':path', '']]],
    ['with a :path that is none', [[':path', 'check'], ...without(':path')]],
  ])('make a request malformed %s', (_, fields) => {
    expect(isWellFormed(readHead(fields))).toBe(false);
  });

  it.each<[what: string, fields: readonly Pair[]]>([
    ['without :authority', without(':authority')],
    ['with an empty :authority', [...without(':authority').slice(0, 3), [':authority', '']]],
    ['with a :path of *', [[':path', '*'], ...without(':path')]],
    ['with another method', [[':method', 'GET'], ...without(':method')]],
    ['with a scheme of its own', [[':scheme', 'x'], ...without(':scheme')]],
  ])('are in order %s', (_, fields) => {
    expect(isWellFormed(readHead(fields))).toBe(true);
  });
});

describe('other headers', () => {
  it.each<[name: string, value: string]>([
    ['connection', 'close'],
    ['keep-alive', '1'],
    ['proxy-connection', 'close'],
    ['transfer-encoding', 'chunked'],
    ['upgrade', 'h2c'],
    ['te', 'gzip'],
    ['Upper-Case', 'x'],
    ['', 'x'],
    ['a b', 'x'],
    ['x', 'line\nbreak'],
    ['x', ' x'],
    ['content-length', '-1'],
  ])('make a request malformed: %s: %s', (name, value) => {
    expect(readHead(more([name, value])).isMalformed).toBe(true);
  });

  it.each<[what: string, malformed: boolean, fields: readonly Pair[]]>([
    [
      'lengths that agree',
      false,
      [
        ['content-length', '5'],
        ['content-length', '5'],
      ],
    ],
    [
      'lengths that do not',
      true,
      [
        ['content-length', '5'],
        ['content-length', '6'],
      ],
    ],
    [
      'a length of 0 and another',
      true,
      [
        ['content-length', '0'],
        ['content-length', '6'],
      ],
    ],
    [
      'what is ignored, twice',
      false,
      [
        ['accept-encoding', 'a'],
        ['accept-encoding', 'b'],
      ],
    ],
  ])('%s: malformed is %s', (_, malformed, fields) => {
    expect(readHead(more(...fields)).isMalformed).toBe(malformed);
  });

  it('say what the message comes in', () => {
    expect(readHead(more(['grpc-encoding', 'identity'])).isIdentity).toBe(true);
    expect(readHead(more(['grpc-encoding', 'gzip'])).isIdentity).toBe(false);
    expect(readHead(without('content-type')).isGrpc).toBe(false);
    expect(readHead(more(['grpc-timeout', '1'])).timeoutMs).toBeNaN();
  });
});

describe('too many headers', () => {
  const fill = (fields: readonly Pair[], bytes: number): Pair[] => {
    const value = 'v'.repeat(bytes - bytesOf(fields) - OVERHEAD - 1);
    return [...fields, ['x', value]];
  };

  it('are more than the fields allowed', () => {
    const rest = MAX_HEADER_FIELDS - CHECK_HEAD.length;
    const most = more(...new Array<Pair>(rest).fill(['x', 'y']));
    expect(readHead(most).isTooLarge).toBe(false);
    expect(readHead([...most, ['x', 'y']]).isTooLarge).toBe(true);
    expect(readHead([...most, ['accept-encoding', 'x']]).isTooLarge).toBe(true);
  });

  it('are more than the bytes allowed, of which every field counts 32 more', () => {
    expect(readHead(fill(CHECK_HEAD, MAX_HEADER_LIST_BYTES)).isTooLarge).toBe(false);
    expect(readHead(fill(CHECK_HEAD, MAX_HEADER_LIST_BYTES + 1)).isTooLarge).toBe(true);
  });

  it('are counted whatever they are', () => {
    const long = 'v'.repeat(MAX_HEADER_LIST_BYTES);
    for (const name of ['accept-encoding', ':authority', 'grpc-encoding']) {
      expect(readHead([[name, long], ...without(name)]).isTooLarge).toBe(true);
    }
  });

  it('are not kept where they are more than is allowed', () => {
    const half = 'v'.repeat(MAX_HEADER_LIST_BYTES / 2);
    const head = readHead(more(['a', half], ['b', half], ['c', half]));
    expect(head.isTooLarge).toBe(true);
    expect(head.metadata).toBe('');
  });

  it('are not told by one that is as long as all may be', () => {
    const head = readHead(fill([], MAX_HEADER_LIST_BYTES));
    expect(head.isTooLarge).toBe(false);
    expect(findMetadata(head.metadata, 'x')).toHaveLength(MAX_HEADER_LIST_BYTES - 33);
  });
});

describe('metadata', () => {
  const metadataOf = (...fields: readonly Pair[]) => readHead(more(...fields)).metadata;

  it('is what is nobody else’s concern', () => {
    const metadata = metadataOf(['traceparent', '00-1'], ['accept-encoding', 'x'], ['b3', '0']);
    expect(findMetadata(metadata, 'traceparent')).toBe('00-1');
    expect(findMetadata(metadata, 'b3')).toBe('0');
    for (const name of [':path', 'te', 'content-type', 'accept-encoding', 'grpc-timeout', '']) {
      expect(findMetadata(metadata, name)).toBeUndefined();
    }
  });

  it.each<[what: string, fields: readonly Pair[], expected: string | undefined]>([
    [
      'joins what comes more than once',
      [
        ['a', '1'],
        ['b', '2'],
        ['a', '3'],
      ],
      '1, 3',
    ],
    [
      'joins three',
      [
        ['a', '1'],
        ['a', '2'],
        ['a', '3'],
      ],
      '1, 2, 3',
    ],
    [
      'joins what is empty, too',
      [
        ['a', ''],
        ['a', ''],
      ],
      ', ',
    ],
    ['tells empty from absent', [['a', '']], ''],
    ['tells absent from empty', [['b', '']], undefined],
    [
      'looks for whole names',
      [
        ['ab', '1'],
        ['ba', '2'],
        ['a-', '3'],
      ],
      undefined,
    ],
    [
      'does not look for names in values',
      [
        ['b', 'a'],
        ['c', 'a'],
      ],
      undefined,
    ],
    ['keeps bytes as they are', [['a', '\x01\x7f\xff\t\xe9']], '\x01\x7f\xff\t\xe9'],
    [
      'finds the last',
      [
        ['b', '1'],
        ['c', '2'],
        ['a', '3'],
      ],
      '3',
    ],
  ])('%s', (_, fields, expected) => {
    expect(findMetadata(metadataOf(...fields), 'a')).toBe(expected);
  });

  it('has nothing of a field that is malformed', () => {
    expect(metadataOf(['a', 'x\n'], ['A', 'x'], ['a', ' x'])).toBe('');
  });

  it('outlives the next head', () => {
    const metadata = metadataOf(['a', '1']);
    metadataOf(['b', '2']);
    expect(findMetadata(metadata, 'a')).toBe('1');
  });

  it('is nothing in nothing', () => {
    expect(findMetadata('', 'a')).toBeUndefined();
    expect(findMetadata('', '')).toBeUndefined();
  });
});

describe('trailers', () => {
  it('may have any header', () => {
    expect(readTrailers([]).isMalformed).toBe(false);
    expect(
      readTrailers([
        ['a', 'b'],
        ['grpc-status', '0'],
      ]).isMalformed,
    ).toBe(false);
  });

  it.each(CHECK_HEAD.filter(([name]) => name.startsWith(':')))('may not have %s', (name, value) => {
    expect(readTrailers([[name, value]]).isMalformed).toBe(true);
  });

  it.each<Pair>([
    ['connection', 'close'],
    ['A', 'b'],
    [':status', '200'],
    ['a', 'b\0'],
  ])('may not have %s', (name, value) => {
    expect(readTrailers([[name, value]]).isMalformed).toBe(true);
  });

  it('are told from a request that follows', () => {
    const head = readTrailers([[':method', 'POST']]);
    expect(isWellFormed(readHead(CHECK_HEAD, head))).toBe(true);
  });
});
