import { describe, expect, it } from 'vitest';
import type { Slice } from '../../../../bench/lib/generator.ts';
import { recoveryMs } from '../../../../bench/overload/recovery.ts';

const SLICE_MS = 200;
const normal: Slice = { checks: 1_000, failed: 0, p99Ns: 4e6 };
const slow: Slice = { checks: 1_000, failed: 0, p99Ns: 41e6 };
const failing: Slice = { checks: 1_000, failed: 2, p99Ns: 4e6 };
const dead: Slice = { checks: 0, failed: 1_000, p99Ns: 0 };

const after = (slices: readonly Slice[], p99MsBefore = 20) =>
  recoveryMs(slices, SLICE_MS, p99MsBefore);

describe('recoveryMs', () => {
  it('is 0 where nothing is left of the overload', () => {
    expect(after(Array(6).fill(normal))).toBe(0);
  });

  it.each([
    ['slow', slow],
    ['failing', failing],
    ['dead', dead],
  ])('is the time of the slices that are %s', (_, bad) => {
    expect(after([bad, bad, bad, ...Array(5).fill(normal)])).toBe(600);
  });

  it('takes one bad slice among five for what happens at any time', () => {
    expect(after([normal, slow, normal, normal, normal])).toBe(0);
    expect(after([normal, slow, slow, normal, normal, normal, normal, normal])).toBe(600);
  });

  it('never begins with a bad one', () => {
    expect(after([slow, ...Array(5).fill(normal)])).toBe(200);
  });

  it('is all of the time where it does not come, or is not seen for long enough', () => {
    expect(after(Array(10).fill(slow))).toBe(2_000);
    expect(after([...Array(6).fill(slow), ...Array(4).fill(normal)])).toBe(2_000);
    expect(after([])).toBe(0);
  });

  it('goes by what was normal before, but for what does no harm', () => {
    const slices = Array(5).fill({ ...normal, p99Ns: 9e6 });
    expect(after(slices, 1)).toBe(0);
    expect(after(Array(5).fill({ ...normal, p99Ns: 11e6 }), 1)).toBe(1_000);
    expect(after(Array(5).fill({ ...normal, p99Ns: 11e6 }), 6)).toBe(0);
  });
});
