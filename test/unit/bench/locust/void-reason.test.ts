import { describe, expect, it } from 'vitest';
import { voidReason } from '../../../../bench/locust/void-reason.ts';

const run = {
  ...{ requests: 30_000, failures: 12, decided: 30_004, busiestLocust: 0.3, machineBusy: 0.5 },
  cores: { locust: 0.3, sluice: 0.2, other: 0.01 },
};

describe('a run of Locust', () => {
  it('counts where nothing speaks against it', () => {
    expect(voidReason(run)).toBeUndefined();
    expect(voidReason({ ...run, failures: 29_999 })).toBeUndefined();
  });

  it.each([
    ['no request got through', { failures: 30_000 }, 'none of 30,000 requests got through'],
    ['something else ran', { cores: { other: 0.6 } }, 'something else had 0.6 cores'],
    [
      'one of its processes had no time left',
      { busiestLocust: 0.93 },
      'the generator was the limit: a process of Locust had 93 % of a core',
    ],
    [
      'the machine had none',
      { machineBusy: 0.97 },
      'the generator was the limit: the machine was 97 % busy, and Locust had 0.3 cores of it',
    ],
    [
      'Sluice was asked about other requests',
      { decided: 15_000 },
      'Sluice decided 15,000 checks for 30,000 requests',
    ],
  ])('is void where %s', (_, more, reason) => {
    expect(voidReason({ ...run, ...more })).toBe(reason);
  });
});
