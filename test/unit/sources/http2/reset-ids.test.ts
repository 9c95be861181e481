import { describe, expect, it } from 'vitest';
import { ResetIds } from '../../../../src/sources/http2/reset-ids.ts';

describe('ResetIds', () => {
  it('has none at first', () => {
    const ids = new ResetIds();
    expect([0, 1, 3].map((id) => ids.has(id))).toEqual([false, false, false]);
  });

  it('has the last 1,024, and forgets the oldest first', () => {
    const ids = new ResetIds();
    for (let id = 1; id <= 2_047; id += 2) ids.add(id);
    expect([1, 2_047].map((id) => ids.has(id))).toEqual([true, true]);
    ids.add(2_049);
    expect([1, 3, 2_049].map((id) => ids.has(id))).toEqual([false, true, true]);
  });
});
