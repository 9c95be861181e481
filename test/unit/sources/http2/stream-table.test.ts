import fc from 'fast-check';
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
  it('finds nothing in nothing', () => {
    const table = new StreamTable();
    expect([table.size, table.get(1), idsOf(table)]).toEqual([0, undefined, []]);
  });

  it('finds every stream, and none that was not added', () => {
    const ids = Array.from({ length: 1_000 }, (_, i) => 2 * i + 1);
    const { table, streams } = tableOf(...ids);
    expect(table.size).toBe(1_000);
    expect(ids.map((id) => table.get(id))).toEqual(streams);
    for (const id of [0, 2, 512, 2_001, 2 ** 31 - 1]) expect(table.get(id)).toBeUndefined();
    expect(idsOf(table)).toEqual(ids);
  });

  it.each([0, 1, 2])('keeps the others that share a place when number %i of them goes', (gone) => {
    const ids = [1, 1 + APART, 1 + 2 * APART];
    const { table, streams } = tableOf(...ids);
    table.delete(streams[gone] as Stream);
    const rest = ids.filter((_, i) => i !== gone);
    expect(ids.map((id) => table.get(id)?.id)).toEqual(
      ids.map((id, i) => (i === gone ? undefined : id)),
    );
    expect([table.size, idsOf(table)]).toEqual([2, rest]);
    expect(streams[gone]?.next).toBeUndefined();
  });

  it('tells streams that share a place apart', () => {
    const { table } = tableOf(3);
    expect(table.get(3 + APART)).toBeUndefined();
  });

  it('leaves all as it is when a stream that is not there is deleted', () => {
    const { table } = tableOf(1, 1 + APART);
    table.delete(streamOf(1 + 2 * APART));
    table.delete(streamOf(3));
    expect([table.size, idsOf(table)]).toEqual([2, [1, 1 + APART]]);
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
    const visited: number[] = [];
    table.forEach((stream) => {
      visited.push(stream.id);
      table.delete(stream);
    });
    expect(visited.sort((a, b) => a - b)).toEqual(ids.sort((a, b) => a - b));
    expect([table.size, idsOf(table)]).toEqual([0, []]);
  });

  it('does as a Map does', () => {
    const id = fc.tuple(fc.nat(3), fc.nat(6)).map(([place, lap]) => 2 * place + 1 + lap * APART);
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ add: id }) },
      { weight: 3, arbitrary: fc.record({ delete: id }) },
      { weight: 1, arbitrary: fc.record({ deleteAll: fc.nat(2) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const table = new StreamTable();
        const map = new Map<number, Stream>();
        const remove = (stream: Stream) => {
          table.delete(stream);
          map.delete(stream.id);
        };
        for (const action of steps) {
          if ('add' in action) {
            if (map.has(action.add)) continue;
            const stream = streamOf(action.add);
            table.add(stream);
            map.set(action.add, stream);
          } else if ('delete' in action) {
            const stream = map.get(action.delete);
            if (stream !== undefined) remove(stream);
          } else {
            table.forEach((stream) => {
              if (stream.id % 3 === action.deleteAll) remove(stream);
            });
          }
          expect(table.size).toBe(map.size);
          expect(idsOf(table)).toEqual([...map.keys()].sort((a, b) => a - b));
          for (const [key, stream] of map) expect(table.get(key)).toBe(stream);
        }
      }),
      { numRuns: 200 },
    );
  });
});
