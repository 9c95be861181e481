import { describe, expect, it } from 'vitest';
import type { Stream } from '../../../../src/sources/http2/stream.ts';
import { StreamTable } from '../../../../src/sources/http2/stream-table.ts';
import { streamOf } from './request.ts';

/** Streams that share a place are so far apart. */
const APART = 512;

function idsOf(table: StreamTable): number[] {
  const ids: number[] = [];
  table.forEach(({ id }) => void ids.push(id));
  return ids.sort((a, b) => a - b);
}

function tableOf(...ids: readonly number[]) {
  const table = new StreamTable();
  const streams = ids.map((id) => streamOf(id));
  for (const stream of streams) table.add(stream);
  return { table, streams };
}

describe('StreamTable', () => {
  it('finds every stream, and none that was not added', () => {
    const ids = Array.from({ length: 1_000 }, (_, i) => 2 * i + 1);
    const { table, streams } = tableOf(...ids);
    expect(table.size).toBe(1_000);
    expect(ids.map((id) => table.get(id))).toEqual(streams);
    for (const id of [0, 2, 512, 2_001, 2 ** 31 - 1]) expect(table.get(id)).toBeUndefined();
    expect(idsOf(table)).toEqual(ids);
  });

  it('tells streams that share a place apart', () => {
    const { table, streams } = tableOf(3, 3 + APART);
    expect(table.get(3 + 2 * APART)).toBeUndefined();
    table.delete(streams[0] as Stream);
    expect([table.get(3), table.get(3 + APART), table.size]).toEqual([undefined, streams[1], 1]);
  });

  it('has the largest id there is', () => {
    const { table, streams } = tableOf(2 ** 31 - 1);
    expect(table.get(2 ** 31 - 1)).toBe(streams[0]);
  });

  it('keeps a stream for long while others come and go', () => {
    const { table, streams } = tableOf(1);
    for (let id = 3; id < 4 * APART; id += 2) {
      const stream = streamOf(id);
      table.add(stream);
      expect(table.get(1)).toBe(streams[0]);
      table.delete(stream);
    }
    expect(idsOf(table)).toEqual([1]);
  });

  it('lets every stream be deleted on the way', () => {
    const ids = [1, 3, 1 + APART, 1 + 2 * APART, 3 + APART];
    const { table } = tableOf(...ids);
    table.forEach((stream) => {
      table.delete(stream);
    });
    expect([table.size, idsOf(table)]).toEqual([0, []]);
  });
});
