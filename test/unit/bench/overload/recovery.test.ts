import { describe, expect, it } from 'vitest';
import type { Slice } from '../../../../bench/lib/generator.ts';
import { recoveryMs } from '../../../../bench/overload/recovery.ts';

const SLICE_MS = 200;
const normal: Slice = { checks: 1_000, failed: 0, p99Ns: 4e6 };
const slow: Slice = { checks: 1_000, failed: 0, p99Ns: 41e6 };
const failing: Slice = { checks: 1_000, failed: 2, p99Ns: 4e6 };
const dead: Slice = { checks: 0, failed: 1_000, p99Ns: 0 };

const after = (slices: readonly Slice[], p99Ms = 20, failedShare = 0) =>
  recoveryMs(slices, SLICE_MS, { p99Ms, failedShare });
const always = (slice: Partial<Slice>) => Array<Slice>(5).fill({ ...normal, ...slice });

describe('recoveryMs', () => {
  it('is 0 where nothing is left of the overload', () => {
    expect(after(always(normal))).toBe(0);
  });

  it.each([
    ['slow', slow],
    ['failing', failing],
    ['dead', dead],
  ])('is the time of the slices that are %s', (_, bad) => {
    expect(after([bad, bad, bad, ...always(normal)])).toBe(600);
  });

  it('takes one bad slice among five for what happens at any time', () => {
    expect(after([normal, slow, normal, normal, normal])).toBe(0);
    expect(after([normal, slow, slow, ...always(normal)])).toBe(600);
  });

  it('never begins with a bad one', () => {
    expect(after([slow, ...always(normal)])).toBe(200);
  });

  it('is all of the time where it does not come, or is not seen for long enough', () => {
    expect(after([...always(slow), ...always(slow)])).toBe(2_000);
    expect(after([...always(slow), slow, normal, normal, normal, normal])).toBe(2_000);
    expect(after([])).toBe(0);
  });

  it('goes by what was normal before', () => {
    expect(after(always({ p99Ns: 11e6 }), 6)).toBe(0);
    expect(after(always({ p99Ns: 13e6 }), 6)).toBe(1_000);
    expect(after(always({ failed: 19 }), 6, 0.01)).toBe(0);
    expect(after(always({ failed: 25 }), 6, 0.01)).toBe(1_000);
  });

  it('takes for normal what does no harm', () => {
    expect(after(always({ p99Ns: 9e6 }), 1)).toBe(0);
    expect(after(always({ p99Ns: 11e6 }), 1)).toBe(1_000);
    expect(after(always({ failed: 1 }))).toBe(0);
  });

  it('takes for normal nothing that never is, whatever was before', () => {
    expect(after(always({ p99Ns: 49e6 }), 190)).toBe(0);
    expect(after(always({ p99Ns: 51e6 }), 190)).toBe(1_000);
    expect(after(always({ failed: 100 }), 6, 0.4)).toBe(1_000);
  });
});
