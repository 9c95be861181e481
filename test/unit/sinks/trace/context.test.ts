import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findTraceContext } from '../../../../src/sinks/trace/context.ts';
import { fakeCheck } from '../../../support/calls.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SHORT_TRACE = 'a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);

type Headers = Readonly<Record<string, string>>;

const fromMetadata = (rpcHeaders: Headers) => findTraceContext(fakeCheck({ rpcHeaders }));
const fromRequest = (headers: Headers) => findTraceContext(fakeCheck({ headers }));

describe('traceparent', () => {
  it.each([
    ['sampled', `00-${TRACE}-${SPAN}-01`, true],
    ['not sampled', `00-${TRACE}-${SPAN}-00`, false],
    ['other flags, sampled', `00-${TRACE}-${SPAN}-ff`, true],
    ['other flags, not sampled', `00-${TRACE}-${SPAN}-02`, false],
    ['a later version', `01-${TRACE}-${SPAN}-01`, true],
    ['a later version that goes on', `cc-${TRACE}-${SPAN}-00-what-the future\nholds`, false],
    ['a later version that ends in a dash', `fe-${TRACE}-${SPAN}-01-`, true],
  ])('is accepted: %s', (_, traceparent, sampled) => {
    const expected = { traceId: TRACE, spanId: SPAN, sampled, traceState: undefined };
    expect(fromMetadata({ traceparent })).toEqual(expected);
    expect(fromRequest({ traceparent })).toEqual(expected);
  });

  it.each([
    ['nothing', ''],
    ['version ff', `ff-${TRACE}-${SPAN}-01`],
    ['a version that is not hexadecimal', `0x-${TRACE}-${SPAN}-01`],
    ['an all-zero trace id', `00-${NO_TRACE}-${SPAN}-01`],
    ['an all-zero span id', `00-${TRACE}-${NO_SPAN}-01`],
    ['upper case', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['a short trace id', `00-${SHORT_TRACE}-${SPAN}-01`],
    ['a digit too few', `00-${TRACE}-${SPAN}-0`],
    ['version 00 that goes on', `00-${TRACE}-${SPAN}-01-more`],
    ['version 00 that ends in a dash', `00-${TRACE}-${SPAN}-01-`],
    ['a later version that goes on without a dash', `01-${TRACE}-${SPAN}-01.more`],
    ['no version', `${TRACE}-${SPAN}-01`],
    ['white space around it', ` 00-${TRACE}-${SPAN}-01 `],
    ['two of them', `00-${TRACE}-${SPAN}-01,00-${TRACE}-${SPAN}-01`],
    ['a line after it', `00-${TRACE}-${SPAN}-01\n`],
    ['longer than anything sensible', `01-${TRACE}-${SPAN}-01-${'x'.repeat(500)}`],
  ])('is refused: %s', (_, traceparent) => {
    expect(fromMetadata({ traceparent })).toBeUndefined();
    expect(fromRequest({ traceparent })).toBeUndefined();
  });

  it('brings its tracestate when sampled, from the same place', () => {
    const traceparent = `00-${TRACE}-${SPAN}-01`;
    const tracestate = 'vendor=1,other=2';
    expect(fromMetadata({ traceparent, tracestate })?.traceState).toBe(tracestate);
    expect(fromRequest({ traceparent, tracestate })?.traceState).toBe(tracestate);
    const apart = { rpcHeaders: { traceparent }, headers: { tracestate } };
    expect(findTraceContext(fakeCheck(apart))).toMatchObject({ traceState: undefined });
  });

  it('leaves a tracestate that is too long, or that nobody will need, where it is', () => {
    const long = fromMetadata({
      traceparent: `00-${TRACE}-${SPAN}-01`,
      tracestate: `a=${'x'.repeat(511)}`,
    });
    expect(long).toMatchObject({ sampled: true, traceState: undefined });
    const idle = fromMetadata({ traceparent: `00-${TRACE}-${SPAN}-00`, tracestate: 'a=1' });
    expect(idle).toMatchObject({ sampled: false, traceState: undefined });
  });
});

describe('b3', () => {
  const padded = NO_SPAN + SHORT_TRACE;

  it.each([
    ['sampled', `${TRACE}-${SPAN}-1`, TRACE, true],
    ['not sampled', `${TRACE}-${SPAN}-0`, TRACE, false],
    ['debug', `${TRACE}-${SPAN}-d`, TRACE, true],
    ['undecided', `${TRACE}-${SPAN}`, TRACE, undefined],
    ['with a parent', `${TRACE}-${SPAN}-1-${SHORT_TRACE}`, TRACE, true],
    ['undecided, with a parent', `${TRACE}-${SPAN}-${SHORT_TRACE}`, TRACE, undefined],
    ['64 bits', `${SHORT_TRACE}-${SPAN}-1`, padded, true],
  ])('is accepted: %s', (_, b3, traceId, sampled) => {
    const expected = { traceId, spanId: SPAN, sampled, traceState: undefined };
    expect(fromMetadata({ b3 })).toEqual(expected);
    expect(fromRequest({ b3 })).toEqual(expected);
  });

  it.each([
    ['nothing', ''],
    ['a decision without ids', '0'],
    ['an all-zero trace id', `${NO_TRACE}-${SPAN}-1`],
    ['an all-zero short trace id', `${NO_SPAN}-${SPAN}-1`],
    ['an all-zero span id', `${TRACE}-${NO_SPAN}-1`],
    ['96 bits', `${TRACE.slice(8)}-${SPAN}-1`],
    ['upper case', `${TRACE}-${SPAN.toUpperCase()}-1`],
    ['another state', `${TRACE}-${SPAN}-2`],
    ['more than there is', `${TRACE}-${SPAN}-1-${SHORT_TRACE}-1`],
    ['something before it', `x${TRACE}-${SPAN}-1`],
  ])('is refused: %s', (_, b3) => {
    expect(fromMetadata({ b3 })).toBeUndefined();
  });
});

describe('x-b3-*', () => {
  const ids = { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN };

  it.each<[string, Headers, boolean | undefined]>([
    ['sampled', { 'x-b3-sampled': '1' }, true],
    ['not sampled', { 'x-b3-sampled': '0' }, false],
    ['sampled, the old way', { 'x-b3-sampled': 'true' }, true],
    ['not sampled, the old way', { 'x-b3-sampled': 'false' }, false],
    ['debug', { 'x-b3-flags': '1' }, true],
    ['debug, whatever else is said', { 'x-b3-flags': '1', 'x-b3-sampled': '0' }, true],
    ['flags that are not debug', { 'x-b3-flags': '0', 'x-b3-sampled': '0' }, false],
    ['undecided', {}, undefined],
    ['a decision that is none', { 'x-b3-sampled': 'maybe' }, undefined],
  ])('are accepted: %s', (_, more, sampled) => {
    const expected = { traceId: TRACE, spanId: SPAN, sampled, traceState: undefined };
    expect(fromMetadata({ ...ids, ...more })).toEqual(expected);
    expect(fromRequest({ ...ids, ...more })).toEqual(expected);
  });

  it('have their short trace ids padded', () => {
    const context = fromRequest({ ...ids, 'x-b3-traceid': SHORT_TRACE });
    expect(context?.traceId).toBe(`0000000000000000${SHORT_TRACE}`);
  });

  it.each<[string, Headers]>([
    ['no span id', { 'x-b3-traceid': TRACE }],
    ['no trace id', { 'x-b3-spanid': SPAN }],
    ['an all-zero trace id', { ...ids, 'x-b3-traceid': NO_TRACE }],
    ['an all-zero span id', { ...ids, 'x-b3-spanid': NO_SPAN }],
    ['a short span id', { ...ids, 'x-b3-spanid': '1' }],
    ['upper case', { ...ids, 'x-b3-traceid': TRACE.toUpperCase() }],
  ])('are refused: %s', (_, headers) => {
    expect(fromMetadata(headers)).toBeUndefined();
  });
});

describe('findTraceContext', () => {
  const id = (digit: string) => ({ trace: digit.repeat(32), span: digit.repeat(16) });
  const w3c = (digit: string) => ({ traceparent: `00-${id(digit).trace}-${id(digit).span}-01` });
  const single = (digit: string) => ({ b3: `${id(digit).trace}-${id(digit).span}-1` });
  const multi = (digit: string) => ({
    'x-b3-traceid': id(digit).trace,
    'x-b3-spanid': id(digit).span,
  });

  it('prefers the metadata, then W3C, then the single header', () => {
    const found = (rpcHeaders: Headers, headers: Headers) =>
      findTraceContext(fakeCheck({ rpcHeaders, headers }))?.traceId[0];
    const request = { ...w3c('4'), ...single('5'), ...multi('6') };
    expect(found({ ...w3c('1'), ...single('2'), ...multi('3') }, request)).toBe('1');
    expect(found({ ...single('2'), ...multi('3') }, request)).toBe('2');
    expect(found(multi('3'), request)).toBe('3');
    expect(found({}, request)).toBe('4');
    expect(found({}, { ...single('5'), ...multi('6') })).toBe('5');
    expect(found({}, multi('6'))).toBe('6');
    expect(found({}, {})).toBeUndefined();
  });

  it('goes on to the next when one is not valid', () => {
    const rpcHeaders = { traceparent: 'no', b3: '1', 'x-b3-traceid': 'no' };
    const found = findTraceContext(fakeCheck({ rpcHeaders, headers: w3c('4') }));
    expect(found?.traceId).toBe(id('4').trace);
  });

  it('never throws and never finds an invalid id, whatever the headers hold', () => {
    const trace = fc.constantFrom(TRACE, SHORT_TRACE, NO_TRACE, NO_SPAN, TRACE.toUpperCase());
    const span = fc.constantFrom(SPAN, NO_SPAN, SHORT_TRACE.slice(1));
    const joined = (...parts: fc.Arbitrary<string>[]) =>
      fc.tuple(...parts).map((texts) => texts.join('-'));
    const tail = fc.constantFrom('00', '01', '01-x', '1', 'd', '');
    /** As it is, with one character changed, or nothing like it. */
    const mangled = (text: fc.Arbitrary<string>) =>
      fc.oneof(
        text,
        fc
          .tuple(text, fc.nat(60), fc.string({ unit: 'binary', maxLength: 1 }))
          .map(([whole, at, other]) => whole.slice(0, at) + other + whole.slice(at + 1)),
        fc.string({ unit: 'binary' }),
      );
    const headers = fc.record(
      {
        traceparent: mangled(joined(fc.constantFrom('00', '01', 'ff'), trace, span, tail)),
        tracestate: fc.string(),
        b3: mangled(joined(trace, span, tail)),
        'x-b3-traceid': mangled(trace),
        'x-b3-spanid': mangled(span),
        'x-b3-sampled': mangled(tail),
        'x-b3-flags': mangled(tail),
      },
      { requiredKeys: [] },
    );
    let hits = 0;
    fc.assert(
      fc.property(headers, headers, (rpc, http) => {
        const found = findTraceContext(fakeCheck({ rpcHeaders: rpc, headers: http }));
        if (found === undefined) return;
        hits++;
        expect(found.traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
        expect(found.spanId).toMatch(/^(?!0{16})[0-9a-f]{16}$/);
      }),
      { numRuns: 2_000 },
    );
    expect(hits).toBeGreaterThan(50);
  });
});
