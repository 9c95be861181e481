import { describe, expect, it } from 'vitest';
import {
  STATIC_ENTRIES,
  staticIndex,
  staticNameIndex,
} from '../../../../../src/sources/http2/hpack/static-table.ts';
import { HeaderTable } from '../../../../../src/sources/http2/hpack/table.ts';
import { toPair } from './blocks.ts';

/** RFC 7541, appendix A: where a row is missing or out of place, one of these is. */
const LANDMARKS: readonly [index: number, name: string, value: string][] = [
  [1, ':authority', ''],
  [2, ':method', 'GET'],
  [3, ':method', 'POST'],
  [4, ':path', '/'],
  [5, ':path', '/index.html'],
  [6, ':scheme', 'http'],
  [7, ':scheme', 'https'],
  [8, ':status', '200'],
  [9, ':status', '204'],
  [10, ':status', '206'],
  [11, ':status', '304'],
  [12, ':status', '400'],
  [13, ':status', '404'],
  [14, ':status', '500'],
  [15, 'accept-charset', ''],
  [16, 'accept-encoding', 'gzip, deflate'],
  [19, 'accept', ''],
  [23, 'authorization', ''],
  [28, 'content-length', ''],
  [31, 'content-type', ''],
  [38, 'host', ''],
  [46, 'location', ''],
  [52, 'refresh', ''],
  [58, 'user-agent', ''],
  [61, 'www-authenticate', ''],
];

describe('the static table', () => {
  it('has 61 entries', () => {
    expect(STATIC_ENTRIES).toHaveLength(61);
  });

  it.each(LANDMARKS)('has at index %i %s: %s', (index, name, value) => {
    expect(STATIC_ENTRIES[index - 1]).toEqual([name, value]);
    expect(staticIndex(name, value)).toBe(index);
  });

  it('is the beginning of every table', () => {
    const table = new HeaderTable();
    const entries = STATIC_ENTRIES.map((_, i) => table.at(i + 1));
    expect(entries.map((field) => field && toPair(field))).toEqual(STATIC_ENTRIES);
    expect(table.at(0)).toBeUndefined();
    expect(table.at(62)).toBeUndefined();
  });

  it.each([
    [':method', 2],
    [':path', 4],
    [':status', 8],
    ['content-type', 31],
    ['grpc-status', 0],
  ])('finds the first entry with the name %s at %i', (name, index) => {
    expect(staticNameIndex(name)).toBe(index);
  });

  it.each([
    [':method', 'PUT'],
    ['content-type', 'application/grpc'],
    ['grpc-status', '0'],
  ])('has no entry %s: %s', (name, value) => {
    expect(staticIndex(name, value)).toBe(0);
  });
});
