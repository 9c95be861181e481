import { describe, expect, it } from 'vitest';
import { Route } from '../../../../src/sources/http2/route.ts';
import { type Refused, screen } from '../../../../src/sources/http2/screen.ts';
import { parseBlock, parseFrames } from './frames.ts';
import { CHECK_HEAD, type Pair, readHead } from './request.ts';

const none = () => false;
const all = () => true;

function told(refused: Refused | undefined) {
  if (refused === undefined || refused.kind === 'plain') return refused;
  const [frame] = parseFrames(refused.frame);
  return Object.fromEntries(parseBlock(frame?.payload ?? Buffer.alloc(0)));
}

const replaced = (fields: readonly Pair[], [name, value]: Pair): readonly Pair[] =>
  fields.map((field) => (field[0] === name ? [name, value] : field));
const added = (fields: readonly Pair[], field: Pair): readonly Pair[] => [...fields, field];

/** What can be wrong, what is said of it first coming first. */
const faults: readonly [
  what: string,
  spoil: (fields: readonly Pair[]) => readonly Pair[],
  expected: object,
][] = [
  [
    'has too many headers',
    (fields) => [...fields, ...new Array<Pair>(128).fill(['x', 'y'])],
    { kind: 'plain', httpStatus: 431, text: expect.stringContaining('headers') },
  ],
  [
    'is no POST',
    (fields) => replaced(fields, [':method', 'GET']),
    { kind: 'plain', httpStatus: 405, text: expect.stringContaining('POST') },
  ],
  [
    'is no gRPC',
    (fields) => replaced(fields, ['content-type', 'application/json']),
    { kind: 'plain', httpStatus: 415, text: expect.stringContaining('application/grpc') },
  ],
  [
    'asks for a method that is not served',
    (fields) => replaced(fields, [':path', '/no.Such/Method']),
    { ':status': '200', 'grpc-status': '12', 'grpc-message': 'unknown method' },
  ],
  [
    'comes in an encoding',
    (fields) => added(fields, ['grpc-encoding', 'gzip']),
    { ':status': '200', 'grpc-status': '12', 'grpc-accept-encoding': 'identity' },
  ],
  [
    'has a timeout that is none',
    (fields) => added(fields, ['grpc-timeout', '1 second']),
    { ':status': '200', 'grpc-status': '13', 'grpc-message': 'malformed grpc-timeout' },
  ],
];

describe('screen', () => {
  it('lets pass a Check, whatever else is served', () => {
    expect(screen(readHead(CHECK_HEAD), none)).toBeUndefined();
    const more: readonly Pair[] = [
      ...CHECK_HEAD,
      ['grpc-encoding', 'identity'],
      ['grpc-timeout', '1S'],
    ];
    expect(screen(readHead(more), none)).toBeUndefined();
  });

  it('lets pass what is served, and asks about nothing else', () => {
    const head = readHead(replaced(CHECK_HEAD, [':path', '/grpc.health.v1.Health/Watch']));
    expect(screen(head, (route) => route === Route.HEALTH_WATCH)).toBeUndefined();
    expect(screen(head, all)).toBeUndefined();
    expect(told(screen(head, none))).toMatchObject({ 'grpc-status': '12' });
  });

  it.each(faults)('refuses a request that %s', (_, spoil, expected) => {
    expect(told(screen(readHead(spoil(CHECK_HEAD)), none))).toMatchObject(expected);
  });

  it('tells the first of all that is wrong', () => {
    for (let mask = 1; mask < 2 ** faults.length; mask++) {
      const wrong = faults.filter((_, i) => (mask & (1 << i)) !== 0);
      const fields = wrong.reduce((spoilt, [, spoil]) => spoil(spoilt), CHECK_HEAD);
      const names = wrong.map(([what]) => what).join(', ');
      expect(told(screen(readHead(fields), none)), names).toMatchObject(wrong[0]?.[2] ?? {});
    }
  });
});
