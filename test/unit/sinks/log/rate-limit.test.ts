import { describe, expect, it } from 'vitest';
import { RateLimit } from '../../../../src/sinks/log/rate-limit.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const PASSED = { droppedBefore: 0 };

describe('RateLimit', () => {
  it('lets so many pass a second', () => {
    const clock = new ManualClock();
    const limit = new RateLimit(2, clock);
    const take = () => limit.take('a');
    expect([take(), take(), take(), take()]).toEqual([PASSED, PASSED, undefined, undefined]);
    clock.advance(999);
    expect(take()).toBeUndefined();
    clock.advance(1);
    expect([take(), take(), take()]).toEqual([{ droppedBefore: 3 }, PASSED, undefined]);
  });

  it('counts on, however long it has been', () => {
    const clock = new ManualClock();
    const limit = new RateLimit(1, clock);
    limit.take('a');
    limit.take('a');
    clock.advance(3_600_000);
    expect(limit.take('a')).toEqual({ droppedBefore: 1 });
    clock.advance(3_600_000);
    expect(limit.take('a')).toEqual(PASSED);
  });

  it('keeps the keys apart', () => {
    const limit = new RateLimit(1, new ManualClock());
    expect([limit.take('a'), limit.take('a')]).toEqual([PASSED, undefined]);
    expect([limit.take('b'), limit.take('b')]).toEqual([PASSED, undefined]);
  });

  it('lets nothing pass at 0', () => {
    const clock = new ManualClock();
    const limit = new RateLimit(0, clock);
    expect(limit.take('a')).toBeUndefined();
    clock.advance(5_000);
    expect(limit.take('a')).toBeUndefined();
  });
});
