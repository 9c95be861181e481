import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Chained, ChainedTable } from '../../../src/domain/chained-table.ts';

/** Few, so that items share them. */
const PLACES = 4;

type Item = Chained<Item>;

const itemOf = (hash: number): Item => ({ hash, next: undefined });

function tableOf(...hashes: readonly number[]) {
  const table = new ChainedTable<Item>(PLACES);
  const items = hashes.map(itemOf);
  for (const item of items) table.add(item);
  return { table, items };
}

function hashesOf(table: ChainedTable<Item>): number[] {
  const hashes: number[] = [];
  table.forEach(({ hash }) => void hashes.push(hash));
  return hashes.sort((a, b) => a - b);
}

function holds(table: ChainedTable<Item>, item: Item): boolean {
  let each = table.first(item.hash);
  while (each !== undefined && each !== item) each = each.next;
  return each === item;
}

describe('ChainedTable', () => {
  it('has nothing at first', () => {
    const { table } = tableOf();
    expect([table.size, table.first(1), hashesOf(table)]).toEqual([0, undefined, []]);
  });

  it('has every item, of whatever hash', () => {
    const hashes = [0, 1, 7, PLACES, 2 ** 31 - 1, -1, -(2 ** 31)];
    const { table, items } = tableOf(...hashes);
    expect(items.every((item) => holds(table, item))).toBe(true);
    expect([table.size, hashesOf(table)]).toEqual([7, hashes.toSorted((a, b) => a - b)]);
  });

  it.each([0, 1, 2])('keeps the others that share a place when number %i of them goes', (gone) => {
    const { table, items } = tableOf(1, 1 + PLACES, 1 + 2 * PLACES);
    const item = items[gone] as Item;
    table.delete(item);
    expect(items.map((each) => holds(table, each))).toEqual(items.map((each) => each !== item));
    expect([table.size, item.next]).toEqual([2, undefined]);
  });

  it('leaves all as it is when an item that is not there is deleted', () => {
    const { table } = tableOf(1, 1 + PLACES);
    for (const item of [itemOf(1), itemOf(1 + 2 * PLACES), itemOf(3)]) {
      table.delete(item);
    }
    expect([table.size, hashesOf(table)]).toEqual([2, [1, 1 + PLACES]]);
  });

  it('does as a Set does', () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ add: fc.nat(3 * PLACES) }) },
      { weight: 3, arbitrary: fc.record({ delete: fc.nat() }) },
      { weight: 1, arbitrary: fc.record({ deleteAll: fc.nat(2) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const { table } = tableOf();
        const set = new Set<Item>();
        const remove = (item: Item) => {
          table.delete(item);
          set.delete(item);
        };
        for (const action of steps) {
          if ('add' in action) {
            const item = itemOf(action.add);
            table.add(item);
            set.add(item);
          } else if ('delete' in action) {
            const item = [...set][action.delete % Math.max(set.size, 1)];
            if (item !== undefined) remove(item);
          } else {
            table.forEach((item) => {
              if (item.hash % 3 === action.deleteAll) remove(item);
            });
          }
          const visited: Item[] = [];
          table.forEach((item) => void visited.push(item));
          expect([table.size, visited.length]).toEqual([set.size, set.size]);
          expect(new Set(visited)).toEqual(set);
          expect([...set].every((item) => holds(table, item))).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });
});
