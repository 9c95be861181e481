import { afterEach, describe, expect, it, vi } from 'vitest';
import { Refresher } from '../../../src/jwt/refresher.ts';
import { turn } from '../../support/jwks.ts';
import { ManualClock } from '../../support/manual-clock.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** `outcomes`: for how many ms each load holds; undefined: it fails, as do all after the last. */
function start(...outcomes: (number | undefined)[]) {
  const clock = new ManualClock();
  const loads: number[] = [];
  const refresher = new Refresher(async () => {
    loads.push(clock.now());
    const holdsMs = outcomes.shift();
    if (holdsMs === undefined) throw new Error('down');
    return holdsMs;
  }, clock);
  /** Turns time in small steps, so that promises come to their end in between. */
  const advance = async (ms: number, stepMs = ms / 100) => {
    for (let done = 0; done < ms; done += stepMs) {
      clock.advance(stepMs);
      await turn();
    }
  };
  return { clock, refresher, loads, advance };
}

describe('what was read', () => {
  it.each([
    [0, 8_000],
    [0.999, 8_999],
  ])('is read again when 80 to 90 %% of its time have passed (%d)', async (random, dueMs) => {
    vi.spyOn(Math, 'random').mockReturnValue(random);
    const { refresher, clock, loads } = start(10_000, 10_000);
    expect(await refresher.attempt().done).toBe(true);
    clock.advance(dueMs - 1);
    expect(loads).toHaveLength(1);
    clock.advance(1);
    expect(loads).toHaveLength(2);
  });

  it('is read again as late as if it had been by itself, after somebody asked', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const { refresher, clock, loads } = start(10_000, 10_000, 10_000);
    await refresher.attempt().done;
    clock.advance(5_000);
    await refresher.attempt().done;
    expect(loads).toHaveLength(2);
    clock.advance(7_999);
    expect(loads).toHaveLength(2);
    clock.advance(1);
    expect(loads).toHaveLength(3);
  });
});

describe('after a failure', () => {
  it.each([
    [0, 0.5],
    [0.9999999, 1],
  ])('it waits ever longer, up to a minute (%d)', async (random, share) => {
    vi.spyOn(Math, 'random').mockReturnValue(random);
    const { refresher, clock, loads } = start();
    expect(await refresher.attempt().done).toBe(false);
    for (const cap of [1, 2, 4, 8, 16, 32, 60, 60, 60]) {
      const before = loads.length;
      clock.advance(cap * 1000 * share - 1);
      expect(loads).toHaveLength(before);
      clock.advance(1);
      await turn();
      expect(loads).toHaveLength(before + 1);
    }
  });

  it('it starts anew once it has succeeded', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const { refresher, loads, advance } = start(undefined, undefined, undefined, 1_000);
    refresher.attempt();
    await advance(4_000, 100);
    expect(loads).toHaveLength(4);
    await advance(800, 100);
    expect(loads).toHaveLength(5);
    await advance(500, 100);
    expect(loads).toHaveLength(6);
  });

  it('it goes on when the wall clock is set', async () => {
    const { refresher, clock, loads, advance } = start();
    refresher.attempt();
    await turn();
    clock.setWall(-3_600_000);
    await advance(3_000, 100);
    clock.setWall(7_200_000);
    await advance(3_000, 100);
    expect(loads.length).toBeGreaterThan(2);
  });
});

describe('attempts', () => {
  it('are made one at a time', async () => {
    const { refresher, loads } = start(1_000);
    const attempt = refresher.attempt();
    expect(refresher.attempt()).toBe(attempt);
    expect(refresher.underWay).toBe(attempt);
    await attempt.done;
    expect(loads).toHaveLength(1);
    expect(refresher.underWay).toBeUndefined();
  });

  it('tell when they began', async () => {
    const { refresher, clock } = start(1_000);
    clock.advance(500);
    expect(refresher.attempt().beganAt).toBe(1_500);
  });
});

describe('stopping', () => {
  it('ends the wait', async () => {
    const { refresher, clock, loads } = start(1_000);
    await refresher.attempt().done;
    await refresher.stop();
    expect(clock.pending).toBe(0);
    clock.advance(10_000);
    expect(loads).toHaveLength(1);
  });

  it('ends the attempt that is under way, and waits for it', async () => {
    const clock = new ManualClock();
    let ended = false;
    const refresher = new Refresher(async (signal) => {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      await turn();
      ended = true;
      throw new Error('stopped');
    }, clock);
    const { done } = refresher.attempt();
    await refresher.stop();
    expect(ended).toBe(true);
    expect(await done).toBe(false);
    expect(clock.pending).toBe(0);
  });
});
