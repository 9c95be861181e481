import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allow, type Decision, refuse } from '../../../../src/domain/decision.ts';
import {
  answerHead,
  DATA_AT,
  dataBytesOf,
  dataOf,
  frameDecision,
  isStatusOnly,
  okTail,
  percentEncode,
  plainHead,
  prefixed,
  statusOnly,
  statusTail,
} from '../../../../src/sources/http2/reply.ts';
import { decodeCheckResponse } from '../../../support/protobuf.ts';
import { type Frame, parseBlock, parseFrames } from './frames.ts';

const HEADERS = 1;
const DATA = 0;
const END_STREAM = 1;
const END_HEADERS = 4;

const GRPC: readonly (readonly [string, string])[] = [
  [':status', '200'],
  ['content-type', 'application/grpc'],
];

/** The only frame there is: HEADERS that no CONTINUATION follows. */
function fieldsOf(bytes: Uint8Array, flags: number): readonly [string, string][] {
  const frames = parseFrames(bytes);
  expect(frames).toHaveLength(1);
  const [only] = frames as [Frame];
  expect(only).toMatchObject({ type: HEADERS, flags: END_HEADERS | flags, stream: 0 });
  return parseBlock(only.payload);
}

const someCharacter = fc.constantFrom(...'aZ ~%"\\\0\t\r\n\x1f\x7fé\xffĀ€\ufffd🙂');

const SMALL = allow('success', [['x-user-id', 'alice']], ['x-gone']);
const LARGE = allow('success', [['x-claims', 'c'.repeat(100_000)]], []);
const messages: readonly [what: string, decision: Decision, kind: string, httpStatus?: number][] = [
  ['an allow', SMALL, 'ok_response'],
  ['an allow that is larger than a frame of the peer', LARGE, 'ok_response'],
  ['a denial', refuse('invalid_token'), 'denied_response', 401],
  ['an error', refuse('overload'), 'denied_response', 503],
  [
    'an error that is told as one',
    refuse('overload', { signal: 'error_response' }),
    'error_response',
    503,
  ],
];

const bytesOf = (framed: string): Buffer => Buffer.from(framed, 'latin1');

describe('frameDecision', () => {
  it.each(messages)('makes HEADERS, DATA and HEADERS of %s', (_, decision, kind, httpStatus) => {
    const framed = frameDecision(decision);
    const [head, data, tail, ...more] = parseFrames(bytesOf(framed)) as [
      Frame,
      Frame,
      Frame,
      ...Frame[],
    ];
    expect(more).toEqual([]);
    expect(head).toMatchObject({ type: HEADERS, flags: END_HEADERS });
    expect(parseBlock(head.payload)).toEqual(GRPC);
    expect(tail).toMatchObject({ type: HEADERS, flags: END_HEADERS | END_STREAM });
    expect(parseBlock(tail.payload)).toEqual([['grpc-status', '0']]);
    expect(data).toMatchObject({ type: DATA, flags: 0 });
    expect(data.payload[0]).toBe(0);
    expect(data.payload.readUInt32BE(1)).toBe(data.payload.length - 5);
    const response = decodeCheckResponse(data.payload.subarray(5));
    expect(response).toMatchObject({ kind, grpcCode: decision.spec.grpcCode });
    expect(response.httpStatus).toBe(httpStatus);
  });

  it.each(messages)('says where the parts of %s are', (_, decision) => {
    const framed = frameDecision(decision);
    const data = parseFrames(bytesOf(framed))[1] as Frame;
    expect(isStatusOnly(framed)).toBe(false);
    expect(dataBytesOf(framed)).toBe(data.payload.length);
    expect(DATA_AT).toBe(answerHead.length);
    const bytes = bytesOf(framed);
    expect(bytes.subarray(0, DATA_AT)).toEqual(answerHead);
    expect(dataOf(framed)).toEqual(data.payload);
    expect(bytes.subarray(bytes.length - okTail.length)).toEqual(okTail);
  });

  it('makes a status of an error that is told as one of gRPC', () => {
    const framed = frameDecision(refuse('deadline', { signal: 'grpc_status' }));
    expect(isStatusOnly(framed)).toBe(true);
    expect(fieldsOf(bytesOf(framed), END_STREAM)).toEqual([
      ...GRPC,
      ['grpc-status', '4'],
      ['grpc-message', 'deadline'],
    ]);
  });
});

describe('frames that are kept', () => {
  it('open and end an answer', () => {
    expect(fieldsOf(answerHead, 0)).toEqual(GRPC);
    expect(fieldsOf(okTail, END_STREAM)).toEqual([['grpc-status', '0']]);
  });

  it('end an answer that has messages with a status', () => {
    expect(fieldsOf(statusTail(12, 'what is this?'), END_STREAM)).toEqual([
      ['grpc-status', '12'],
      ['grpc-message', 'what is this?'],
    ]);
    expect(fieldsOf(statusTail(5, ''), END_STREAM)).toEqual([['grpc-status', '5']]);
  });

  it('are an answer that has none', () => {
    expect(fieldsOf(statusOnly(8, '100 %'), END_STREAM)).toEqual([
      ...GRPC,
      ['grpc-status', '8'],
      ['grpc-message', '100 %25'],
    ]);
    expect(fieldsOf(statusOnly(0, '', [['grpc-accept-encoding', 'identity']]), END_STREAM)).toEqual(
      [...GRPC, ['grpc-accept-encoding', 'identity'], ['grpc-status', '0']],
    );
  });

  it.each([200, 405, 415, 431])(
    'open an answer to what is no gRPC, with HTTP status %i',
    (status) => {
      expect(fieldsOf(plainHead(status), 0)).toEqual([
        [':status', String(status)],
        ['content-type', 'text/plain'],
      ]);
    },
  );

  it('have long values, but none that needs a second frame', () => {
    const text = 'x'.repeat(16_000);
    expect(fieldsOf(statusOnly(2, text), END_STREAM).at(-1)).toEqual(['grpc-message', text]);
    expect(() => statusOnly(2, 'x'.repeat(16_384))).toThrow('header block above');
  });
});

describe('prefixed', () => {
  it.each([0, 1, 255, 256, 65_536])('says that %i bytes follow', (length) => {
    const bytes = Buffer.from(prefixed(Buffer.alloc(length, 7)));
    expect([bytes.length, bytes[0], bytes.readUInt32BE(1)]).toEqual([length + 5, 0, length]);
    expect(bytes.subarray(5).every((byte) => byte === 7)).toBe(true);
  });
});

describe('percentEncode', () => {
  it.each([
    ['', ''],
    ['plain text, ~ and all', 'plain text, ~ and all'],
    ['100 %', '100 %25'],
    ['%41', '%2541'],
    ['a\r\nb\tc', 'a%0D%0Ab%09c'],
    ['\0\x1f\x7f', '%00%1F%7F'],
    ['é', '%C3%A9'],
    ['€', '%E2%82%AC'],
    ['🙂', '%F0%9F%99%82'],
    ['\ud800', '%EF%BF%BD'],
    ['"\\\'', '"\\\''],
  ])('%j is %j', (text, expected) => {
    expect(percentEncode(text)).toBe(expected);
  });

  it('can be undone, and is printable ASCII', () => {
    fc.assert(
      fc.property(fc.string({ unit: someCharacter }), (text) => {
        const encoded = percentEncode(text);
        expect(encoded).toMatch(/^[\x20-\x7e]*$/);
        expect(decodeURIComponent(encoded)).toBe(text);
      }),
    );
  });
});
