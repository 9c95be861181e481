import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Budget } from '../../../src/domain/budget.ts';

const DAY_MS = 86_400_000;

/** How many can be spent at one instant. */
function spendable(budget: Budget, now: number): number {
  let count = 0;
  while (budget.spend(now)) count++;
  return count;
}

describe('Budget', () => {
  it('is full at first, and then empty', () => {
    const budget = new Budget({ capacity: 10, everyMs: 1000 }, 500);
    expect(spendable(budget, 500)).toBe(10);
    expect(budget.spend(500)).toBe(false);
  });

  it('says whether there are as many, which costs nothing', () => {
    const budget = new Budget({ capacity: 3, everyMs: 5_000 }, 0.7);
    expect([budget.has(0.7, 3), budget.has(0.7, 4)]).toEqual([true, false]);
    expect(spendable(budget, 0.7)).toBe(3);
    expect(budget.has(4_999.9)).toBe(false);
    expect(budget.has(5_000)).toBe(true);
    expect(spendable(budget, 5_000)).toBe(1);
  });

  it('gives several at once, or none of them', () => {
    const budget = new Budget({ capacity: 10, everyMs: 1000 }, 0);
    expect(budget.spend(0, 11)).toBe(false);
    expect(budget.spend(0, 7)).toBe(true);
    expect(budget.spend(0, 4)).toBe(false);
    expect(spendable(budget, 0)).toBe(3);
  });

  it('fills up with time', () => {
    const budget = new Budget({ capacity: 10, everyMs: 500 }, 0);
    spendable(budget, 0);
    expect(spendable(budget, 499)).toBe(0);
    expect(spendable(budget, 500)).toBe(1);
    expect(spendable(budget, 1_500)).toBe(2);
  });

  it('loses no time to being asked often', () => {
    const budget = new Budget({ capacity: 10, everyMs: 1000 }, 0);
    spendable(budget, 0);
    let spent = 0;
    for (let now = 0; now <= 5_000; now += 8) spent += Number(budget.spend(now));
    expect(spent).toBe(5);
  });

  it('holds no more than its capacity, however long it has filled up', () => {
    const budget = new Budget({ capacity: 10, everyMs: 1000 }, 0);
    spendable(budget, 0);
    expect(spendable(budget, DAY_MS)).toBe(10);
  });

  it('gives no more than its capacity at once, however long it was left alone', () => {
    const budget = new Budget({ capacity: 10, everyMs: 1000 }, 0);
    expect(spendable(budget, DAY_MS)).toBe(10);
  });

  it('takes back what is refunded, up to its capacity', () => {
    const budget = new Budget({ capacity: 10, everyMs: 1000 }, 0);
    spendable(budget, 0);
    budget.refund(3);
    expect(spendable(budget, 0)).toBe(3);
    budget.refund(100);
    expect(spendable(budget, 0)).toBe(10);
  });

  it('never gives more than was there, came with time or was refunded', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.constant('spend' as const) },
      { weight: 2, arbitrary: fc.record({ wait: fc.nat(3_000) }) },
      { weight: 1, arbitrary: fc.record({ refund: fc.nat(5) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const [capacity, perSecond] = [5, 2];
        const budget = new Budget({ capacity, everyMs: 1_000 / perSecond }, 0);
        let now = 0;
        let spent = 0;
        let refunded = 0;
        for (const action of steps) {
          if (action === 'spend') spent += Number(budget.spend(now));
          else if ('wait' in action) now += action.wait;
          else {
            budget.refund(action.refund);
            refunded += action.refund;
          }
          expect(spent).toBeLessThanOrEqual(capacity + refunded + (now * perSecond) / 1_000);
        }
      }),
    );
  });
});
