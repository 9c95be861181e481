import { describe, expect, it } from 'vitest';
import { nodeOf } from '../../../../src/config/policy/node.ts';
import { Faults, Spot } from '../../../../src/config/policy/spot.ts';

const at = (line: number, column: number) => ({ line, column });

describe('faults', () => {
  it('are told in the order of the file', () => {
    const faults = new Faults('p.yaml');
    for (const [line, column] of [
      [10, 1],
      [9, 20],
      [9, 3],
    ] as const) {
      faults.add(at(line, column), `l${line}`, `c${column}`);
    }
    expect(faults.list).toEqual([
      'p.yaml:9:3: l9: c3',
      'p.yaml:9:20: l9: c20',
      'p.yaml:10:1: l10: c1',
    ]);
  });

  it('are counted when there are more than a hundred', () => {
    const faults = new Faults('p.yaml');
    for (let line = 1; line <= 100; line++) faults.add(at(line, 1), '', 'x');
    expect(faults.list).toHaveLength(100);
    for (let line = 101; line <= 107; line++) faults.add(at(line, 1), '', 'x');
    expect(faults.list).toHaveLength(101);
    expect(faults.list.slice(-2)).toEqual(['p.yaml:100:1: x', 'p.yaml: and 7 more']);
  });
});

describe('a spot', () => {
  it('knows the way to it', () => {
    const faults = new Faults('p.yaml');
    const node = nodeOf({ a: [{ 'b c': 1 }, 'x'.repeat(99)], ['n'.repeat(99)]: '\n' }, at(1, 1));
    const root = new Spot(node, faults);
    const [inner, long] = root.field('a')?.items ?? [];
    inner?.field('b c')?.wanted('one');
    long?.wanted('less');
    root.field('n'.repeat(99))?.wanted('none');
    expect(root.field('z')).toBeUndefined();
    expect(inner?.items).toEqual([]);
    expect(faults.list).toEqual([
      'p.yaml:1:1: a[0]."b c": 1 read; one wanted',
      `p.yaml:1:1: a[1]: ${'x'.repeat(60)}… read; less wanted`,
      `p.yaml:1:1: ${'n'.repeat(60)}…: "\\n" read; none wanted`,
    ]);
  });
});
