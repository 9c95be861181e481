import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allow,
  type Decision,
  type FailureSignal,
  type Header,
  refuse,
} from '../../../../src/domain/decision.ts';
import { reasonNames, reasons } from '../../../../src/domain/reason.ts';
import {
  encodeCheckResponse,
  keptCheckResponse,
} from '../../../../src/sources/codec/check-response.ts';
import { decodeCheckResponse } from '../../../support/protobuf.ts';

const decoded = (decision: Decision) => decodeCheckResponse(encodeCheckResponse(decision));

const allows = ['success', 'cors_preflight'] as const;
type Refusal = Parameters<typeof refuse>[0];
const refusals = reasonNames.filter((name) => reasons[name].result !== 'allow') as Refusal[];
const signals: readonly FailureSignal[] = ['denied', 'error_response', 'grpc_status'];

/** As decoded: each one replaces what was there, whatever the version of Envoy. */
const replacing = (headers: readonly Header[]) =>
  headers.map(([name, value]) => ({
    name,
    value,
    append: false,
    appendAction: 'OVERWRITE_IF_EXISTS_OR_ADD',
  }));

describe('encodeCheckResponse', () => {
  it.each(allows)('allows on %s, and sets and removes headers', (reason) => {
    const headers: Header[] = [
      ['x-user-id', 'u1'],
      ['x-auth-provider', 'idp'],
    ];
    const removed = ['authorization', 'cookie'];
    expect(decoded(allow(reason, headers, removed))).toEqual({
      grpcCode: 0,
      kind: 'ok_response',
      httpStatus: undefined,
      headers: replacing(headers),
      headersToRemove: removed,
      body: '',
      dynamicMetadata: { reason },
    });
  });

  it.each(allows)('says so on %s also without any header', (reason) => {
    const response = decoded(allow(reason, [], []));
    expect(response).toMatchObject({ grpcCode: 0, kind: 'ok_response', headers: [] });
  });

  describe.each(signals)('with the signal %s', (signal) => {
    it.each(refusals)('refuses on %s', (reason) => {
      const headers: Header[] = [
        ['www-authenticate', 'Bearer realm="api"'],
        ['vary', 'Origin'],
      ];
      const spec = reasons[reason];
      expect(decoded(refuse(reason, { headers, signal }))).toEqual({
        grpcCode: spec.grpcCode,
        kind: signal === 'error_response' && spec.signalled ? 'error_response' : 'denied_response',
        httpStatus: spec.httpStatus,
        headers: replacing([['content-type', 'application/json'], ...headers]),
        headersToRemove: [],
        body: JSON.stringify({ error: reason, message: spec.message }),
        dynamicMetadata: { reason },
      });
    });
  });

  it('writes an HTTP status that is not that of the reason', () => {
    expect(decoded(refuse('blacklisted', { httpStatus: 401 })).httpStatus).toBe(401);
    expect(decoded(refuse('blacklisted', { httpStatus: 418 })).httpStatus).toBe(418);
  });

  it('keeps no more memory than the response has bytes', () => {
    const bytes = keptCheckResponse(allow('success', [['x-user-id', 'u1']], []));
    expect(bytes.buffer.byteLength).toBe(bytes.length);
  });

  it('encodes a decision once', () => {
    const decision = allow('success', [['x-user-id', 'u1']], []);
    const first = keptCheckResponse(decision);
    expect(keptCheckResponse(decision)).toBe(first);
    expect(decision.wire.grpc).toBe(first);
    const other = allow('success', [['x-user-id', 'u2']], []);
    expect(keptCheckResponse(other)).not.toBe(first);
    expect(decoded(other).headers).toMatchObject([{ value: 'u2' }]);
  });

  it('keeps headers and names in order, repeated ones too', () => {
    const headers: Header[] = [
      ['b', '1'],
      ['a', '2'],
      ['b', '3'],
    ];
    expect(decoded(refuse('deadline', { headers })).headers.slice(1)).toEqual(replacing(headers));
    expect(decoded(allow('success', headers, ['z', 'y', 'z'])).headersToRemove).toEqual([
      'z',
      'y',
      'z',
    ]);
  });

  it.each<[name: string, decision: Decision]>([
    ['a refusal with the code of an allow', withCode(refuse('invalid_token'), 0)],
    ['an error with the code of an allow', withCode(refuse('internal'), 0)],
    ['an allow with the code of a refusal', withCode(allow('success', [], []), 7)],
  ])('throws on %s', (_, decision) => {
    expect(() => encodeCheckResponse(decision)).toThrow(/contradict/);
    expect(decision.wire.grpc).toBeUndefined();
  });

  const text = fc.string({ minLength: 1, unit: 'grapheme-ascii' });
  const headers = fc.array(fc.tuple(text, text), { maxLength: 5 });
  const decisions: fc.Arbitrary<Decision> = fc.oneof(
    fc
      .tuple(fc.constantFrom(...allows), headers, fc.array(text, { maxLength: 5 }))
      .map(([reason, set, removed]) => allow(reason, set, removed)),
    fc
      .tuple(
        fc.constantFrom(...refusals),
        headers,
        fc.integer({ min: 400, max: 599 }),
        fc.constantFrom(...signals),
      )
      .map(([reason, set, httpStatus, signal]) =>
        refuse(reason, { headers: set, httpStatus, signal }),
      ),
  );

  it('never lets anything but an allow look like one, nor an answer like none', () => {
    fc.assert(
      fc.property(decisions, (decision) => {
        const bytes = encodeCheckResponse(decision);
        const isAllow = decision.spec.result === 'allow';
        const response = decodeCheckResponse(bytes);
        expect(bytes.length).toBeGreaterThan(0);
        expect(response.grpcCode).toBe(decision.spec.grpcCode);
        expect(response.grpcCode === 0).toBe(isAllow);
        expect(response.kind === 'ok_response').toBe(isAllow);
        expect(response.httpStatus).toBe(isAllow ? undefined : decision.httpStatus);
        const set = decision.headers.map(([name, value]): Header => [name, value]);
        expect(response.headers).toEqual(replacing(set));
        expect(response.headersToRemove).toEqual(decision.headersToRemove);
      }),
      { numRuns: 500 },
    );
  });
});

function withCode(decision: Decision, grpcCode: 0 | 7): Decision {
  return { ...decision, spec: { ...decision.spec, grpcCode } };
}
