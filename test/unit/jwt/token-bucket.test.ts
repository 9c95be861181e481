import { expect, it } from 'vitest';
import { TokenBucket } from '../../../src/jwt/token-bucket.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function start() {
  const clock = new ManualClock();
  const bucket = new TokenBucket({ burst: 3, everyMs: 5_000 }, clock);
  const takeAll = () => Array.from({ length: 10 }, () => bucket.take()).filter(Boolean).length;
  return { clock, bucket, takeAll };
}

it('gives a burst, then one at a time', () => {
  const { clock, takeAll } = start();
  expect(takeAll()).toBe(3);
  clock.advance(4_999);
  expect(takeAll()).toBe(0);
  clock.advance(1);
  expect(takeAll()).toBe(1);
  clock.advance(12_000);
  expect(takeAll()).toBe(2);
  clock.advance(3_000);
  expect(takeAll()).toBe(1);
});

it('saves up no more than a burst', () => {
  const { clock, takeAll } = start();
  clock.advance(3_600_000);
  expect(takeAll()).toBe(3);
});

it('counts from the burst on, not from some time before', () => {
  const { clock, takeAll } = start();
  clock.advance(4_999);
  expect(takeAll()).toBe(3);
  clock.advance(1);
  expect(takeAll()).toBe(0);
});

it('goes by no wall clock', () => {
  const { clock, takeAll } = start();
  takeAll();
  clock.setWall(-3_600_000);
  clock.advance(5_000);
  expect(takeAll()).toBe(1);
  clock.setWall(7_200_000);
  expect(takeAll()).toBe(0);
});

it('says that it is empty, which costs nothing', () => {
  const { clock, bucket, takeAll } = start();
  expect(bucket.isEmpty()).toBe(false);
  expect(takeAll()).toBe(3);
  expect(bucket.isEmpty()).toBe(true);
  clock.advance(5_000);
  expect(bucket.isEmpty()).toBe(false);
  expect(takeAll()).toBe(1);
});
