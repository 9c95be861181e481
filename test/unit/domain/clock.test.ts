import { MessageChannel } from 'node:worker_threads';
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

it('what is done every so often comes after what was there to be read, also when a turn is late', async () => {
  const { port1, port2 } = new MessageChannel();
  const order: string[] = [];
  const done = Promise.withResolvers<void>();
  const stop = systemClock.every(10, () => {
    order.push('tick');
    done.resolve();
  });
  port1.on('message', () => void order.push('message'));
  setImmediate(() => {
    port2.postMessage('');
    for (const end = performance.now() + 50; performance.now() < end; );
  });
  await done.promise;
  stop();
  port1.close();
  expect(order).toEqual(['message', 'tick']);
});

it('what is done every so often is done no more once it was stopped', async () => {
  let count = 0;
  const stop = systemClock.every(1, () => {
    count++;
    stop();
  });
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(count).toBe(1);
});
