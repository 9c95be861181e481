import { afterEach, expect, it, vi } from 'vitest';
import { systemClock } from '../../../src/domain/clock.ts';

const HOUR_MS = 3_600_000;

afterEach(() => {
  vi.restoreAllMocks();
});

it.each([
  ['forward', HOUR_MS],
  ['back', -HOUR_MS],
])('a wall clock that jumps %s moves no deadline', async (_, jumpMs) => {
  const epochMs = Date.now();
  const before = systemClock.now();
  const fired = new Promise<void>((resolve) => void systemClock.after(5, resolve));
  vi.spyOn(Date, 'now').mockReturnValue(epochMs + jumpMs);
  await fired;
  const passedMs = systemClock.now() - before;
  expect(passedMs).toBeGreaterThan(0);
  expect(passedMs).toBeLessThan(HOUR_MS / 2);
  expect(systemClock.epochSeconds()).toBe(Math.floor((epochMs + jumpMs) / 1000));
});
