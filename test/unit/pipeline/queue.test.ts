import { describe, expect, it } from 'vitest';
import { Queue } from '../../../src/pipeline/queue.ts';
import { fakeCall } from '../../support/calls.ts';

/** A queue for 50 ms whose services take `serviceMs` each. */
function queueOf(serviceMs: number): Queue {
  const queue = new Queue('lookup', 50);
  for (let i = 0; i < 100; i++) queue.served(serviceMs);
  return queue;
}

describe('Queue', () => {
  it.each([
    ['nobody waits', 0, 1_000, false],
    ['who waits goes with the next service', 0.9, 1_000, false],
    ['there is time for those ahead', 5, 10, false],
    ['there is not', 6, 10, true],
    ['one service alone takes too long', 1, 51, true],
  ])('is too long or not when %s', (_, ahead, serviceMs, expected) => {
    const queue = queueOf(serviceMs);
    queue.ahead = ahead;
    expect(queue.isTooLong(fakeCall({}), 0)).toBe(expected);
  });

  it('is too long for a call whose deadline comes before', () => {
    const queue = queueOf(10);
    queue.ahead = 4;
    expect(queue.isTooLong(fakeCall({ deadline: 139 }), 100)).toBe(true);
    expect(queue.isTooLong(fakeCall({ deadline: 141 }), 100)).toBe(false);
  });

  it('forgets how slow things were', () => {
    const queue = queueOf(100);
    queue.ahead = 1;
    for (let i = 0; i < 10; i++) queue.served(1);
    expect(queue.isTooLong(fakeCall({}), 0)).toBe(false);
  });

  it('stands when the oldest has waited for half of what it may', () => {
    const queue = queueOf(1);
    expect([queue.isStanding(0, 25), queue.isStanding(0, 26)]).toEqual([false, true]);
  });
});
