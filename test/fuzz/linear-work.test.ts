import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CheckRequest } from '../../src/sources/codec/check-request.ts';
import * as wire from '../support/wire.ts';
import { countedReads } from './counted-reads.ts';
import { hostileBytes } from './hostile.ts';

/** A byte is looked at once on each level of nesting that it stands in, of which there are six. */
const SURVEY_READS = 6;
/** A header: http, header_map, its entry, the name and the value. */
const LOOKUP_READS = 5;

/** Reads in all that a byte costs at most. */
function expectLinear(message: Buffer): void {
  const counted = countedReads(message);
  const check = new CheckRequest(counted.bytes, { rpcHeader: () => undefined });
  expect(counted.count).toBeLessThanOrEqual(SURVEY_READS * message.length);
  for (const look of [() => check.header('a'), () => check.extensions]) {
    const before = counted.count;
    look();
    expect(counted.count - before).toBeLessThanOrEqual(LOOKUP_READS * message.length);
  }
}

const COUNT = 3_000;
const many = (piece: Uint8Array): Buffer =>
  wire.bytes(...Array.from({ length: COUNT }, () => piece));

describe('the work of decoding', () => {
  it.each<[name: string, message: Buffer]>([
    ['headers', wire.http(many(wire.header('a', 'v')))],
    ['headers without content', wire.http(many(wire.field(3)))],
    ['header_maps', wire.http(many(wire.headerMap(wire.raw('a', 'v'))))],
    ['values of a header_map', wire.http(wire.headerMap(many(wire.raw('a', 'v'))))],
    ['keys of a header', wire.http(wire.field(3, many(wire.field(1, 'a'))))],
    ['values of a header', wire.http(wire.field(3, many(wire.field(2, 'v'))))],
    ['https', wire.request(many(wire.field(2)))],
    ['requests', wire.attributes(many(wire.field(4, wire.field(2))))],
    ['attributes', many(wire.request())],
    ['extensions', wire.attributes(many(wire.extension('a', 'v')))],
    ['numbers', wire.http(many(wire.number(9, 2 ** 40)))],
    ['groups', wire.http(many(wire.groups(90)))],
    ['groups without an end', wire.http(many(wire.tag(9, 3)))],
    ['groups, each in one and beside one', wire.http(many(wire.group(1, wire.group(2))))],
    ['high bytes', Buffer.alloc(COUNT, 0xff)],
    ['zeros', Buffer.alloc(COUNT)],
  ])('is linear in the number of %s', (_, message) => {
    expect(message.length).toBeGreaterThanOrEqual(COUNT);
    expectLinear(message);
  });

  it('is linear in hostile bytes', () => {
    fc.assert(fc.property(hostileBytes, expectLinear), { numRuns: 2_000 });
  });
});
